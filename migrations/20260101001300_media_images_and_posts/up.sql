-- What was uploaded, once for the same bytes, whoever uploads them.
CREATE TABLE pictures (
    -- Names the original in the object store as well.
    id          uuid        CONSTRAINT pictures_pk PRIMARY KEY,
    -- SHA-256 of the bytes; names what is shown.
    hash        text        NOT NULL CONSTRAINT pictures_hash UNIQUE CONSTRAINT pictures_hash_form CHECK (hash ~ '^[0-9a-f]{64}$'),
    format      text        NOT NULL CONSTRAINT pictures_format CHECK (format IN ('jpeg', 'png', 'webp', 'gif')),
    width       integer     NOT NULL CONSTRAINT pictures_width CHECK (width > 0),
    height      integer     NOT NULL CONSTRAINT pictures_height CHECK (height > 0),
    bytes       bigint      NOT NULL CONSTRAINT pictures_bytes CHECK (bytes > 0),
    -- Doomed: nobody has it any more, and its objects are about to go.
    state       text        NOT NULL DEFAULT 'waiting' CONSTRAINT pictures_state CHECK (state IN ('waiting', 'rendered', 'refused', 'doomed')),
    placeholder text,
    -- What there is to show: a list of name, width and height, from the smallest.
    sizes       jsonb,
    rendered_at timestamptz,
    refusal     text,
    created_at  timestamptz NOT NULL,
    CONSTRAINT pictures_rendered
        CHECK (state <> 'rendered' OR (placeholder IS NOT NULL AND sizes IS NOT NULL AND rendered_at IS NOT NULL)),
    CONSTRAINT pictures_refused CHECK (state <> 'refused' OR refusal IS NOT NULL)
);
CREATE INDEX pictures_doomed ON pictures (id) WHERE state = 'doomed';

-- Somebody's use of a picture, attached to one thing or to nothing yet.
CREATE TABLE images (
    id           uuid        CONSTRAINT images_pk PRIMARY KEY,
    owner_id     uuid        NOT NULL CONSTRAINT images_owner REFERENCES users,
    picture_id   uuid        NOT NULL CONSTRAINT images_picture REFERENCES pictures,
    alt          text        CONSTRAINT images_alt CHECK (char_length(alt) BETWEEN 1 AND 500),
    subject_type text        CONSTRAINT images_subject_type CHECK (subject_type IN ('offering', 'shop', 'post')),
    subject_id   uuid,
    -- Its place among the subject's images; the first is the primary one.
    position     integer     CONSTRAINT images_position CHECK (position BETWEEN 0 AND 11),
    -- Since when it is attached to nothing.
    loose_since  timestamptz,
    version      integer     NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    CONSTRAINT images_subject CHECK (
        (subject_id IS NULL) = (subject_type IS NULL)
        AND (subject_id IS NULL) = (position IS NULL)
        AND (subject_id IS NULL) = (loose_since IS NOT NULL)
    ),
    -- Judged at a statement's end: one statement puts all of a subject's images in order.
    CONSTRAINT images_place UNIQUE (subject_type, subject_id, position) DEFERRABLE INITIALLY IMMEDIATE
);
CREATE INDEX images_by_owner ON images (owner_id, created_at DESC, id DESC);
CREATE INDEX images_by_picture ON images (picture_id);
CREATE INDEX images_loose ON images (loose_since) WHERE loose_since IS NOT NULL;

-- Files that somebody was allowed to send to the object store by themselves.
CREATE TABLE uploads (
    id           uuid        CONSTRAINT uploads_pk PRIMARY KEY,
    owner_id     uuid        NOT NULL CONSTRAINT uploads_owner REFERENCES users,
    media_type   text        NOT NULL,
    bytes        bigint      NOT NULL CONSTRAINT uploads_bytes CHECK (bytes > 0),
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    finalized_at timestamptz
);
CREATE INDEX uploads_expired ON uploads (expires_at);

-- Objects that go at a time, unless somebody has taken them into use until then: written down before the object is.
CREATE TABLE media_discards (
    key           text        CONSTRAINT media_discards_pk PRIMARY KEY,
    discard_after timestamptz NOT NULL
);
CREATE INDEX media_discards_due ON media_discards (discard_after);

-- What gardeners tell of their gardens.
CREATE TABLE posts (
    id          uuid        CONSTRAINT posts_pk PRIMARY KEY,
    gardener_id uuid        NOT NULL CONSTRAINT posts_gardener REFERENCES users,
    plant_id    uuid        CONSTRAINT posts_plant REFERENCES plants,
    body        text        NOT NULL CONSTRAINT posts_body CHECK (char_length(body) BETWEEN 1 AND 5000),
    version     integer     NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);
CREATE INDEX posts_newest ON posts (created_at DESC, id DESC);
CREATE INDEX posts_by_gardener ON posts (gardener_id, created_at DESC, id DESC);
