-- Repair: work orders with their states, what blocks them, what parts they need, and what people say to each other about them. Where the
-- goods are is in the journal.

CREATE TABLE work_order (
    code TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    resource TEXT NOT NULL,
    serial TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    in_service BIGINT NOT NULL,
    holder TEXT NOT NULL,
    owner TEXT NOT NULL,
    place TEXT NOT NULL,
    account TEXT NOT NULL,
    symptom TEXT NOT NULL,
    urgency TEXT NOT NULL,
    echelon TEXT,
    facility TEXT,
    operator TEXT,
    fault TEXT NOT NULL,
    consignment TEXT,
    reported_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE INDEX work_order_state ON work_order (state, code);
CREATE INDEX work_order_facility ON work_order (facility, state) WHERE facility IS NOT NULL;
CREATE INDEX work_order_unit ON work_order (resource, serial);
CREATE INDEX work_order_account ON work_order (account);

CREATE TABLE work_order_step (
    work_order TEXT NOT NULL REFERENCES work_order (code),
    number BIGINT NOT NULL,
    state TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    remark TEXT NOT NULL,
    evidence TEXT NOT NULL,
    signed_by TEXT NOT NULL,
    entry BIGINT NOT NULL REFERENCES entry (number),
    PRIMARY KEY (work_order, number)
) {clustered};

CREATE INDEX work_order_step_state ON work_order_step (state, occurred_at);

-- What keeps an order from going on, and whose turn it is.
CREATE TABLE work_order_block (
    work_order TEXT NOT NULL REFERENCES work_order (code),
    number BIGINT NOT NULL,
    reason TEXT NOT NULL,
    turn_of TEXT NOT NULL,
    remark TEXT NOT NULL,
    since BIGINT NOT NULL,
    actor TEXT NOT NULL,
    until BIGINT,
    PRIMARY KEY (work_order, number)
) {clustered};

CREATE INDEX work_order_block_open ON work_order_block (reason, since) WHERE until IS NULL;

CREATE TABLE work_order_part (
    work_order TEXT NOT NULL REFERENCES work_order (code),
    resource TEXT NOT NULL,
    wanted BIGINT NOT NULL CHECK (wanted > 0),
    requirement TEXT,
    PRIMARY KEY (work_order, resource)
) {clustered};

-- What lies in an order's own accounts is found by its name.
CREATE INDEX account_via ON account (via) WHERE via IS NOT NULL;

-- Advice from afar: what people say, each perhaps in answer to another.
CREATE TABLE work_order_note (
    work_order TEXT NOT NULL REFERENCES work_order (code),
    number BIGINT NOT NULL,
    answers BIGINT,
    said_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    text TEXT NOT NULL,
    attachment TEXT NOT NULL,
    PRIMARY KEY (work_order, number)
) {clustered};
