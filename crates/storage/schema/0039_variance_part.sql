-- Mistakes about variances are put right: a part of one is resolved by itself, and what was decided to be lost turns up.

-- The variance of which it was a part: they were found together.
ALTER TABLE variance ADD COLUMN part_of TEXT REFERENCES variance (code);
CREATE INDEX variance_part ON variance (part_of) WHERE part_of IS NOT NULL;

-- That what was decided to be lost was found after all.
ALTER TABLE variance ADD COLUMN found_at BIGINT;
ALTER TABLE variance ADD COLUMN found_recorded_at BIGINT;
ALTER TABLE variance ADD COLUMN found_by TEXT;
ALTER TABLE variance ADD COLUMN found_reason TEXT;
ALTER TABLE variance ADD COLUMN found_entry BIGINT REFERENCES entry (number);
