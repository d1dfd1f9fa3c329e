-- Work to do later. The row is the truth; whoever dispatches it is a detail.
CREATE TABLE jobs (
    id            uuid        CONSTRAINT jobs_pk PRIMARY KEY,
    name          text        NOT NULL,
    payload       jsonb       NOT NULL,
    state         text        NOT NULL DEFAULT 'queued'
                  CONSTRAINT jobs_state CHECK (state IN ('queued', 'leased', 'done', 'dead')),
    run_at        timestamptz NOT NULL,
    attempts      integer     NOT NULL DEFAULT 0,
    leased_until  timestamptz,
    last_error    text,
    request_id    text,
    created_at    timestamptz NOT NULL,
    finished_at   timestamptz,
    CONSTRAINT jobs_lease CHECK ((state = 'leased') = (leased_until IS NOT NULL)),
    CONSTRAINT jobs_finish CHECK ((state IN ('done', 'dead')) = (finished_at IS NOT NULL))
);
CREATE INDEX jobs_due ON jobs (run_at, id) WHERE state = 'queued';
CREATE INDEX jobs_leased ON jobs (leased_until) WHERE state = 'leased';
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE state IN ('done', 'dead');

-- When each periodic job runs next: one row, so that any number of workers run it once.
CREATE TABLE job_schedules (
    name     text        CONSTRAINT job_schedules_pk PRIMARY KEY,
    next_run timestamptz NOT NULL
);

-- Facts, appended in the transaction that made them true. `id` is taken at insert, so rows may
-- become visible out of its order; `position` is given after commit by one sequencer at a time,
-- without gaps, and is the order of the feed.
CREATE TABLE events (
    id           bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT events_pk PRIMARY KEY,
    position     bigint      CONSTRAINT events_position UNIQUE,
    kind         text        NOT NULL,
    subject_type text        NOT NULL,
    subject_id   uuid        NOT NULL,
    actor        jsonb       NOT NULL,
    data         jsonb       NOT NULL,
    request_id   text,
    occurred_at  timestamptz NOT NULL
);
CREATE INDEX events_unsequenced ON events (id) WHERE position IS NULL;
CREATE INDEX events_by_subject ON events (subject_type, subject_id, id);

-- One row: the last position given.
CREATE TABLE event_sequence (
    singleton     boolean CONSTRAINT event_sequence_pk PRIMARY KEY DEFAULT true CONSTRAINT event_sequence_one CHECK (singleton),
    last_position bigint  NOT NULL
);
INSERT INTO event_sequence (last_position) VALUES (0);

-- How far each subscriber has read the feed.
CREATE TABLE event_subscriptions (
    name          text        CONSTRAINT event_subscriptions_pk PRIMARY KEY,
    last_position bigint      NOT NULL,
    failures      integer     NOT NULL DEFAULT 0,
    retry_at      timestamptz,
    last_error    text
);

-- The stored answers of requests that carried an Idempotency-Key.
CREATE TABLE idempotency_records (
    principal   text        NOT NULL,
    route       text        NOT NULL,
    key         text        NOT NULL CONSTRAINT idempotency_records_key CHECK (length(key) BETWEEN 1 AND 255),
    fingerprint bytea       NOT NULL,
    status      smallint,
    headers     jsonb,
    body        bytea,
    created_at  timestamptz NOT NULL,
    CONSTRAINT idempotency_records_pk PRIMARY KEY (principal, route, key)
);
CREATE INDEX idempotency_records_age ON idempotency_records (created_at);
