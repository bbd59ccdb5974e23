-- What repairs cost and which fund pays; teams that come; what a repair's warranty covers; parts that stand in for others.

ALTER TABLE work_order ADD COLUMN contractor TEXT;
ALTER TABLE work_order ADD COLUMN warranty_until TEXT;
ALTER TABLE work_order ADD COLUMN under_warranty_of TEXT;
ALTER TABLE work_order_part ADD COLUMN instead_of TEXT;

-- What whoever repairs asks for it, what the fund's keeper decided, and what was paid. The money itself is in the journal.
CREATE TABLE work_order_quote (
    work_order TEXT NOT NULL REFERENCES work_order (code),
    number BIGINT NOT NULL,
    state TEXT NOT NULL,
    party TEXT NOT NULL,
    fund TEXT NOT NULL,
    resource TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    remark TEXT NOT NULL,
    paper TEXT NOT NULL,
    quoted_at BIGINT NOT NULL,
    quoted_by TEXT NOT NULL,
    decided_at BIGINT,
    decided_by TEXT NOT NULL,
    decision TEXT NOT NULL,
    obligation BIGINT REFERENCES entry (number),
    paid BIGINT NOT NULL,
    paid_at BIGINT,
    paid_by TEXT NOT NULL,
    invoice TEXT NOT NULL,
    PRIMARY KEY (work_order, number)
) {clustered};

CREATE INDEX work_order_quote_fund ON work_order_quote (fund, state);
CREATE INDEX work_order_quote_state ON work_order_quote (state, quoted_at);
