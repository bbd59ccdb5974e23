-- Schools: who teaches and interprets, and in which serials. They are known by codes.

CREATE TABLE "instructors" (
    "code" TEXT NOT NULL,
    "party" TEXT NOT NULL REFERENCES "parties" ("code") DEFERRABLE INITIALLY DEFERRED,
    "pool" TEXT REFERENCES "pools" ("code") DEFERRABLE INITIALLY DEFERRED,
    "courses" TEXT,
    "languages" TEXT,
    "from" TEXT,
    "to" TEXT,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);

CREATE TABLE "serial_instructors" (
    "serial" TEXT NOT NULL REFERENCES "serials" ("code") DEFERRABLE INITIALLY DEFERRED,
    "instructor" TEXT NOT NULL REFERENCES "instructors" ("code") DEFERRABLE INITIALLY DEFERRED,
    "role" TEXT NOT NULL,
    "first_day" BIGINT,
    "days" BIGINT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("serial", "instructor")
);

-- Journeys of trainees, to the facility and home. Where they are is in the journal; by which lanes and on what they go is here.
CREATE TABLE nomination_journey (
    nomination TEXT NOT NULL REFERENCES nomination (code),
    number BIGINT NOT NULL,
    from_place TEXT NOT NULL,
    to_place TEXT NOT NULL,
    lanes TEXT NOT NULL,
    conveyance TEXT NOT NULL,
    departed_at BIGINT NOT NULL,
    arrives_at BIGINT NOT NULL,
    PRIMARY KEY (nomination, number)
) {clustered};
