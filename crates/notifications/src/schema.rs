//! The tables of notifications.

diesel::table! {
    notifications (id) {
        id -> Uuid,
        cause -> Text,
        kind -> Text,
        user_id -> Uuid,
        title -> Text,
        body -> Text,
        link -> Nullable<Text>,
        created_at -> Timestamptz,
        read_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    notification_messages (id) {
        id -> Uuid,
        cause -> Text,
        kind -> Text,
        channel -> Text,
        recipient -> Text,
        user_id -> Nullable<Uuid>,
        address -> Nullable<Text>,
        display_name -> Nullable<Text>,
        content -> Nullable<Jsonb>,
        secret -> Bool,
        state -> Text,
        attempts -> Integer,
        claimed_until -> Nullable<Timestamptz>,
        failure -> Nullable<Text>,
        created_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    notification_preferences (user_id, kind, channel) {
        user_id -> Uuid,
        kind -> Text,
        channel -> Text,
        enabled -> Bool,
        changed_at -> Timestamptz,
    }
}
