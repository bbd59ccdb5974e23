-- What was lost of what is in service: who reported it when, and whether it was found again.
CREATE TABLE loss_report (
    code TEXT NOT NULL PRIMARY KEY,
    how TEXT NOT NULL,
    resource TEXT NOT NULL,
    lot TEXT NOT NULL,
    serial TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    account TEXT NOT NULL,
    holder TEXT NOT NULL,
    owner TEXT NOT NULL,
    place TEXT,
    offer TEXT,
    occurred_at BIGINT NOT NULL,
    known_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    circumstances TEXT NOT NULL,
    evidence TEXT NOT NULL,
    entry BIGINT NOT NULL REFERENCES entry (number),
    found_at BIGINT,
    found_recorded_at BIGINT,
    found_by TEXT,
    found_reason TEXT,
    found_entry BIGINT REFERENCES entry (number)
);

CREATE INDEX loss_report_recorded ON loss_report (recorded_at, code);
CREATE INDEX loss_report_unit ON loss_report (serial, resource) WHERE serial <> '';
CREATE INDEX loss_report_entry ON loss_report (entry);
CREATE INDEX loss_report_found ON loss_report (found_entry) WHERE found_entry IS NOT NULL;

-- Checks that did not find a unit; those by serial number, for a unit is the same in whatever state.
CREATE INDEX inspection_not_found ON inspection (occurred_at, code) WHERE grade = 'not_found';
CREATE INDEX inspection_serial ON inspection (serial, occurred_at);

-- Whom it was taken to that a unit was not found, is not reported lost and was not found since, by the first check that did not find it.
CREATE TABLE not_found_escalation (
    inspection TEXT NOT NULL REFERENCES inspection (code),
    level TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    entry BIGINT NOT NULL REFERENCES entry (number),
    PRIMARY KEY (inspection, level)
) {clustered};

CREATE INDEX not_found_escalation_entry ON not_found_escalation (entry);
