-- The records, one table for each sheet. Written from the domain's shapes; a test compares them.

CREATE TABLE "parties" (
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "country" TEXT,
    "parent" TEXT REFERENCES "parties" ("code") DEFERRABLE INITIALLY DEFERRED,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);

CREATE TABLE "mission" (
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "recipient" TEXT NOT NULL REFERENCES "parties" ("code") DEFERRABLE INITIALLY DEFERRED,
    "start" TEXT NOT NULL,
    "period_days" BIGINT NOT NULL,
    "periods" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "cost_weight" BIGINT NOT NULL,
    "description" TEXT,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);

CREATE TABLE "statements" (
    "code" TEXT NOT NULL,
    "party" TEXT NOT NULL REFERENCES "parties" ("code") DEFERRABLE INITIALLY DEFERRED,
    "date" TEXT NOT NULL,
    "place" TEXT,
    "title" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);

CREATE TABLE "caveats" (
    "code" TEXT NOT NULL,
    "party" TEXT NOT NULL REFERENCES "parties" ("code") DEFERRABLE INITIALLY DEFERRED,
    "name" TEXT NOT NULL,
    "purposes" TEXT,
    "recipients" TEXT,
    "non_lethal" TEXT,
    "uses" TEXT,
    "conditions" TEXT,
    "first_check_days" BIGINT,
    "recheck_days" BIGINT,
    "text" TEXT NOT NULL,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);

CREATE TABLE "participations" (
    "code" TEXT NOT NULL,
    "party" TEXT NOT NULL REFERENCES "parties" ("code") DEFERRABLE INITIALLY DEFERRED,
    "scope" TEXT,
    "caveats" TEXT,
    "note" TEXT,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);

CREATE TABLE "participation_steps" (
    "participation" TEXT NOT NULL REFERENCES "participations" ("code") DEFERRABLE INITIALLY DEFERRED,
    "step" BIGINT NOT NULL,
    "state" TEXT NOT NULL,
    "on" TEXT NOT NULL,
    "statement" TEXT REFERENCES "statements" ("code") DEFERRABLE INITIALLY DEFERRED,
    "by" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("participation", "step")
);

CREATE TABLE "items" (
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "nsn" TEXT,
    "supply_class" TEXT,
    "purpose" TEXT,
    "unit_of_issue" TEXT NOT NULL,
    "mass_kg" BIGINT,
    "volume_m3" BIGINT,
    "un_number" TEXT,
    "hazard_class" TEXT,
    "tracking" TEXT NOT NULL,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);

CREATE TABLE "substitutes" (
    "item" TEXT NOT NULL REFERENCES "items" ("code") DEFERRABLE INITIALLY DEFERRED,
    "substitute" TEXT NOT NULL REFERENCES "items" ("code") DEFERRABLE INITIALLY DEFERRED,
    "utility" BIGINT NOT NULL,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("item", "substitute")
);

CREATE TABLE "resources" (
    "code" TEXT NOT NULL,
    "item" TEXT NOT NULL REFERENCES "items" ("code") DEFERRABLE INITIALLY DEFERRED,
    "state" TEXT NOT NULL,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);

CREATE TABLE "places" (
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "country" TEXT NOT NULL,
    "unlocode" TEXT,
    "latitude" BIGINT NOT NULL,
    "longitude" BIGINT NOT NULL,
    "handling_t" BIGINT,
    "storage_t" BIGINT,
    "operator" TEXT REFERENCES "parties" ("code") DEFERRABLE INITIALLY DEFERRED,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);

CREATE TABLE "lanes" (
    "code" TEXT NOT NULL,
    "from" TEXT NOT NULL REFERENCES "places" ("code") DEFERRABLE INITIALLY DEFERRED,
    "to" TEXT NOT NULL REFERENCES "places" ("code") DEFERRABLE INITIALLY DEFERRED,
    "mode" TEXT NOT NULL,
    "transit_days" BIGINT NOT NULL,
    "capacity_t" BIGINT NOT NULL,
    "cost_per_t" BIGINT NOT NULL,
    "forbids" TEXT,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);

CREATE TABLE "lane_closures" (
    "lane" TEXT NOT NULL REFERENCES "lanes" ("code") DEFERRABLE INITIALLY DEFERRED,
    "from" TEXT NOT NULL,
    "to" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("lane", "from")
);

