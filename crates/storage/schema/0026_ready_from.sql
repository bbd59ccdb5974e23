-- Where what goes back from who received it was in service before, so that a return that is given up leaves everything as it was.

ALTER TABLE consignment_line ADD COLUMN ready_from TEXT;

-- Of returns that are open, the journal says it: they were made ready after the note with which their consignment begins.
UPDATE consignment_line SET ready_from = (
    SELECT MIN(f.name) FROM consignment_step s
        JOIN entry d ON d.number = s.entry
        JOIN posting p ON p.entry = s.entry AND p.line = 0
        JOIN posting r ON r.to_account = p.from_account AND r.entry < s.entry
        JOIN entry e ON e.number = r.entry AND e.kind = 'posted' AND e.activity = 'ready'
        JOIN account f ON f.id = r.from_account AND f.purpose = 'in_service'
    WHERE s.consignment = consignment_line.consignment AND s.line = consignment_line.line AND s.step = 0
      AND COALESCE(e.offer, '') = COALESCE(consignment_line.offer, '')
      AND e.number > (SELECT MIN(n.number) FROM entry n WHERE n.consignment = d.consignment)
)
WHERE need IS NULL AND plan IS NULL AND EXISTS (
    SELECT 1 FROM consignment c WHERE c.code = consignment_line.consignment AND c.state NOT IN ('closed', 'cancelled')
);
