CREATE TABLE users (
    id            uuid        CONSTRAINT users_pk PRIMARY KEY,
    email         text        NOT NULL,
    email_key     text        NOT NULL CONSTRAINT users_email UNIQUE,
    password_hash text        NOT NULL,
    display_name  text        NOT NULL,
    phone         text,
    status        text        NOT NULL DEFAULT 'active' CONSTRAINT users_status CHECK (status IN ('active', 'disabled')),
    version       integer     NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL
);
CREATE INDEX users_newest ON users (created_at DESC, id DESC);
CREATE INDEX users_by_email_prefix ON users (email_key text_pattern_ops);

CREATE TABLE role_grants (
    user_id    uuid        NOT NULL CONSTRAINT role_grants_user REFERENCES users,
    role       text        NOT NULL CONSTRAINT role_grants_role CHECK (role IN ('customer', 'vendor', 'rider', 'admin')),
    granted_at timestamptz NOT NULL,
    CONSTRAINT role_grants_pk PRIMARY KEY (user_id, role)
);
CREATE INDEX role_grants_by_role ON role_grants (role, user_id);

-- A login and every refresh token that descends from it.
CREATE TABLE sessions (
    id            uuid        CONSTRAINT sessions_pk PRIMARY KEY,
    user_id       uuid        NOT NULL CONSTRAINT sessions_user REFERENCES users,
    user_agent    text,
    created_at    timestamptz NOT NULL,
    last_used_at  timestamptz NOT NULL,
    revoked_at    timestamptz,
    revoke_reason text,
    CONSTRAINT sessions_revoked CHECK ((revoked_at IS NULL) = (revoke_reason IS NULL))
);
CREATE INDEX sessions_by_user ON sessions (user_id, created_at DESC);

CREATE TABLE refresh_tokens (
    digest     bytea       CONSTRAINT refresh_tokens_pk PRIMARY KEY,
    session_id uuid        NOT NULL CONSTRAINT refresh_tokens_session REFERENCES sessions,
    issued_at  timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_expired ON refresh_tokens (expires_at);

-- Failed logins by the digest of the address that was tried, whether or not somebody has it.
CREATE TABLE login_failures (
    email_digest bytea       CONSTRAINT login_failures_pk PRIMARY KEY,
    failures     integer     NOT NULL,
    locked_until timestamptz,
    last_failure timestamptz NOT NULL
);
CREATE INDEX login_failures_age ON login_failures (last_failure);

CREATE TABLE addresses (
    id                 uuid        CONSTRAINT addresses_pk PRIMARY KEY,
    user_id            uuid        NOT NULL CONSTRAINT addresses_user REFERENCES users,
    label              text,
    line1              text        NOT NULL,
    line2              text,
    city               text        NOT NULL,
    state              text        NOT NULL,
    postal_code        text        NOT NULL,
    country            text        NOT NULL,
    is_primary         boolean     NOT NULL DEFAULT false,
    -- Counts the changes of the postal address: a geocoder's answer belongs to one of them.
    place_version      integer     NOT NULL DEFAULT 1,
    lat                double precision,
    lon                double precision,
    geocode_status     text        NOT NULL DEFAULT 'pending'
                       CONSTRAINT addresses_geocode_status CHECK (geocode_status IN ('pending', 'located', 'failed')),
    geocode_confidence text,
    geocode_problem    text,
    geocoded_at        timestamptz,
    version            integer     NOT NULL DEFAULT 1,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    CONSTRAINT addresses_located CHECK ((geocode_status = 'located') = (lat IS NOT NULL AND lon IS NOT NULL)),
    CONSTRAINT addresses_range CHECK (lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180),
    CONSTRAINT addresses_not_null_island CHECK (NOT (lat = 0 AND lon = 0))
);
CREATE INDEX addresses_by_user ON addresses (user_id, created_at);
-- The one address where a person is, as far as reach is concerned.
CREATE UNIQUE INDEX addresses_one_primary ON addresses (user_id) WHERE is_primary;

CREATE TABLE vendor_profiles (
    user_id             uuid        CONSTRAINT vendor_profiles_pk PRIMARY KEY CONSTRAINT vendor_profiles_user REFERENCES users,
    kind                text        NOT NULL
                        CONSTRAINT vendor_profiles_kind CHECK (kind IN ('gardener', 'maker', 'outfitter', 'restaurant')),
    business_name       text        NOT NULL,
    business_identifier text,
    contact_email       text,
    contact_phone       text,
    slug                text        NOT NULL CONSTRAINT vendor_profiles_slug UNIQUE,
    bio                 text,
    payout_note         text,
    version             integer     NOT NULL DEFAULT 1,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL
);
