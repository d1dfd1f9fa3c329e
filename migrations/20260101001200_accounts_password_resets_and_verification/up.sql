-- When the address was shown to be its owner's.
ALTER TABLE users ADD COLUMN email_verified_at timestamptz;

-- Links that went to somebody's address: whoever has one has read their mail. The token in a link is made of the row's id
-- and a key of the server's, so that nothing here opens anything.
CREATE TABLE mailed_proofs (
    id         uuid        CONSTRAINT mailed_proofs_pk PRIMARY KEY,
    kind       text        NOT NULL CONSTRAINT mailed_proofs_kind CHECK (kind IN ('password_reset', 'email_verification')),
    user_id    uuid        NOT NULL CONSTRAINT mailed_proofs_user REFERENCES users,
    -- The address it went to.
    email_key  text        NOT NULL,
    made_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz,
    end_reason text        CONSTRAINT mailed_proofs_end_reason CHECK (end_reason IN ('used', 'replaced', 'overtaken')),
    CONSTRAINT mailed_proofs_end CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
-- The newest one counts, and no other.
CREATE UNIQUE INDEX mailed_proofs_one_open ON mailed_proofs (user_id, kind) WHERE ended_at IS NULL;
CREATE INDEX mailed_proofs_expired ON mailed_proofs (expires_at);

-- Addresses for which somebody asked for a new password, until a job has looked whether they have an account.
CREATE TABLE password_reset_requests (
    id           uuid        CONSTRAINT password_reset_requests_pk PRIMARY KEY,
    email_key    text        NOT NULL,
    requested_at timestamptz NOT NULL
);
