CREATE EXTENSION IF NOT EXISTS cube;

CREATE TABLE categories (
    id         uuid    CONSTRAINT categories_pk PRIMARY KEY,
    slug       text    NOT NULL CONSTRAINT categories_slug UNIQUE,
    name       text    NOT NULL,
    parent_id  uuid    CONSTRAINT categories_parent REFERENCES categories,
    sort_order integer NOT NULL DEFAULT 0,
    version    integer NOT NULL DEFAULT 1,
    CONSTRAINT categories_not_own_parent CHECK (parent_id <> id)
);

-- What the catalog knows of a vendor: where the goods are and which centers they reach.
CREATE TABLE sellers (
    vendor_id  uuid             CONSTRAINT sellers_pk PRIMARY KEY CONSTRAINT sellers_user REFERENCES users,
    name       text             NOT NULL,
    slug       text             NOT NULL,
    kind       text             NOT NULL,
    lat        double precision,
    lon        double precision,
    reach      integer[]        NOT NULL DEFAULT '{}',
    updated_at timestamptz      NOT NULL,
    -- The place as a point of the unit sphere: the straight line through the earth grows with the
    -- distance over it, so ordering by the one orders by the other.
    location   cube             GENERATED ALWAYS AS (CASE WHEN lat IS NOT NULL AND lon IS NOT NULL THEN cube(ARRAY[
        cos(radians(lat)) * cos(radians(lon)), cos(radians(lat)) * sin(radians(lon)), sin(radians(lat))
    ]) END) STORED,
    CONSTRAINT sellers_place CHECK ((lat IS NULL) = (lon IS NULL))
);
CREATE INDEX sellers_nearest ON sellers USING gist (location);
CREATE INDEX sellers_by_reach ON sellers USING gin (reach);
CREATE INDEX sellers_by_slug ON sellers (slug);

