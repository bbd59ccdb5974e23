-- On what trainees travel is typed by people, who may name people: it stands apart from the journey, which stays, and can be erased.

CREATE TABLE nomination_conveyance (
    nomination TEXT NOT NULL REFERENCES nomination (code),
    journey BIGINT NOT NULL,
    conveyance TEXT NOT NULL,
    PRIMARY KEY (nomination, journey)
) {clustered};

INSERT INTO nomination_conveyance (nomination, journey, conveyance)
    SELECT nomination, number, conveyance FROM nomination_journey WHERE conveyance <> '';

ALTER TABLE nomination_journey DROP COLUMN conveyance;
