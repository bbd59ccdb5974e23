-- A plan may take the place of lines that earlier plans promised and that have not begun: which ones, and its price for a change, as JSON.
-- Empty: the plan is made for what is open beside the others.

ALTER TABLE plan ADD COLUMN replaces TEXT NOT NULL DEFAULT '';
