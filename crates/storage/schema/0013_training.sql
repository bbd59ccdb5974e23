-- Training: the catalogue of courses and their serials are records; who is nominated, and how that came along, is kept here. Where the
-- trainees are is in the journal.

ALTER TABLE "pools" ADD COLUMN "kind" TEXT;

CREATE TABLE "place_blocks" (
    "place" TEXT NOT NULL REFERENCES "places" ("code") DEFERRABLE INITIALLY DEFERRED,
    "block" TEXT NOT NULL,
    "from" TEXT NOT NULL,
    "to" TEXT NOT NULL,
    "pool" TEXT REFERENCES "pools" ("code") DEFERRABLE INITIALLY DEFERRED,
    "quantity" BIGINT,
    "reason" TEXT NOT NULL,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("place", "block")
);

CREATE TABLE "courses" (
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "discipline" TEXT NOT NULL,
    "level" TEXT NOT NULL,
    "input" TEXT NOT NULL REFERENCES "resources" ("code") DEFERRABLE INITIALLY DEFERRED,
    "output" TEXT NOT NULL REFERENCES "resources" ("code") DEFERRABLE INITIALLY DEFERRED,
    "language" TEXT NOT NULL,
    "duration_days" BIGINT NOT NULL,
    "least" BIGINT NOT NULL,
    "most" BIGINT NOT NULL,
    "notice_days" BIGINT NOT NULL,
    "prerequisites" TEXT,
    "standards" TEXT,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);

CREATE TABLE "course_objectives" (
    "course" TEXT NOT NULL REFERENCES "courses" ("code") DEFERRABLE INITIALLY DEFERRED,
    "objective" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("course", "objective")
);

CREATE TABLE "course_needs" (
    "course" TEXT NOT NULL REFERENCES "courses" ("code") DEFERRABLE INITIALLY DEFERRED,
    "kind" TEXT NOT NULL,
    "quantity" BIGINT NOT NULL,
    "per" TEXT NOT NULL,
    "first_day" BIGINT,
    "days" BIGINT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("course", "kind")
);

CREATE TABLE "serials" (
    "code" TEXT NOT NULL,
    "course" TEXT NOT NULL REFERENCES "courses" ("code") DEFERRABLE INITIALLY DEFERRED,
    "place" TEXT NOT NULL REFERENCES "places" ("code") DEFERRABLE INITIALLY DEFERRED,
    "host" TEXT NOT NULL REFERENCES "parties" ("code") DEFERRABLE INITIALLY DEFERRED,
    "start" TEXT NOT NULL,
    "end" TEXT NOT NULL,
    "seats" BIGINT NOT NULL,
    "language" TEXT,
    "announced" TEXT,
    "state" TEXT NOT NULL,
    "state_reason" TEXT,
    "remark" TEXT,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);

CREATE TABLE "serial_uses" (
    "serial" TEXT NOT NULL REFERENCES "serials" ("code") DEFERRABLE INITIALLY DEFERRED,
    "pool" TEXT NOT NULL REFERENCES "pools" ("code") DEFERRABLE INITIALLY DEFERRED,
    "quantity" BIGINT NOT NULL,
    "first_day" BIGINT,
    "days" BIGINT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("serial", "pool")
);

CREATE TABLE "serial_quotas" (
    "serial" TEXT NOT NULL REFERENCES "serials" ("code") DEFERRABLE INITIALLY DEFERRED,
    "unit" TEXT NOT NULL REFERENCES "parties" ("code") DEFERRABLE INITIALLY DEFERRED,
    "seats" BIGINT NOT NULL,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("serial", "unit")
);

-- A trainee by a code of their own, that of their first nomination; who they are stands apart.
CREATE TABLE nomination (
    code TEXT NOT NULL PRIMARY KEY,
    trainee TEXT NOT NULL,
    serial TEXT NOT NULL,
    state TEXT NOT NULL,
    unit TEXT NOT NULL,
    owner TEXT NOT NULL,
    resource TEXT NOT NULL,
    account TEXT NOT NULL,
    origin TEXT NOT NULL,
    offer TEXT,
    need TEXT,
    plan TEXT,
    line BIGINT,
    authority TEXT NOT NULL,
    vetted_on TEXT,
    expires_on TEXT,
    nominated_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE INDEX nomination_serial ON nomination (serial, nominated_at);
CREATE INDEX nomination_trainee ON nomination (trainee);
CREATE INDEX nomination_unit ON nomination (unit, state);
CREATE INDEX nomination_state ON nomination (state, nominated_at);
CREATE INDEX nomination_line ON nomination (plan, line) WHERE plan IS NOT NULL;

CREATE TABLE nomination_step (
    nomination TEXT NOT NULL REFERENCES nomination (code),
    number BIGINT NOT NULL,
    state TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    remark TEXT NOT NULL,
    signed_by TEXT NOT NULL,
    entry BIGINT NOT NULL REFERENCES entry (number),
    PRIMARY KEY (nomination, number)
) {clustered};

CREATE INDEX nomination_step_state ON nomination_step (state, occurred_at);

-- Who a trainee is. It may be erased; nothing that counts hangs on it.
CREATE TABLE nomination_person (
    nomination TEXT NOT NULL PRIMARY KEY REFERENCES nomination (code),
    person TEXT NOT NULL,
    erase_at BIGINT NOT NULL
);

CREATE INDEX nomination_person_erase ON nomination_person (erase_at);

-- The last that was said of a day holds.
CREATE TABLE attendance (
    nomination TEXT NOT NULL REFERENCES nomination (code),
    day TEXT NOT NULL,
    number BIGINT NOT NULL,
    attendance TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (nomination, day, number)
) {clustered};

-- The last that was said of an objective holds.
CREATE TABLE assessment (
    nomination TEXT NOT NULL REFERENCES nomination (code),
    number BIGINT NOT NULL,
    objective TEXT NOT NULL,
    met BIGINT NOT NULL,
    remark TEXT NOT NULL,
    assessed_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (nomination, number)
) {clustered};

CREATE TABLE certificate (
    code TEXT NOT NULL PRIMARY KEY,
    nomination TEXT NOT NULL UNIQUE REFERENCES nomination (code),
    statement TEXT NOT NULL,
    hash TEXT NOT NULL,
    seal TEXT NOT NULL,
    entry BIGINT NOT NULL REFERENCES entry (number)
);

CREATE TABLE serial_remark (
    serial TEXT NOT NULL,
    number BIGINT NOT NULL,
    kind TEXT NOT NULL,
    answers BIGINT,
    said_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (serial, number)
) {clustered};
