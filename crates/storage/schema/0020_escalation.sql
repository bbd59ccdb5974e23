-- Whom a variance that stayed open was taken to, and when: the longer, the higher.
CREATE TABLE variance_escalation (
    variance TEXT NOT NULL REFERENCES variance (code),
    level TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    entry BIGINT NOT NULL REFERENCES entry (number),
    PRIMARY KEY (variance, level)
) {clustered};

CREATE INDEX variance_escalation_entry ON variance_escalation (entry);
