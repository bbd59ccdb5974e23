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
