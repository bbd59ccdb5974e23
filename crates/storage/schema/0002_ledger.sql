-- The ledger. Conservation and "never below nothing" hold here too, not only in code:
-- a posting names both accounts, and both must be of its resource, so each entry sums to zero for every resource;
-- a real account's balance is checked, and whether an account is real is part of what its balance refers to.

CREATE TABLE seal_key (
    number BIGINT NOT NULL PRIMARY KEY CHECK (number = 1),
    public_key {blob} NOT NULL
);

CREATE TABLE account (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    purpose TEXT NOT NULL,
    holder TEXT NOT NULL,
    owner TEXT NOT NULL,
    place TEXT,
    via TEXT,
    resource TEXT NOT NULL,
    caveats TEXT NOT NULL,
    external BIGINT NOT NULL CHECK (external IN (0, 1)),
    UNIQUE (id, resource),
    UNIQUE (id, external)
);

CREATE TABLE entry (
    number BIGINT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('posted', 'pending', 'void', 'noted')),
    activity TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    idempotency_key TEXT NOT NULL UNIQUE,
    fingerprint {blob} NOT NULL,
    offer TEXT,
    need TEXT,
    plan TEXT,
    resolves BIGINT REFERENCES entry (number),
    corrects BIGINT UNIQUE REFERENCES entry (number),
    digest {blob} NOT NULL,
    about TEXT NOT NULL,
    CHECK (kind <> 'posted' OR occurred_at <= recorded_at)
);

CREATE INDEX entry_recorded_at ON entry (recorded_at, number);
CREATE INDEX entry_offer ON entry (offer, number) WHERE offer IS NOT NULL;
CREATE INDEX entry_need ON entry (need, number) WHERE need IS NOT NULL;
CREATE INDEX entry_resolves ON entry (resolves, number) WHERE resolves IS NOT NULL;

CREATE TABLE posting (
    entry BIGINT NOT NULL REFERENCES entry (number),
    line BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('posted', 'pending', 'void')),
    occurred_at BIGINT NOT NULL,
    from_account BIGINT NOT NULL,
    to_account BIGINT NOT NULL,
    resource TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    lot TEXT NOT NULL,
    serial TEXT NOT NULL,
    settles BIGINT,
    PRIMARY KEY (entry, line),
    FOREIGN KEY (from_account, resource) REFERENCES account (id, resource),
    FOREIGN KEY (to_account, resource) REFERENCES account (id, resource),
    CHECK (from_account <> to_account),
    CHECK (serial = '' OR quantity = 1)
) {clustered};

CREATE INDEX posting_from ON posting (from_account, occurred_at, entry, line);
CREATE INDEX posting_to ON posting (to_account, occurred_at, entry, line);
CREATE INDEX posting_serial ON posting (resource, serial, entry) WHERE serial <> '';

CREATE TABLE balance (
    account BIGINT NOT NULL PRIMARY KEY,
    external BIGINT NOT NULL,
    posted BIGINT NOT NULL,
    pending BIGINT NOT NULL,
    tracked BIGINT NOT NULL,
    FOREIGN KEY (account, external) REFERENCES account (id, external),
    CHECK (external = 1 OR (posted >= 0 AND tracked >= 0 AND tracked <= posted))
);

CREATE TABLE holding (
    account BIGINT NOT NULL,
    lot TEXT NOT NULL,
    serial TEXT NOT NULL,
    resource TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity >= 0),
    PRIMARY KEY (account, lot, serial),
    FOREIGN KEY (account, resource) REFERENCES account (id, resource),
    CHECK (serial = '' OR quantity <= 1)
) {clustered};

CREATE UNIQUE INDEX holding_serial ON holding (resource, serial) WHERE serial <> '' AND quantity > 0;
CREATE INDEX holding_lot ON holding (resource, lot) WHERE lot <> '';

CREATE TABLE open_line (
    entry BIGINT NOT NULL,
    line BIGINT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity >= 0),
    PRIMARY KEY (entry, line),
    FOREIGN KEY (entry, line) REFERENCES posting (entry, line)
) {clustered};

CREATE TABLE block (
    number BIGINT NOT NULL PRIMARY KEY,
    first BIGINT NOT NULL UNIQUE REFERENCES entry (number),
    last BIGINT NOT NULL UNIQUE REFERENCES entry (number),
    root {blob} NOT NULL,
    previous {blob} NOT NULL UNIQUE,
    signature {blob} NOT NULL,
    CHECK (last >= first)
);
