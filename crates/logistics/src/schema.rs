//! The tables of logistics.

diesel::table! {
    centers (id) {
        id -> Uuid,
        number -> Integer,
        name -> Text,
        line1 -> Text,
        line2 -> Nullable<Text>,
        city -> Text,
        state -> Text,
        postal_code -> Text,
        country -> Text,
        lat -> Double,
        lon -> Double,
        geocode_confidence -> Text,
        time_zone -> Text,
        status -> Text,
        proposed_by -> Nullable<Uuid>,
        notes -> Nullable<Text>,
        reason -> Nullable<Text>,
        decided_at -> Nullable<Timestamptz>,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    center_windows (center_id, weekday, opens) {
        center_id -> Uuid,
        weekday -> SmallInt,
        opens -> Time,
        closes -> Time,
        capacity -> Integer,
    }
}

diesel::table! {
    pickup_slots (id) {
        id -> Uuid,
        center_id -> Uuid,
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
    }
}

diesel::table! {
    geocode_cache (address_digest) {
        address_digest -> Binary,
        provider -> Text,
        lat -> Nullable<Double>,
        lon -> Nullable<Double>,
        confidence -> Nullable<Text>,
        fetched_at -> Timestamptz,
    }
}
