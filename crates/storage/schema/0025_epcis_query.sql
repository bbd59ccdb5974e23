-- Queries of EPCIS that somebody gave a name, and who is told what newly answers to them: a webhook carries it.

CREATE TABLE epcis_query (
    user_name TEXT NOT NULL REFERENCES users (name),
    name TEXT NOT NULL,
    definition TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_name, name)
);

CREATE TABLE epcis_subscription (
    webhook TEXT NOT NULL PRIMARY KEY REFERENCES webhook (code),
    user_name TEXT NOT NULL,
    query TEXT NOT NULL,
    schedule TEXT,
    report_if_empty BIGINT NOT NULL CHECK (report_if_empty IN (0, 1)),
    told_until BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    FOREIGN KEY (user_name, query) REFERENCES epcis_query (user_name, name)
);

CREATE INDEX epcis_subscription_query ON epcis_subscription (user_name, query);
CREATE INDEX epcis_subscription_due ON epcis_subscription (next_at);
