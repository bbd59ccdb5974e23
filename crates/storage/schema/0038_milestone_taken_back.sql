-- Milestones that were recorded by mistake: they stay as they were said, and count for nothing any more. "last" is the last entry of the
-- journal by which they were recorded.
CREATE TABLE milestone_taken_back (
    consignment TEXT NOT NULL,
    number BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    last BIGINT NOT NULL,
    entry BIGINT NOT NULL REFERENCES entry (number),
    PRIMARY KEY (consignment, number),
    FOREIGN KEY (consignment, number) REFERENCES milestone (consignment, number)
) {clustered};

CREATE INDEX milestone_taken_back_recorded ON milestone_taken_back (recorded_at, consignment, number);
