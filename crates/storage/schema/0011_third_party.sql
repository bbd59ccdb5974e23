-- Third-party transfers: who asks to hand on what it was given, and what the nations that gave it say. And by which entry a variance ended.

ALTER TABLE variance ADD COLUMN resolved_entry BIGINT REFERENCES entry (number);
CREATE INDEX variance_resolved_entry ON variance (resolved_entry) WHERE resolved_entry IS NOT NULL;
CREATE INDEX variance_entry ON variance (entry);

-- What passed a place is told in this order.
DROP INDEX milestone_place;
CREATE INDEX milestone_place ON milestone (place, occurred_at, consignment, number);

CREATE TABLE third_party_transfer (
    code TEXT NOT NULL PRIMARY KEY,
    resource TEXT NOT NULL,
    serial TEXT NOT NULL,
    holder TEXT NOT NULL,
    receiver TEXT NOT NULL,
    purpose TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    asked_by TEXT NOT NULL,
    entry BIGINT NOT NULL REFERENCES entry (number),
    ended TEXT,
    ended_at BIGINT,
    ended_by TEXT,
    ended_entry BIGINT REFERENCES entry (number)
);

CREATE INDEX third_party_transfer_unit ON third_party_transfer (resource, serial);
CREATE INDEX third_party_transfer_asked ON third_party_transfer (asked_at, code);
CREATE INDEX third_party_transfer_entry ON third_party_transfer (entry);
CREATE INDEX third_party_transfer_ended ON third_party_transfer (ended_entry) WHERE ended_entry IS NOT NULL;

CREATE TABLE third_party_answer (
    transfer TEXT NOT NULL REFERENCES third_party_transfer (code),
    nation TEXT NOT NULL,
    answer TEXT,
    reference TEXT NOT NULL,
    answered_at BIGINT,
    answered_by TEXT,
    entry BIGINT REFERENCES entry (number),
    PRIMARY KEY (transfer, nation)
) {clustered};

CREATE INDEX third_party_answer_entry ON third_party_answer (entry) WHERE entry IS NOT NULL;
