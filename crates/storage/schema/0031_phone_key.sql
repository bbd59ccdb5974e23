-- A key that a phone made goes with the token that the phone got: whoever revokes one of them revokes the other. A token that has ended is
-- gone, so its code stands here by itself. Keys from before, and passkeys, stand for themselves.
ALTER TABLE signing_key ADD COLUMN token TEXT;

CREATE INDEX signing_key_token ON signing_key (token);
