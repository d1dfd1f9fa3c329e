//! The tables of reservations.

diesel::table! {
    pools (id) {
        id -> Uuid,
        kind -> Text,
        capacity -> BigInt,
        taken -> BigInt,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    holds (id) {
        id -> Uuid,
        state -> Text,
        source_type -> Text,
        source_id -> Uuid,
        expires_at -> Timestamptz,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    hold_lines (hold_id, pool_id) {
        hold_id -> Uuid,
        pool_id -> Uuid,
        quantity -> BigInt,
        live -> Bool,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    movements (id) {
        id -> BigInt,
        pool_id -> Uuid,
        kind -> Text,
        capacity_delta -> BigInt,
        taken_delta -> BigInt,
        actor -> Jsonb,
        source_type -> Text,
        source_id -> Uuid,
        occurred_at -> Timestamptz,
    }
}