CREATE TABLE "processes" (
    "code" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "place" TEXT NOT NULL REFERENCES "places" ("code") DEFERRABLE INITIALLY DEFERRED,
    "input" TEXT NOT NULL REFERENCES "resources" ("code") DEFERRABLE INITIALLY DEFERRED,
    "output" TEXT NOT NULL REFERENCES "resources" ("code") DEFERRABLE INITIALLY DEFERRED,
    "duration_days" BIGINT NOT NULL,
    "capacity" BIGINT NOT NULL,
    "cost" BIGINT NOT NULL,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);

CREATE TABLE "funds" (
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "holder" TEXT NOT NULL REFERENCES "parties" ("code") DEFERRABLE INITIALLY DEFERRED,
    "currency" TEXT NOT NULL,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);

CREATE TABLE "offers" (
    "code" TEXT NOT NULL,
    "donor" TEXT NOT NULL REFERENCES "parties" ("code") DEFERRABLE INITIALLY DEFERRED,
    "kind" TEXT NOT NULL,
    "resource" TEXT NOT NULL REFERENCES "resources" ("code") DEFERRABLE INITIALLY DEFERRED,
    "quantity" TEXT NOT NULL,
    "place" TEXT REFERENCES "places" ("code") DEFERRABLE INITIALLY DEFERRED,
    "available_from" TEXT NOT NULL,
    "caveats" TEXT,
    "fund" TEXT REFERENCES "funds" ("code") DEFERRABLE INITIALLY DEFERRED,
    "earmark" TEXT,
    "terms" TEXT,
    "state" TEXT NOT NULL,
    "state_reason" TEXT,
    "value" TEXT,
    "value_currency" TEXT,
    "value_method" TEXT,
    "value_date" TEXT,
    "statement" TEXT REFERENCES "statements" ("code") DEFERRABLE INITIALLY DEFERRED,
    "note" TEXT,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);

CREATE TABLE "requirements" (
    "code" TEXT NOT NULL,
    "unit" TEXT NOT NULL REFERENCES "parties" ("code") DEFERRABLE INITIALLY DEFERRED,
    "place" TEXT NOT NULL REFERENCES "places" ("code") DEFERRABLE INITIALLY DEFERRED,
    "purpose" TEXT NOT NULL,
    "quantity" BIGINT NOT NULL,
    "priority" BIGINT NOT NULL,
    "due" TEXT NOT NULL,
    "expires" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "state_reason" TEXT,
    "justification" TEXT,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);

CREATE TABLE "requirement_accepts" (
    "requirement" TEXT NOT NULL REFERENCES "requirements" ("code") DEFERRABLE INITIALLY DEFERRED,
    "resource" TEXT NOT NULL REFERENCES "resources" ("code") DEFERRABLE INITIALLY DEFERRED,
    "utility" BIGINT NOT NULL,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("requirement", "resource")
);

CREATE TABLE "packages" (
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "unit" TEXT NOT NULL REFERENCES "parties" ("code") DEFERRABLE INITIALLY DEFERRED,
    "place" TEXT NOT NULL REFERENCES "places" ("code") DEFERRABLE INITIALLY DEFERRED,
    "purpose" TEXT NOT NULL,
    "count" BIGINT NOT NULL,
    "priority" BIGINT NOT NULL,
    "due" TEXT NOT NULL,
    "expires" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "state_reason" TEXT,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);

CREATE TABLE "package_components" (
    "package" TEXT NOT NULL REFERENCES "packages" ("code") DEFERRABLE INITIALLY DEFERRED,
    "resource" TEXT NOT NULL REFERENCES "resources" ("code") DEFERRABLE INITIALLY DEFERRED,
    "quantity" BIGINT NOT NULL,
    "role" TEXT NOT NULL,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("package", "resource")
);

CREATE TABLE "announcements" (
    "code" TEXT NOT NULL,
    "party" TEXT NOT NULL REFERENCES "parties" ("code") DEFERRABLE INITIALLY DEFERRED,
    "kind" TEXT NOT NULL,
    "kind_text" TEXT,
    "item" TEXT,
    "quantity" TEXT,
    "date" TEXT,
    "value" TEXT,
    "value_currency" TEXT,
    "converted" TEXT,
    "converted_currency" TEXT,
    "rate" BIGINT,
    "rate_source" TEXT,
    "rate_date" TEXT,
    "group" TEXT,
    "table" TEXT NOT NULL,
    "line" BIGINT NOT NULL,
    "original" TEXT,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);
