-- Transfer: consignments with what is in them, their milestones, movements, variances, handovers. What moves is in the journal; these
-- tables say in which consignment, on which conveyance, who counted and who signed.

ALTER TABLE entry ADD COLUMN consignment TEXT;
CREATE INDEX entry_consignment ON entry (consignment, number) WHERE consignment IS NOT NULL;

ALTER TABLE "mission" ADD COLUMN "gs1_prefix" TEXT;

CREATE TABLE "clearances" (
    "offer" TEXT NOT NULL REFERENCES "offers" ("code") DEFERRABLE INITIALLY DEFERRED,
    "condition" TEXT NOT NULL,
    "authority" TEXT NOT NULL,
    "reference" TEXT NOT NULL,
    "date" TEXT NOT NULL,
    "expires" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("offer", "condition")
);

CREATE TABLE "delivery_terms" (
    "code" TEXT NOT NULL,
    "party" TEXT NOT NULL REFERENCES "parties" ("code") DEFERRABLE INITIALLY DEFERRED,
    "name" TEXT NOT NULL,
    "milestone" TEXT NOT NULL,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);

-- "passed" counts the ends of its route that it has passed: 0 before it left, 1 on the first lane, 2 at that lane's end, and so on.
CREATE TABLE consignment (
    code TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    consignor TEXT NOT NULL,
    consignee TEXT NOT NULL,
    origin TEXT NOT NULL,
    destination TEXT NOT NULL,
    place TEXT NOT NULL,
    route TEXT NOT NULL,
    passed BIGINT NOT NULL CHECK (passed >= 0),
    created_at BIGINT NOT NULL,
    departs_at BIGINT,
    arrives_at BIGINT,
    remark TEXT NOT NULL,
    made_from TEXT,
    version BIGINT NOT NULL
);

CREATE INDEX consignment_place ON consignment (place, state);
CREATE INDEX consignment_state ON consignment (state, code);

CREATE TABLE consignment_line (
    consignment TEXT NOT NULL REFERENCES consignment (code),
    line BIGINT NOT NULL,
    plan TEXT,
    plan_line BIGINT,
    offer TEXT,
    need TEXT,
    resource TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity >= 0),
    present BIGINT NOT NULL CHECK (present >= 0),
    condition TEXT,
    value_minor BIGINT,
    value_currency TEXT,
    value_method TEXT NOT NULL,
    value_date TEXT NOT NULL,
    value_source TEXT NOT NULL,
    remark TEXT NOT NULL,
    PRIMARY KEY (consignment, line)
) {clustered};

CREATE INDEX consignment_line_offer ON consignment_line (offer) WHERE offer IS NOT NULL;
CREATE INDEX consignment_line_need ON consignment_line (need) WHERE need IS NOT NULL;

-- The pending entries along a line's way, in order.
CREATE TABLE consignment_step (
    consignment TEXT NOT NULL,
    line BIGINT NOT NULL,
    step BIGINT NOT NULL,
    entry BIGINT NOT NULL REFERENCES entry (number),
    PRIMARY KEY (consignment, line, step),
    FOREIGN KEY (consignment, line) REFERENCES consignment_line (consignment, line)
) {clustered};

CREATE INDEX consignment_step_entry ON consignment_step (entry);

CREATE TABLE handling_unit (
    sscc TEXT NOT NULL PRIMARY KEY,
    consignment TEXT NOT NULL REFERENCES consignment (code),
    kind TEXT NOT NULL,
    gross_kg BIGINT,
    seal TEXT NOT NULL
);

CREATE INDEX handling_unit_consignment ON handling_unit (consignment);

-- Units of a line that are known by lot or serial number, or that lie on a handling unit.
CREATE TABLE consignment_unit (
    consignment TEXT NOT NULL,
    line BIGINT NOT NULL,
    number BIGINT NOT NULL,
    lot TEXT NOT NULL,
    serial TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    sscc TEXT REFERENCES handling_unit (sscc),
    PRIMARY KEY (consignment, line, number),
    FOREIGN KEY (consignment, line) REFERENCES consignment_line (consignment, line)
) {clustered};

CREATE INDEX consignment_unit_serial ON consignment_unit (serial) WHERE serial <> '';

