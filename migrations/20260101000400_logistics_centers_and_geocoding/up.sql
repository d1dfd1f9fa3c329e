CREATE TABLE centers (
    id                 uuid             CONSTRAINT centers_pk PRIMARY KEY,
    -- The small identity that reach is made of.
    number             integer          GENERATED ALWAYS AS IDENTITY CONSTRAINT centers_number UNIQUE,
    name               text             NOT NULL,
    line1              text             NOT NULL,
    line2              text,
    city               text             NOT NULL,
    state              text             NOT NULL,
    postal_code        text             NOT NULL,
    country            text             NOT NULL,
    lat                double precision NOT NULL,
    lon                double precision NOT NULL,
    geocode_confidence text             NOT NULL,
    time_zone          text             NOT NULL,
    status             text             NOT NULL
                       CONSTRAINT centers_status CHECK (status IN ('PROPOSED', 'APPROVED', 'REJECTED', 'INACTIVE')),
    proposed_by        uuid,
    notes              text,
    reason             text,
    decided_at         timestamptz,
    version            integer          NOT NULL DEFAULT 1,
    created_at         timestamptz      NOT NULL,
    updated_at         timestamptz      NOT NULL,
    CONSTRAINT centers_range CHECK (lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180),
    CONSTRAINT centers_not_null_island CHECK (NOT (lat = 0 AND lon = 0)),
    CONSTRAINT centers_rejection_says_why CHECK (status <> 'REJECTED' OR reason IS NOT NULL),
    CONSTRAINT centers_proposed_by FOREIGN KEY (proposed_by) REFERENCES users
);
CREATE INDEX centers_by_status ON centers (status, created_at DESC, id DESC);

-- When people may pick up, week by week, in the center's local time.
CREATE TABLE center_windows (
    center_id uuid     NOT NULL CONSTRAINT center_windows_center REFERENCES centers,
    weekday   smallint NOT NULL CONSTRAINT center_windows_weekday CHECK (weekday BETWEEN 1 AND 7),
    opens     time     NOT NULL,
    closes    time     NOT NULL,
    capacity  integer  NOT NULL CONSTRAINT center_windows_capacity CHECK (capacity BETWEEN 1 AND 10000),
    CONSTRAINT center_windows_pk PRIMARY KEY (center_id, weekday, opens),
    CONSTRAINT center_windows_order CHECK (opens < closes)
);

-- A window on a date that somebody has chosen; its places are the pool of the same id.
CREATE TABLE pickup_slots (
    id        uuid        CONSTRAINT pickup_slots_pk PRIMARY KEY,
    center_id uuid        NOT NULL CONSTRAINT pickup_slots_center REFERENCES centers,
    starts_at timestamptz NOT NULL,
    ends_at   timestamptz NOT NULL,
    CONSTRAINT pickup_slots_once UNIQUE (center_id, starts_at, ends_at),
    CONSTRAINT pickup_slots_order CHECK (starts_at < ends_at),
    CONSTRAINT pickup_slots_pool FOREIGN KEY (id) REFERENCES pools
);

-- Answers of the geocoder by the digest of the normalized address. `lat` is null when the provider
-- knows no such place.
CREATE TABLE geocode_cache (
    address_digest bytea       CONSTRAINT geocode_cache_pk PRIMARY KEY,
    provider       text        NOT NULL,
    lat            double precision,
    lon            double precision,
    confidence     text,
    fetched_at     timestamptz NOT NULL,
    CONSTRAINT geocode_cache_whole CHECK ((lat IS NULL) = (lon IS NULL) AND (lat IS NULL) = (confidence IS NULL))
);
CREATE INDEX geocode_cache_age ON geocode_cache (fetched_at);
