-- Orders of guests: they belong to a contact instead of an account. Whoever has the checkout's token (only its digest
-- is kept) may read, pay and cancel them until it expires, or claims them for an account.
ALTER TABLE checkouts
    ALTER COLUMN customer_id DROP NOT NULL,
    ADD COLUMN guest_email            text,
    ADD COLUMN order_token_digest     bytea CONSTRAINT checkouts_order_token UNIQUE,
    ADD COLUMN order_token_expires_at timestamptz,
    ADD CONSTRAINT checkouts_one_buyer CHECK ((customer_id IS NULL) <> (guest_email IS NULL)),
    ADD CONSTRAINT checkouts_guests_token CHECK (
        (guest_email IS NULL) = (order_token_digest IS NULL)
        AND (guest_email IS NULL) = (order_token_expires_at IS NULL)
    );

ALTER TABLE orders
    ALTER COLUMN customer_id DROP NOT NULL,
    ADD COLUMN guest_email text,
    ADD CONSTRAINT orders_one_buyer CHECK ((customer_id IS NULL) <> (guest_email IS NULL)),
    -- What is picked up needs an account, and what ships to a guest an address of the order's own.
    ADD CONSTRAINT orders_guests_ship CHECK (guest_email IS NULL OR (fulfilment = 'ship' AND ship_to IS NOT NULL));
