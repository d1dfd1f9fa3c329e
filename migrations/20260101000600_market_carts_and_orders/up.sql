CREATE TABLE carts (
    id           uuid        CONSTRAINT carts_pk PRIMARY KEY,
    user_id      uuid        CONSTRAINT carts_user UNIQUE CONSTRAINT carts_user_exists REFERENCES users,
    token_digest bytea       CONSTRAINT carts_token UNIQUE,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    CONSTRAINT carts_one_holder CHECK ((user_id IS NULL) <> (token_digest IS NULL))
);
CREATE INDEX carts_age ON carts (updated_at);

CREATE TABLE cart_lines (
    id              uuid        CONSTRAINT cart_lines_pk PRIMARY KEY,
    cart_id         uuid        NOT NULL CONSTRAINT cart_lines_cart REFERENCES carts ON DELETE CASCADE,
    offering_id     uuid        NOT NULL CONSTRAINT cart_lines_offering REFERENCES offerings,
    quantity        bigint      NOT NULL CONSTRAINT cart_lines_quantity CHECK (quantity > 0),
    -- The price the customer saw when the line was last touched.
    seen_price_minor bigint     NOT NULL,
    created_at      timestamptz NOT NULL,
    CONSTRAINT cart_lines_once UNIQUE (cart_id, offering_id)
);

CREATE TABLE checkouts (
    id          uuid        CONSTRAINT checkouts_pk PRIMARY KEY,
    customer_id uuid        NOT NULL CONSTRAINT checkouts_customer REFERENCES users,
    total_minor bigint      NOT NULL CONSTRAINT checkouts_total CHECK (total_minor >= 0),
    currency    text        NOT NULL,
    created_at  timestamptz NOT NULL
);

CREATE TABLE orders (
    id                     uuid        CONSTRAINT orders_pk PRIMARY KEY,
    number                 text        NOT NULL CONSTRAINT orders_number UNIQUE,
    checkout_id            uuid        NOT NULL CONSTRAINT orders_checkout REFERENCES checkouts,
    customer_id            uuid        NOT NULL CONSTRAINT orders_customer REFERENCES users,
    fulfilment             text        NOT NULL CONSTRAINT orders_fulfilment CHECK (fulfilment IN ('pickup', 'ship')),
    status                 text        NOT NULL,
    hold_id                uuid        NOT NULL CONSTRAINT orders_hold REFERENCES holds,
    total_minor            bigint      NOT NULL CONSTRAINT orders_total CHECK (total_minor >= 0),
    currency               text        NOT NULL,
    -- Pickup: the centers that every party reached at checkout; the choice among them.
    center_numbers         integer[]   NOT NULL DEFAULT '{}',
    center_id              uuid        CONSTRAINT orders_center REFERENCES centers,
    pickup_starts_at       timestamptz,
    pickup_ends_at         timestamptz,
    pickup_hold_id         uuid        CONSTRAINT orders_pickup_hold REFERENCES holds,
    -- Ship: where to, as it was written at checkout; the carrier's reference.
    ship_to                jsonb,
    tracking_reference     text,
    mock_payment_reference text,
    pay_by                 timestamptz NOT NULL,
    paid_at                timestamptz,
    cancel_reason          text,
    version                integer     NOT NULL DEFAULT 1,
    created_at             timestamptz NOT NULL,
    updated_at             timestamptz NOT NULL,
    CONSTRAINT orders_states CHECK (
        (fulfilment = 'pickup' AND status IN ('CREATED', 'AWAITING_PICKUP_SCHEDULING', 'SCHEDULED', 'COMPLETE', 'CANCELLED'))
        OR (fulfilment = 'ship' AND status IN ('PENDING', 'PROCESSING', 'SHIPPED', 'DELIVERED', 'CANCELED'))
    ),
    CONSTRAINT orders_scheduled CHECK (
        status <> 'SCHEDULED' OR (center_id IS NOT NULL AND pickup_starts_at IS NOT NULL AND pickup_ends_at IS NOT NULL)
    ),
    CONSTRAINT orders_paid CHECK (
        status NOT IN ('AWAITING_PICKUP_SCHEDULING', 'SCHEDULED', 'COMPLETE', 'PROCESSING', 'SHIPPED', 'DELIVERED')
        OR paid_at IS NOT NULL
    )
);
CREATE INDEX orders_by_customer ON orders (customer_id, created_at DESC, id DESC);
CREATE INDEX orders_newest ON orders (created_at DESC, id DESC);
CREATE INDEX orders_by_checkout ON orders (checkout_id);

CREATE TABLE order_lines (
    id               uuid   CONSTRAINT order_lines_pk PRIMARY KEY,
    order_id         uuid   NOT NULL CONSTRAINT order_lines_order REFERENCES orders,
    offering_id      uuid   NOT NULL CONSTRAINT order_lines_offering REFERENCES offerings,
    vendor_id        uuid   NOT NULL CONSTRAINT order_lines_vendor REFERENCES users,
    title            text   NOT NULL,
    unit             text   NOT NULL,
    quantity         bigint NOT NULL CONSTRAINT order_lines_quantity CHECK (quantity > 0),
    unit_price_minor bigint NOT NULL,
    total_minor      bigint NOT NULL CONSTRAINT order_lines_total CHECK (total_minor >= 0),
    position         integer NOT NULL,
    CONSTRAINT order_lines_once UNIQUE (order_id, offering_id)
);

-- Which vendors have lines in which order, newest first: a vendor's list is one indexed read.
CREATE TABLE order_vendors (
    vendor_id  uuid        NOT NULL CONSTRAINT order_vendors_vendor REFERENCES users,
    order_id   uuid        NOT NULL CONSTRAINT order_vendors_order REFERENCES orders,
    created_at timestamptz NOT NULL,
    CONSTRAINT order_vendors_pk PRIMARY KEY (vendor_id, order_id)
);
CREATE INDEX order_vendors_newest ON order_vendors (vendor_id, created_at DESC, order_id DESC);
