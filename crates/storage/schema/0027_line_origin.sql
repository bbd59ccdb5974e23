-- Where a line of a consignment came from when it was split off or joined: the line that it was or was part of, and those before that one.
-- "of_number" counts the milestones that had been reached there by then: those it has reached, too.
CREATE TABLE line_origin (
    consignment TEXT NOT NULL,
    line BIGINT NOT NULL,
    of_consignment TEXT NOT NULL,
    of_line BIGINT NOT NULL,
    of_number BIGINT NOT NULL,
    PRIMARY KEY (consignment, line, of_consignment, of_line),
    FOREIGN KEY (consignment, line) REFERENCES consignment_line (consignment, line),
    FOREIGN KEY (of_consignment, of_line) REFERENCES consignment_line (consignment, line)
) {clustered};

CREATE INDEX line_origin_of ON line_origin (of_consignment, of_line, of_number);

-- Of what was split off before this step, the first line that is alike and was there at a milestone is the best that is known, or else the
-- first that is alike; of what was joined, nothing is.
INSERT INTO line_origin (consignment, line, of_consignment, of_line, of_number)
    SELECT l.consignment, l.line, c.made_from,
        COALESCE(MIN(CASE WHEN EXISTS (SELECT 1 FROM milestone_line h WHERE h.consignment = p.consignment AND h.line = p.line) THEN p.line END), MIN(p.line)),
        (SELECT COUNT(*) FROM milestone m WHERE m.consignment = c.made_from AND m.recorded_at <= c.created_at)
    FROM consignment c JOIN consignment_line l ON l.consignment = c.code
        JOIN consignment_line p ON p.consignment = c.made_from AND p.resource = l.resource AND COALESCE(p.offer, '') = COALESCE(l.offer, '')
    WHERE c.made_from IS NOT NULL
    GROUP BY l.consignment, l.line, c.made_from, c.created_at;
INSERT INTO line_origin (consignment, line, of_consignment, of_line, of_number)
    WITH RECURSIVE up (consignment, line, of_consignment, of_line, of_number) AS (
        SELECT consignment, line, of_consignment, of_line, of_number FROM line_origin
        UNION
        SELECT u.consignment, u.line, o.of_consignment, o.of_line, o.of_number
        FROM up u JOIN line_origin o ON o.consignment = u.of_consignment AND o.line = u.of_line
    )
    SELECT u.consignment, u.line, u.of_consignment, u.of_line, MIN(u.of_number) FROM up u
    WHERE NOT EXISTS (SELECT 1 FROM line_origin o WHERE o.consignment = u.consignment AND o.line = u.line
        AND o.of_consignment = u.of_consignment AND o.of_line = u.of_line)
    GROUP BY u.consignment, u.line, u.of_consignment, u.of_line;
