-- Who may see and do what: accounts of people and programs, their sessions and tokens, and to whom each record is released.

CREATE TABLE released (
    sheet TEXT NOT NULL,
    record TEXT NOT NULL,
    audience TEXT NOT NULL,
    owner BIGINT NOT NULL CHECK (owner IN (0, 1)),
    PRIMARY KEY (sheet, record, audience)
) {clustered};

CREATE INDEX released_audience ON released (sheet, audience, record);

CREATE TABLE users (
    name TEXT NOT NULL PRIMARY KEY,
    party TEXT NOT NULL,
    roles TEXT NOT NULL,
    disabled BIGINT NOT NULL CHECK (disabled IN (0, 1)),
    password TEXT NOT NULL,
    failures BIGINT NOT NULL,
    failed_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    digest {blob} NOT NULL PRIMARY KEY,
    user_name TEXT NOT NULL REFERENCES users (name),
    began_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL
);

CREATE INDEX sessions_user ON sessions (user_name);

CREATE TABLE tokens (
    code TEXT NOT NULL PRIMARY KEY,
    digest {blob} NOT NULL UNIQUE,
    user_name TEXT NOT NULL REFERENCES users (name),
    label TEXT NOT NULL,
    writes BIGINT NOT NULL CHECK (writes IN (0, 1)),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE INDEX tokens_user ON tokens (user_name);
