-- The API: what was answered to requests that carry a key of their own, and who is told what happens.

CREATE TABLE answered (
    user_name TEXT NOT NULL REFERENCES users (name),
    request_key TEXT NOT NULL,
    request {blob} NOT NULL,
    begun_at BIGINT NOT NULL,
    status BIGINT NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (user_name, request_key)
);

CREATE INDEX answered_begun_at ON answered (begun_at);

CREATE TABLE webhook (
    code TEXT NOT NULL PRIMARY KEY,
    user_name TEXT NOT NULL REFERENCES users (name),
    label TEXT NOT NULL,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    secret TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    stopped_at BIGINT,
    entry_seen BIGINT NOT NULL,
    change_seen BIGINT NOT NULL
);

CREATE INDEX webhook_user ON webhook (user_name);

CREATE TABLE delivery (
    id TEXT NOT NULL PRIMARY KEY,
    webhook TEXT NOT NULL REFERENCES webhook (code),
    event TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    answered_at BIGINT,
    answer TEXT NOT NULL
);

CREATE INDEX delivery_webhook ON delivery (webhook, created_at, id);
CREATE INDEX delivery_due ON delivery (state, next_at);
