-- Mistakes about variances are put right: a part of one is resolved by itself.

-- The variance of which it was a part: they were found together.
ALTER TABLE variance ADD COLUMN part_of TEXT REFERENCES variance (code);
CREATE INDEX variance_part ON variance (part_of) WHERE part_of IS NOT NULL;
