-- Plans: what was asked, what was answered, and what was accepted of it.

CREATE TABLE plan (
    code TEXT NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'accepted', 'discarded')),
    inputs TEXT NOT NULL,
    instance TEXT NOT NULL,
    result TEXT NOT NULL,
    summary TEXT NOT NULL
);

CREATE TABLE allocation (
    plan TEXT NOT NULL REFERENCES plan (code),
    line BIGINT NOT NULL,
    offer TEXT NOT NULL REFERENCES offers (code),
    need TEXT NOT NULL,
    resource TEXT NOT NULL REFERENCES resources (code),
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    first_entry BIGINT NOT NULL REFERENCES entry (number),
    last_entry BIGINT NOT NULL REFERENCES entry (number),
    PRIMARY KEY (plan, line)
);

CREATE INDEX allocation_need ON allocation (need);
CREATE INDEX allocation_offer ON allocation (offer);

-- What has begun since: a plan is accepted only if nothing it was made from has changed.
CREATE TABLE change (
    number BIGINT NOT NULL PRIMARY KEY,
    recorded_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    sheet TEXT NOT NULL,
    record TEXT NOT NULL,
    before TEXT,
    after TEXT,
    entry BIGINT NOT NULL REFERENCES entry (number)
);

CREATE INDEX change_entry ON change (entry);

CREATE INDEX change_record ON change (sheet, record, number);
CREATE INDEX change_recorded_at ON change (recorded_at, number);
