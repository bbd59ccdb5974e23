-- EPCIS: documents that were sent and are to be taken in, kept until they are, and for a while how that ended.

-- "next_at" is when it may be begun, or begun anew if whoever began it is heard of no more. "faults" is a list of texts as JSON, and
-- "failed" is 1 if it was not the document that was wrong.
CREATE TABLE epcis_capture (
    code TEXT NOT NULL PRIMARY KEY,
    user_name TEXT NOT NULL REFERENCES users (name),
    file TEXT NOT NULL,
    on_fault TEXT NOT NULL CHECK (on_fault IN ('rollback', 'proceed')),
    reason TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    ended_at BIGINT,
    failed BIGINT NOT NULL CHECK (failed IN (0, 1)),
    faults TEXT NOT NULL
);

CREATE INDEX epcis_capture_user ON epcis_capture (user_name, began_at, code);
CREATE INDEX epcis_capture_waiting ON epcis_capture (began_at, code) WHERE ended_at IS NULL;
CREATE INDEX epcis_capture_ended ON epcis_capture (ended_at) WHERE ended_at IS NOT NULL;

-- A document in parts, so that none is longer than an engine likes.
CREATE TABLE epcis_capture_part (
    capture TEXT NOT NULL REFERENCES epcis_capture (code),
    number BIGINT NOT NULL,
    bytes {blob} NOT NULL,
    PRIMARY KEY (capture, number)
);
