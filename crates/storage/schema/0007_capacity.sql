-- What the planner knows of the field besides tonnes: volume, trips, timetables, least loads, needs, pools, budgets, lots, loans, wishes, and
-- what a plan should heed at a price.

ALTER TABLE "places" ADD COLUMN "handling_in_t" BIGINT;
ALTER TABLE "places" ADD COLUMN "storage_m3" BIGINT;
ALTER TABLE "lanes" ADD COLUMN "capacity_m3" BIGINT;
ALTER TABLE "lanes" ADD COLUMN "departs_on" TEXT;
ALTER TABLE "lanes" ADD COLUMN "departs_every_days" BIGINT;
ALTER TABLE "lanes" ADD COLUMN "trip_t" BIGINT;
ALTER TABLE "lanes" ADD COLUMN "trip_m3" BIGINT;
ALTER TABLE "lanes" ADD COLUMN "trip_cost" BIGINT;
ALTER TABLE "lanes" ADD COLUMN "trips" BIGINT;
ALTER TABLE "lanes" ADD COLUMN "least_t" BIGINT;
ALTER TABLE "lanes" ADD COLUMN "fund" TEXT REFERENCES "funds" ("code") DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "processes" ADD COLUMN "fund" TEXT REFERENCES "funds" ("code") DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "funds" ADD COLUMN "budget" BIGINT;
ALTER TABLE "offers" ADD COLUMN "lot" BIGINT;
ALTER TABLE "offers" ADD COLUMN "lent_until" TEXT;
ALTER TABLE "offers" ADD COLUMN "wish_purpose" TEXT;
ALTER TABLE "offers" ADD COLUMN "wish_bonus" BIGINT;

CREATE TABLE "pools" (
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "place" TEXT NOT NULL REFERENCES "places" ("code") DEFERRABLE INITIALLY DEFERRED,
    "quantity" BIGINT NOT NULL,
    "accepts" TEXT REFERENCES "resources" ("code") DEFERRABLE INITIALLY DEFERRED,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);

CREATE TABLE "process_needs" (
    "process" TEXT NOT NULL REFERENCES "processes" ("code") DEFERRABLE INITIALLY DEFERRED,
    "resource" TEXT NOT NULL REFERENCES "resources" ("code") DEFERRABLE INITIALLY DEFERRED,
    "quantity" BIGINT NOT NULL,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("process", "resource")
);

CREATE TABLE "process_holds" (
    "process" TEXT NOT NULL REFERENCES "processes" ("code") DEFERRABLE INITIALLY DEFERRED,
    "pool" TEXT NOT NULL REFERENCES "pools" ("code") DEFERRABLE INITIALLY DEFERRED,
    "quantity" BIGINT NOT NULL,
    "days" BIGINT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("process", "pool")
);

CREATE TABLE "fair_shares" (
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "unit" TEXT REFERENCES "parties" ("code") DEFERRABLE INITIALLY DEFERRED,
    "purpose" TEXT,
    "value" BIGINT NOT NULL,
    "penalty" BIGINT NOT NULL,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);

CREATE TABLE "fleets" (
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "unit" TEXT NOT NULL REFERENCES "parties" ("code") DEFERRABLE INITIALLY DEFERRED,
    "resources" TEXT,
    "penalty" BIGINT NOT NULL,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);

CREATE TABLE "reserves" (
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "resource" TEXT NOT NULL REFERENCES "resources" ("code") DEFERRABLE INITIALLY DEFERRED,
    "place" TEXT REFERENCES "places" ("code") DEFERRABLE INITIALLY DEFERRED,
    "quantity" BIGINT NOT NULL,
    "penalty" BIGINT NOT NULL,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);
