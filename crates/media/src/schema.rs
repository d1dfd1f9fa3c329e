//! The tables of media.

diesel::table! {
    pictures (id) {
        id -> Uuid,
        hash -> Text,
        format -> Text,
        width -> Integer,
        height -> Integer,
        bytes -> BigInt,
        state -> Text,
        placeholder -> Nullable<Text>,
        sizes -> Nullable<Jsonb>,
        rendered_at -> Nullable<Timestamptz>,
        refusal -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    images (id) {
        id -> Uuid,
        owner_id -> Uuid,
        picture_id -> Uuid,
        alt -> Nullable<Text>,
        subject_type -> Nullable<Text>,
        subject_id -> Nullable<Uuid>,
        position -> Nullable<Integer>,
        loose_since -> Nullable<Timestamptz>,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    uploads (id) {
        id -> Uuid,
        owner_id -> Uuid,
        media_type -> Text,
        bytes -> BigInt,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        finalized_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    media_discards (key) {
        key -> Text,
        discard_after -> Timestamptz,
    }
}

diesel::table! {
    posts (id) {
        id -> Uuid,
        gardener_id -> Uuid,
        plant_id -> Nullable<Uuid>,
        body -> Text,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        hidden -> Bool,
    }
}

diesel::joinable!(images -> pictures (picture_id));
diesel::allow_tables_to_appear_in_same_query!(images, pictures);