CREATE TABLE movement (
    code TEXT NOT NULL PRIMARY KEY,
    mode TEXT NOT NULL,
    carrier TEXT NOT NULL,
    conveyance TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE movement_leg (
    movement TEXT NOT NULL REFERENCES movement (code),
    leg BIGINT NOT NULL,
    lane TEXT NOT NULL,
    departed_at BIGINT NOT NULL,
    arrives_at BIGINT NOT NULL,
    arrived_at BIGINT,
    PRIMARY KEY (movement, leg)
) {clustered};

CREATE TABLE movement_load (
    consignment TEXT NOT NULL REFERENCES consignment (code),
    passed BIGINT NOT NULL,
    movement TEXT NOT NULL,
    leg BIGINT NOT NULL,
    PRIMARY KEY (consignment, passed),
    FOREIGN KEY (movement, leg) REFERENCES movement_leg (movement, leg)
) {clustered};

CREATE INDEX movement_load_movement ON movement_load (movement, leg);

CREATE TABLE milestone (
    consignment TEXT NOT NULL REFERENCES consignment (code),
    number BIGINT NOT NULL,
    kind TEXT NOT NULL,
    place TEXT NOT NULL,
    movement TEXT,
    occurred_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    remark TEXT NOT NULL,
    entry BIGINT NOT NULL REFERENCES entry (number),
    PRIMARY KEY (consignment, number)
) {clustered};

CREATE INDEX milestone_place ON milestone (place, occurred_at);
CREATE INDEX milestone_kind ON milestone (kind, occurred_at);

-- A gate that was opened with authority.
CREATE TABLE gate_override (
    consignment TEXT NOT NULL REFERENCES consignment (code),
    number BIGINT NOT NULL,
    gate TEXT NOT NULL,
    line BIGINT NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    entry BIGINT NOT NULL REFERENCES entry (number),
    PRIMARY KEY (consignment, number)
) {clustered};

CREATE TABLE variance (
    code TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    consignment TEXT REFERENCES consignment (code),
    line BIGINT NOT NULL,
    place TEXT NOT NULL,
    holder TEXT NOT NULL,
    resource TEXT,
    description TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    account TEXT,
    offer TEXT,
    need TEXT,
    occurred_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    remark TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    entry BIGINT NOT NULL REFERENCES entry (number),
    resolution TEXT,
    resolved_at BIGINT,
    resolved_by TEXT,
    reason TEXT
);

CREATE INDEX variance_open ON variance (due_at) WHERE resolution IS NULL;
CREATE INDEX variance_consignment ON variance (consignment) WHERE consignment IS NOT NULL;

CREATE TABLE variance_unit (
    variance TEXT NOT NULL REFERENCES variance (code),
    number BIGINT NOT NULL,
    lot TEXT NOT NULL,
    serial TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (variance, number)
) {clustered};

CREATE TABLE variance_count (
    variance TEXT NOT NULL REFERENCES variance (code),
    actor TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity >= 0),
    counted_at BIGINT NOT NULL,
    remark TEXT NOT NULL,
    PRIMARY KEY (variance, actor)
) {clustered};

-- What both parties signed: its text as it was signed, its hash, the signatures, and the seal of Muster over all of it.
CREATE TABLE handover (
    code TEXT NOT NULL PRIMARY KEY,
    consignment TEXT NOT NULL REFERENCES consignment (code),
    milestone BIGINT NOT NULL,
    place TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    statement TEXT NOT NULL,
    hash TEXT NOT NULL,
    seal TEXT NOT NULL,
    entry BIGINT NOT NULL REFERENCES entry (number)
);

CREATE INDEX handover_consignment ON handover (consignment);

-- By what people sign: a PIN of their account, or keys that lie on their devices.
CREATE TABLE signing_pin (
    user_name TEXT NOT NULL PRIMARY KEY REFERENCES users (name),
    pin TEXT NOT NULL
);

CREATE TABLE signing_key (
    id TEXT NOT NULL PRIMARY KEY,
    user_name TEXT NOT NULL REFERENCES users (name),
    public_key TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE INDEX signing_key_user ON signing_key (user_name);

-- Photographs and papers, by the hash of their bytes.
CREATE TABLE attachment (
    hash TEXT NOT NULL PRIMARY KEY,
    media_type TEXT NOT NULL,
    bytes {blob} NOT NULL,
    recorded_at BIGINT NOT NULL,
    actor TEXT NOT NULL
);

-- End-use checks of units in service. What was found stays; a later check follows it.
CREATE TABLE inspection (
    code TEXT NOT NULL PRIMARY KEY,
    resource TEXT NOT NULL,
    serial TEXT NOT NULL,
    grade TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    evidence TEXT NOT NULL,
    remark TEXT NOT NULL,
    entry BIGINT NOT NULL REFERENCES entry (number)
);

CREATE INDEX inspection_unit ON inspection (resource, serial, occurred_at);
