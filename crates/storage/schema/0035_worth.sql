-- What a line is worth is of so many units, and goes with them: what is short, lost, split off or found changes it by itself.

ALTER TABLE consignment_line ADD COLUMN value_units BIGINT;
UPDATE consignment_line SET value_units = CASE WHEN quantity > 0 THEN quantity ELSE 1 END WHERE value_minor IS NOT NULL;
