-- Photographs and papers that something names are kept for ever; what nothing named for a month is thrown away. Who sent how much is known for as long.
CREATE TABLE attachment_named (
    hash TEXT NOT NULL PRIMARY KEY REFERENCES attachment (hash)
);

-- That somebody sent it, and when last.
CREATE TABLE upload (
    actor TEXT NOT NULL,
    hash TEXT NOT NULL REFERENCES attachment (hash),
    size BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (actor, hash)
);

CREATE INDEX upload_hash ON upload (hash);
CREATE INDEX upload_recorded ON upload (recorded_at);
CREATE INDEX attachment_recorded ON attachment (recorded_at);

-- What handovers name stands in what was signed, and is looked up there once.
INSERT INTO attachment_named (hash)
    SELECT a.hash FROM attachment a
    WHERE a.hash IN (SELECT evidence FROM inspection)
       OR a.hash IN (SELECT evidence FROM work_order_step)
       OR a.hash IN (SELECT attachment FROM work_order_note)
       OR a.hash IN (SELECT paper FROM work_order_quote)
       OR a.hash IN (SELECT invoice FROM work_order_quote)
       OR a.hash IN (SELECT evidence FROM loss_report)
       OR a.hash IN (SELECT certificate FROM disposal)
       OR a.hash IN (SELECT hash FROM consignment_note_photo);
