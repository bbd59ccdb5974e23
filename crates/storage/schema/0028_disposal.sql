-- What of that in service was disposed of: by whom, why, and by which certificate.
CREATE TABLE disposal (
    code TEXT NOT NULL PRIMARY KEY,
    resource TEXT NOT NULL,
    serial TEXT NOT NULL,
    account TEXT NOT NULL,
    holder TEXT NOT NULL,
    owner TEXT NOT NULL,
    offer TEXT,
    occurred_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    certificate TEXT NOT NULL REFERENCES attachment (hash),
    reason TEXT NOT NULL,
    entry BIGINT NOT NULL REFERENCES entry (number)
);

CREATE INDEX disposal_recorded ON disposal (recorded_at, code);
CREATE INDEX disposal_unit ON disposal (serial, resource);
CREATE INDEX disposal_entry ON disposal (entry);
