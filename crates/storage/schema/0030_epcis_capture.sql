-- EPCIS: documents that were sent and are to be taken in, kept until they are, and for a while how that ended; and by what events are found in
-- the order in which they happened, or became known.

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

-- When it became known what came on no manifest; absent where that was known from the beginning, or before this step.
ALTER TABLE variance ADD COLUMN identified_at BIGINT;

CREATE INDEX variance_known ON variance ((COALESCE(identified_at, recorded_at)), code);
CREATE INDEX variance_occurred ON variance (occurred_at, code);
CREATE INDEX variance_ended ON variance ((CASE WHEN resolution = 'miscounted' THEN occurred_at ELSE resolved_at END), code)
    WHERE resolved_at IS NOT NULL;
CREATE INDEX milestone_occurred ON milestone (occurred_at, consignment, number);
CREATE INDEX repacking_occurred ON repacking (occurred_at, consignment, version, number);
DROP INDEX epcis_event_occurred;
CREATE INDEX epcis_event_occurred ON epcis_event (occurred_at, hash, declared_at, party);
