-- EPCIS: what a consignment held at each of its milestones, so that an event told once is told the same for ever; and events that others
-- recorded, as they came. The latter are evidence beside the journal and move nothing.

ALTER TABLE "mission" ADD COLUMN "id_base" TEXT;

CREATE INDEX milestone_recorded ON milestone (recorded_at, consignment, number);
CREATE INDEX variance_recorded ON variance (recorded_at, code);
CREATE INDEX variance_resolved ON variance (resolved_at, code) WHERE resolved_at IS NOT NULL;

-- "leaves" is 1 for the departure by which the consignment leaves who sends it.
CREATE TABLE milestone_head (
    consignment TEXT NOT NULL,
    number BIGINT NOT NULL,
    consignor TEXT NOT NULL,
    consignee TEXT NOT NULL,
    destination TEXT NOT NULL,
    leaves BIGINT NOT NULL CHECK (leaves IN (0, 1)),
    PRIMARY KEY (consignment, number),
    FOREIGN KEY (consignment, number) REFERENCES milestone (consignment, number)
) {clustered};

CREATE TABLE milestone_line (
    consignment TEXT NOT NULL,
    number BIGINT NOT NULL,
    line BIGINT NOT NULL,
    offer TEXT,
    need TEXT,
    resource TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    condition TEXT,
    PRIMARY KEY (consignment, number, line),
    FOREIGN KEY (consignment, number) REFERENCES milestone (consignment, number)
) {clustered};

CREATE TABLE milestone_unit (
    consignment TEXT NOT NULL,
    number BIGINT NOT NULL,
    line BIGINT NOT NULL,
    unit BIGINT NOT NULL,
    lot TEXT NOT NULL,
    serial TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    sscc TEXT,
    PRIMARY KEY (consignment, number, line, unit),
    FOREIGN KEY (consignment, number, line) REFERENCES milestone_line (consignment, number, line)
) {clustered};

CREATE INDEX milestone_unit_serial ON milestone_unit (serial) WHERE serial <> '';
CREATE INDEX milestone_unit_sscc ON milestone_unit (sscc) WHERE sscc IS NOT NULL;

-- Of milestones that were reached before this step, what the consignment now holds is the best that is known.
INSERT INTO milestone_head (consignment, number, consignor, consignee, destination, leaves)
    SELECT m.consignment, m.number, c.consignor, c.consignee, c.destination,
        CASE WHEN m.kind = 'departed' AND NOT EXISTS (
            SELECT 1 FROM milestone b WHERE b.consignment = m.consignment AND b.kind = 'departed' AND b.number < m.number
        ) THEN 1 ELSE 0 END
    FROM milestone m JOIN consignment c ON c.code = m.consignment;
INSERT INTO milestone_line (consignment, number, line, offer, need, resource, quantity, condition)
    SELECT m.consignment, m.number, l.line, l.offer, l.need, l.resource, l.present, l.condition
    FROM milestone m JOIN consignment_line l ON l.consignment = m.consignment WHERE l.present > 0;
INSERT INTO milestone_unit (consignment, number, line, unit, lot, serial, quantity, sscc)
    SELECT l.consignment, l.number, l.line, u.number, u.lot, u.serial, u.quantity, u.sscc
    FROM milestone_line l JOIN consignment_unit u ON u.consignment = l.consignment AND u.line = l.line;

-- An event as one party told it. "declared_at" is when it was said to be wrong, and 0 if it was not: such a declaration has the hash of
-- the event that it is about, and both are kept.
CREATE TABLE epcis_event (
    hash TEXT NOT NULL,
    declared_at BIGINT NOT NULL,
    party TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    step TEXT,
    disposition TEXT,
    read_point TEXT,
    location TEXT,
    occurred_at BIGINT NOT NULL,
    captured_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    event TEXT NOT NULL,
    entry BIGINT NOT NULL REFERENCES entry (number),
    PRIMARY KEY (hash, declared_at, party)
);

CREATE INDEX epcis_event_captured ON epcis_event (captured_at, hash, declared_at, party);
CREATE INDEX epcis_event_occurred ON epcis_event (occurred_at);
CREATE INDEX epcis_event_id ON epcis_event (id);
CREATE INDEX epcis_event_entry ON epcis_event (entry);

-- What an event names: things, kinds, papers, places, parties by their identifiers; and of ours "consignment", "sscc", "serial".
CREATE TABLE epcis_name (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    declared_at BIGINT NOT NULL,
    party TEXT NOT NULL,
    PRIMARY KEY (kind, name, hash, declared_at, party),
    FOREIGN KEY (hash, declared_at, party) REFERENCES epcis_event (hash, declared_at, party)
) {clustered};