CREATE TABLE plants (
    id          uuid        CONSTRAINT plants_pk PRIMARY KEY,
    gardener_id uuid        NOT NULL CONSTRAINT plants_gardener REFERENCES sellers,
    name        text        NOT NULL,
    species     text,
    description text,
    tags        text[]      NOT NULL DEFAULT '{}',
    version     integer     NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    deleted_at  timestamptz
);
CREATE INDEX plants_by_gardener ON plants (gardener_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;

-- Anything sellable: one id space. What is special to a kind is in that kind's table.
CREATE TABLE offerings (
    id           uuid        CONSTRAINT offerings_pk PRIMARY KEY,
    kind         text        NOT NULL CONSTRAINT offerings_kind CHECK (kind IN ('listing', 'product')),
    vendor_id    uuid        NOT NULL CONSTRAINT offerings_vendor REFERENCES sellers,
    category_id  uuid        CONSTRAINT offerings_category REFERENCES categories,
    title        text        NOT NULL,
    description  text,
    unit         text        NOT NULL CONSTRAINT offerings_unit CHECK (unit IN ('each', 'gram', 'lb', 'bundle')),
    price_minor  bigint      NOT NULL CONSTRAINT offerings_price CHECK (price_minor BETWEEN 1 AND 100000000),
    currency     text        NOT NULL CONSTRAINT offerings_currency CHECK (currency = 'USD'),
    status       text        NOT NULL CONSTRAINT offerings_status CHECK (status IN ('draft', 'active', 'paused')),
    hidden       boolean     NOT NULL DEFAULT false,
    hidden_reason text,
    in_stock     boolean     NOT NULL DEFAULT false,
    -- When it was first put on sale; the order of "newest".
    published_at timestamptz,
    version      integer     NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    deleted_at   timestamptz,
    -- The read model of browse, kept by the catalog: copied from the seller and derived from the rest.
    reach        integer[]   NOT NULL DEFAULT '{}',
    browsable    boolean     NOT NULL DEFAULT false,
    search       tsvector    GENERATED ALWAYS AS (
        setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', coalesce(description, '')), 'B')
    ) STORED,
    CONSTRAINT offerings_published CHECK (status = 'draft' OR published_at IS NOT NULL),
    CONSTRAINT offerings_browsable CHECK (NOT browsable OR (status = 'active' AND NOT hidden AND in_stock AND deleted_at IS NULL))
) WITH (fillfactor = 85);
CREATE INDEX offerings_by_vendor ON offerings (vendor_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX offerings_newest ON offerings (published_at DESC, id DESC) WHERE browsable;
CREATE INDEX offerings_cheapest ON offerings (price_minor, id) WHERE browsable;
CREATE INDEX offerings_newest_in_category ON offerings (category_id, published_at DESC, id DESC) WHERE browsable;
CREATE INDEX offerings_cheapest_in_category ON offerings (category_id, price_minor, id) WHERE browsable;
CREATE INDEX offerings_of_seller ON offerings (vendor_id, id) WHERE browsable;
CREATE INDEX offerings_search ON offerings USING gin (search) WHERE browsable;

CREATE TABLE listings (
    offering_id uuid CONSTRAINT listings_pk PRIMARY KEY CONSTRAINT listings_offering REFERENCES offerings,
    plant_id    uuid NOT NULL CONSTRAINT listings_plant REFERENCES plants,
    type        text NOT NULL CONSTRAINT listings_type CHECK (type IN ('CLIPPING', 'SEEDS', 'PRODUCE'))
);
CREATE INDEX listings_by_plant ON listings (plant_id);

CREATE TABLE products (
    offering_id       uuid   CONSTRAINT products_pk PRIMARY KEY CONSTRAINT products_offering REFERENCES offerings,
    vendor_id         uuid   NOT NULL,
    sku               text   NOT NULL,
    reorder_threshold bigint NOT NULL DEFAULT 0 CONSTRAINT products_reorder CHECK (reorder_threshold >= 0),
    CONSTRAINT products_sku UNIQUE (vendor_id, sku)
);

-- One row per browsable offering and center that its seller reaches: what a visitor of a few centers
-- reads, whatever the size of the whole catalog.
CREATE TABLE offering_reach (
    offering_id   uuid        NOT NULL CONSTRAINT offering_reach_offering REFERENCES offerings,
    center_number integer     NOT NULL,
    kind          text        NOT NULL,
    category_id   uuid,
    price_minor   bigint      NOT NULL,
    published_at  timestamptz NOT NULL,
    CONSTRAINT offering_reach_pk PRIMARY KEY (offering_id, center_number)
);
CREATE INDEX offering_reach_newest ON offering_reach (center_number, published_at DESC, offering_id DESC) INCLUDE (kind, price_minor);
CREATE INDEX offering_reach_cheapest ON offering_reach (center_number, price_minor, offering_id) INCLUDE (kind, published_at);
CREATE INDEX offering_reach_newest_in_category ON offering_reach (center_number, category_id, published_at DESC, offering_id DESC) INCLUDE (kind, price_minor);
CREATE INDEX offering_reach_cheapest_in_category ON offering_reach (center_number, category_id, price_minor, offering_id) INCLUDE (kind, published_at);

CREATE TABLE reports (
    id           uuid        CONSTRAINT reports_pk PRIMARY KEY,
    reporter_id  uuid        NOT NULL CONSTRAINT reports_reporter REFERENCES users,
    subject_type text        NOT NULL CONSTRAINT reports_subject_type CHECK (subject_type IN ('listing', 'user')),
    subject_id   uuid        NOT NULL,
    reason       text        NOT NULL CONSTRAINT reports_reason CHECK (reason IN ('spam', 'fraud', 'unsafe', 'offensive', 'other')),
    details      text,
    status       text        NOT NULL DEFAULT 'open' CONSTRAINT reports_status CHECK (status IN ('open', 'resolved', 'dismissed')),
    resolution   text,
    created_at   timestamptz NOT NULL,
    resolved_at  timestamptz
);
CREATE INDEX reports_by_status ON reports (status, created_at DESC, id DESC);
CREATE UNIQUE INDEX reports_once ON reports (reporter_id, subject_type, subject_id) WHERE status = 'open';
