-- Units that were missing when the rest of their line reached a milestone, and were found later, reach it later: which milestone theirs completes.

ALTER TABLE milestone ADD COLUMN completes BIGINT;

-- A consignment of which nothing is there any more, and nothing is looked for, is over. So far it stood where the last of it was missed.
UPDATE consignment SET state = 'closed', departs_at = NULL, version = version + 1
    WHERE state = 'at_node'
      AND NOT EXISTS (SELECT 1 FROM consignment_line l WHERE l.consignment = consignment.code AND l.present > 0)
      AND NOT EXISTS (SELECT 1 FROM variance v WHERE v.consignment = consignment.code AND v.kind = 'short' AND v.resolution IS NULL);
