-- On what trainees travel is typed by people, who may name people: it stands apart from the journey, which stays, and can be erased.

CREATE TABLE nomination_conveyance (
    nomination TEXT NOT NULL REFERENCES nomination (code),
    journey BIGINT NOT NULL,
    conveyance TEXT NOT NULL,
    erase_at BIGINT NOT NULL,
    PRIMARY KEY (nomination, journey)
) {clustered};

CREATE INDEX nomination_conveyance_erase ON nomination_conveyance (erase_at);

-- Of whom it is not known any more who they are, it is not known either on what they travelled.
INSERT INTO nomination_conveyance (nomination, journey, conveyance, erase_at)
    SELECT j.nomination, j.number, j.conveyance, p.erase_at FROM nomination_journey j
    JOIN nomination_person p ON p.nomination = j.nomination WHERE j.conveyance <> '';

ALTER TABLE nomination_journey DROP COLUMN conveyance;
