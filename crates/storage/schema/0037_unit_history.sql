-- What was wrong with a unit is found by its serial number, for its history.
CREATE INDEX variance_unit_serial ON variance_unit (serial) WHERE serial <> '';
