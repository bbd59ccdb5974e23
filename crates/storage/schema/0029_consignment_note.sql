-- What people say of a consignment, in whatever state it is, by the entry that notes that they did; and what they photographed.
CREATE TABLE consignment_note (
    entry BIGINT NOT NULL PRIMARY KEY REFERENCES entry (number),
    consignment TEXT NOT NULL REFERENCES consignment (code),
    said_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    text TEXT NOT NULL
) {clustered};

CREATE INDEX consignment_note_of ON consignment_note (consignment, entry);

CREATE TABLE consignment_note_photo (
    entry BIGINT NOT NULL REFERENCES consignment_note (entry),
    photo BIGINT NOT NULL,
    hash TEXT NOT NULL REFERENCES attachment (hash),
    PRIMARY KEY (entry, photo)
) {clustered};
