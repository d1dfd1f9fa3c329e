-- Capacity that is taken in amounts: stock of an offering (the pool has the offering's id), places in
-- a pickup window. Amounts are thousandths of the pool's unit.
CREATE TABLE pools (
    id         uuid        CONSTRAINT pools_pk PRIMARY KEY,
    kind       text        NOT NULL CONSTRAINT pools_kind CHECK (kind IN ('stock', 'pickup_window')),
    capacity   bigint      NOT NULL,
    taken      bigint      NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL,
    CONSTRAINT pools_never_oversold CHECK (taken BETWEEN 0 AND capacity)
) WITH (fillfactor = 70);

-- Capacity taken for a while. Its lines are taken and given back together.
CREATE TABLE holds (
    id          uuid        CONSTRAINT holds_pk PRIMARY KEY,
    state       text        NOT NULL CONSTRAINT holds_state CHECK (state IN ('live', 'consumed', 'released')),
    source_type text        NOT NULL,
    source_id   uuid        NOT NULL,
    expires_at  timestamptz NOT NULL,
    created_at  timestamptz NOT NULL
);
CREATE INDEX holds_expiring ON holds (expires_at) WHERE state = 'live';

CREATE TABLE hold_lines (
    hold_id    uuid        NOT NULL CONSTRAINT hold_lines_hold REFERENCES holds,
    pool_id    uuid        NOT NULL CONSTRAINT hold_lines_pool REFERENCES pools,
    quantity   bigint      NOT NULL CONSTRAINT hold_lines_quantity CHECK (quantity > 0),
    live       boolean     NOT NULL DEFAULT true,
    expires_at timestamptz NOT NULL,
    CONSTRAINT hold_lines_pk PRIMARY KEY (hold_id, pool_id)
);
-- Finds the lines that have expired and not been given back, pool by pool.
CREATE INDEX hold_lines_live ON hold_lines (pool_id, expires_at) INCLUDE (quantity) WHERE live;

-- Why every pool stands where it stands: the sums of the deltas are its capacity and what is taken.
CREATE TABLE movements (
    id             bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT movements_pk PRIMARY KEY,
    pool_id        uuid        NOT NULL CONSTRAINT movements_pool REFERENCES pools,
    kind           text        NOT NULL
                   CONSTRAINT movements_kind CHECK (kind IN ('adjustment', 'hold', 'release', 'sale', 'cancellation')),
    capacity_delta bigint      NOT NULL,
    taken_delta    bigint      NOT NULL,
    actor          jsonb       NOT NULL,
    source_type    text        NOT NULL,
    source_id      uuid        NOT NULL,
    occurred_at    timestamptz NOT NULL
);
CREATE INDEX movements_by_pool ON movements (pool_id, id DESC);
