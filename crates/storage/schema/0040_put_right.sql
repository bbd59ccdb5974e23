-- What was written down wrong and put right, or taken back: what it was before stays, with who says so, when and why.

-- The carrier and conveyance of a movement as they stood before somebody put them right.
CREATE TABLE movement_correction (
    movement TEXT NOT NULL REFERENCES movement (code),
    carrier TEXT NOT NULL,
    conveyance TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    entry BIGINT NOT NULL REFERENCES entry (number),
    PRIMARY KEY (movement, entry)
) {clustered};

-- A disposal that never was: the unit is in service again by this entry.
CREATE TABLE disposal_taken_back (
    disposal TEXT NOT NULL PRIMARY KEY REFERENCES disposal (code),
    recorded_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    entry BIGINT NOT NULL REFERENCES entry (number)
);

CREATE INDEX disposal_taken_back_entry ON disposal_taken_back (entry);

-- An end-use check that was of another unit, or found something else: it counts for nothing from this entry on.
CREATE TABLE inspection_taken_back (
    inspection TEXT NOT NULL PRIMARY KEY REFERENCES inspection (code),
    recorded_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    entry BIGINT NOT NULL REFERENCES entry (number)
);

CREATE INDEX inspection_taken_back_entry ON inspection_taken_back (entry);
