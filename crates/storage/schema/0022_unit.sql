-- Units: items with a serial number that ever came into service. The journal says all of it; these tables are kept beside it, in the
-- transaction of each entry, so that lists of a hundred thousand units as of any date are read off an index.
CREATE TABLE unit (
    serial TEXT NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (serial, item)
) {clustered};

-- Where a unit was and when it was received and last checked, for every date and as it was known at every entry: a row holds for dates
-- from "from_at" until before "until_at" and for who knows entries from "from_entry" until before "until_entry". The greatest number
-- stands for no end. What its account says of it stands here, too, so that a list reads nothing else. "given" names all offers of which
-- it ever moved, in order.
CREATE TABLE unit_state (
    serial TEXT NOT NULL,
    item TEXT NOT NULL,
    number BIGINT NOT NULL,
    from_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    from_entry BIGINT NOT NULL,
    until_entry BIGINT NOT NULL,
    account BIGINT NOT NULL REFERENCES account (id),
    holder TEXT NOT NULL,
    owner TEXT NOT NULL,
    caveats TEXT NOT NULL,
    offer TEXT,
    given TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    checked_at BIGINT,
    PRIMARY KEY (serial, item, number),
    FOREIGN KEY (serial, item) REFERENCES unit (serial, item)
) {clustered};

-- What holds now, with all that a list of it looks at.
CREATE INDEX unit_state_now ON unit_state (item, caveats, received_at, checked_at, holder, owner, given, account, offer, serial)
    WHERE until_at = 9223372036854775807 AND until_entry = 9223372036854775807;

-- The offers that a text of several names.
CREATE TABLE unit_given (
    offer TEXT NOT NULL,
    given TEXT NOT NULL,
    PRIMARY KEY (offer, given)
) {clustered};

-- The mission's rules of when an item is to be checked, whoever gave it.
CREATE TABLE "end_use_rules" (
    "code" TEXT NOT NULL,
    "item" TEXT NOT NULL REFERENCES "items" ("code") DEFERRABLE INITIALLY DEFERRED,
    "first_check_days" BIGINT NOT NULL,
    "recheck_days" BIGINT,
    "releasable_to" TEXT,
    "source" TEXT,
    "fictional" TEXT NOT NULL,
    PRIMARY KEY ("code")
);
