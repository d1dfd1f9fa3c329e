//! The market's tables.

diesel::table! {
    carts (id) {
        id -> Uuid,
        user_id -> Nullable<Uuid>,
        token_digest -> Nullable<Binary>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    cart_lines (id) {
        id -> Uuid,
        cart_id -> Uuid,
        offering_id -> Uuid,
        quantity -> BigInt,
        seen_price_minor -> BigInt,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    checkouts (id) {
        id -> Uuid,
        customer_id -> Nullable<Uuid>,
        total_minor -> BigInt,
        currency -> Text,
        created_at -> Timestamptz,
        guest_email -> Nullable<Text>,
        order_token_digest -> Nullable<Binary>,
        order_token_expires_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    orders (id) {
        id -> Uuid,
        number -> Text,
        checkout_id -> Uuid,
        customer_id -> Nullable<Uuid>,
        fulfilment -> Text,
        status -> Text,
        hold_id -> Uuid,
        total_minor -> BigInt,
        currency -> Text,
        center_numbers -> Array<Integer>,
        center_id -> Nullable<Uuid>,
        pickup_starts_at -> Nullable<Timestamptz>,
        pickup_ends_at -> Nullable<Timestamptz>,
        pickup_hold_id -> Nullable<Uuid>,
        ship_to -> Nullable<Jsonb>,
        tracking_reference -> Nullable<Text>,
        mock_payment_reference -> Nullable<Text>,
        pay_by -> Timestamptz,
        paid_at -> Nullable<Timestamptz>,
        cancel_reason -> Nullable<Text>,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        guest_email -> Nullable<Text>,
    }
}

diesel::table! {
    order_lines (id) {
        id -> Uuid,
        order_id -> Uuid,
        offering_id -> Uuid,
        vendor_id -> Uuid,
        title -> Text,
        unit -> Text,
        quantity -> BigInt,
        unit_price_minor -> BigInt,
        total_minor -> BigInt,
        position -> Integer,
    }
}

diesel::table! {
    order_vendors (vendor_id, order_id) {
        vendor_id -> Uuid,
        order_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::joinable!(order_vendors -> orders (order_id));
diesel::allow_tables_to_appear_in_same_query!(orders, order_vendors);
