-- Mistakes about variances are put right: a part of one is resolved by itself, what was decided to be lost turns up, and who counted counts again.

-- The variance of which it was a part: they were found together.
ALTER TABLE variance ADD COLUMN part_of TEXT REFERENCES variance (code);
CREATE INDEX variance_part ON variance (part_of) WHERE part_of IS NOT NULL;

-- That what was decided to be lost was found after all.
ALTER TABLE variance ADD COLUMN found_at BIGINT;
ALTER TABLE variance ADD COLUMN found_recorded_at BIGINT;
ALTER TABLE variance ADD COLUMN found_by TEXT;
ALTER TABLE variance ADD COLUMN found_reason TEXT;
ALTER TABLE variance ADD COLUMN found_entry BIGINT REFERENCES entry (number);

-- Each person's blind counts of a variance, from 1 on: the last of them is theirs, the others stay.
CREATE TABLE blind_count (
    variance TEXT NOT NULL REFERENCES variance (code),
    actor TEXT NOT NULL,
    number BIGINT NOT NULL CHECK (number > 0),
    quantity BIGINT NOT NULL CHECK (quantity >= 0),
    counted_at BIGINT NOT NULL,
    remark TEXT NOT NULL,
    PRIMARY KEY (variance, actor, number)
) {clustered};

INSERT INTO blind_count (variance, actor, number, quantity, counted_at, remark)
    SELECT variance, actor, 1, quantity, counted_at, remark FROM variance_count;
DROP TABLE variance_count;
