//! The outbox's tables.

diesel::table! {
    jobs (id) {
        id -> Uuid,
        name -> Text,
        payload -> Jsonb,
        state -> Text,
        run_at -> Timestamptz,
        attempts -> Integer,
        leased_until -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
        request_id -> Nullable<Text>,
        created_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        sent_at -> Nullable<Timestamptz>,
        trace_parent -> Nullable<Text>,
    }
}

diesel::table! {
    job_schedules (name) {
        name -> Text,
        next_run -> Timestamptz,
    }
}

diesel::table! {
    events (id) {
        id -> BigInt,
        position -> Nullable<BigInt>,
        kind -> Text,
        subject_type -> Text,
        subject_id -> Uuid,
        actor -> Jsonb,
        data -> Jsonb,
        request_id -> Nullable<Text>,
        occurred_at -> Timestamptz,
        trace_parent -> Nullable<Text>,
    }
}

diesel::table! {
    event_sequence (singleton) {
        singleton -> Bool,
        last_position -> BigInt,
    }
}

diesel::table! {
    event_subscriptions (name) {
        name -> Text,
        last_position -> BigInt,
        failures -> Integer,
        retry_at -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
    }
}

diesel::table! {
    idempotency_records (principal, route, key) {
        principal -> Text,
        route -> Text,
        key -> Text,
        fingerprint -> Binary,
        status -> Nullable<SmallInt>,
        headers -> Nullable<Jsonb>,
        body -> Nullable<Binary>,
        created_at -> Timestamptz,
    }
}

diesel::allow_tables_to_appear_in_same_query!(event_sequence, event_subscriptions);
