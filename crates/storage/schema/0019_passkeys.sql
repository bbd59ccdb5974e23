-- A key by which somebody signs may be a passkey: which credential it is to browsers, and for which host.
ALTER TABLE signing_key ADD COLUMN kind TEXT NOT NULL DEFAULT 'ed25519';
ALTER TABLE signing_key ADD COLUMN credential TEXT NOT NULL DEFAULT '';
ALTER TABLE signing_key ADD COLUMN rp TEXT NOT NULL DEFAULT '';
