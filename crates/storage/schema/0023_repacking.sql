-- What was put on a handling unit or taken off it after it had been told, at a milestone, what lay where: a row is an event for partners.
-- "version" is that of the consignment before it, "joins" is 1 for what was put on and 0 for what was taken off.
CREATE TABLE repacking (
    consignment TEXT NOT NULL REFERENCES consignment (code),
    version BIGINT NOT NULL,
    number BIGINT NOT NULL,
    line BIGINT NOT NULL,
    offer TEXT,
    need TEXT,
    resource TEXT NOT NULL,
    sscc TEXT NOT NULL,
    joins BIGINT NOT NULL CHECK (joins IN (0, 1)),
    place TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    entry BIGINT NOT NULL REFERENCES entry (number),
    PRIMARY KEY (consignment, version, number)
) {clustered};

CREATE INDEX repacking_recorded ON repacking (recorded_at, consignment, version, number);
CREATE INDEX repacking_sscc ON repacking (sscc);
CREATE INDEX repacking_entry ON repacking (entry);

CREATE TABLE repacking_unit (
    consignment TEXT NOT NULL,
    version BIGINT NOT NULL,
    number BIGINT NOT NULL,
    unit BIGINT NOT NULL,
    lot TEXT NOT NULL,
    serial TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (consignment, version, number, unit),
    FOREIGN KEY (consignment, version, number) REFERENCES repacking (consignment, version, number)
) {clustered};

CREATE INDEX repacking_unit_serial ON repacking_unit (serial) WHERE serial <> '';
