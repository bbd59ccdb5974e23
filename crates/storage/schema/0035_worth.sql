-- What a line is worth is of so many units, and goes with them: what is short, lost, split off or found changes it by itself.

ALTER TABLE consignment_line ADD COLUMN value_units BIGINT;
UPDATE consignment_line SET value_units = CASE WHEN quantity > 0 THEN quantity ELSE 1 END WHERE value_minor IS NOT NULL;

-- What was parted off or joined whole left nothing of its value behind; what it was worth at milestones before is told by what became of it.
UPDATE consignment_line SET
    value_units = (SELECT CASE WHEN p.quantity > 0 THEN p.quantity ELSE 1 END FROM line_origin o
        JOIN consignment_line p ON p.consignment = o.consignment AND p.line = o.line
        WHERE o.of_consignment = consignment_line.consignment AND o.of_line = consignment_line.line
          AND p.value_currency = consignment_line.value_currency AND p.value_minor > 0 ORDER BY p.consignment, p.line LIMIT 1),
    value_minor = (SELECT p.value_minor FROM line_origin o
        JOIN consignment_line p ON p.consignment = o.consignment AND p.line = o.line
        WHERE o.of_consignment = consignment_line.consignment AND o.of_line = consignment_line.line
          AND p.value_currency = consignment_line.value_currency AND p.value_minor > 0 ORDER BY p.consignment, p.line LIMIT 1)
    WHERE present = 0 AND value_minor = 0 AND EXISTS (SELECT 1 FROM line_origin o
        JOIN consignment_line p ON p.consignment = o.consignment AND p.line = o.line
        WHERE o.of_consignment = consignment_line.consignment AND o.of_line = consignment_line.line
          AND p.value_currency = consignment_line.value_currency AND p.value_minor > 0);
