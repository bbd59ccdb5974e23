-- What a search looks at: the texts of each record in small letters, one after the other.

CREATE TABLE sought (
    sheet TEXT NOT NULL,
    record TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (sheet, record)
) {clustered};

-- The history of a unit by its serial number, of whatever item.
CREATE INDEX posting_of_serial ON posting (serial, entry) WHERE serial <> '';
