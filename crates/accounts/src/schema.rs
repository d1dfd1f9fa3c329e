//! The accounts' tables.

diesel::table! {
    users (id) {
        id -> Uuid,
        email -> Text,
        email_key -> Text,
        password_hash -> Text,
        display_name -> Text,
        phone -> Nullable<Text>,
        status -> Text,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        email_verified_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    role_grants (user_id, role) {
        user_id -> Uuid,
        role -> Text,
        granted_at -> Timestamptz,
    }
}

diesel::table! {
    sessions (id) {
        id -> Uuid,
        user_id -> Uuid,
        user_agent -> Nullable<Text>,
        created_at -> Timestamptz,
        last_used_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
        revoke_reason -> Nullable<Text>,
    }
}

diesel::table! {
    stream_tickets (digest) {
        digest -> Binary,
        session_id -> Uuid,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    refresh_tokens (digest) {
        digest -> Binary,
        session_id -> Uuid,
        issued_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    login_failures (email_digest) {
        email_digest -> Binary,
        failures -> Integer,
        locked_until -> Nullable<Timestamptz>,
        last_failure -> Timestamptz,
    }
}

diesel::table! {
    mailed_proofs (id) {
        id -> Uuid,
        kind -> Text,
        user_id -> Uuid,
        email_key -> Text,
        made_at -> Timestamptz,
        expires_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        end_reason -> Nullable<Text>,
    }
}

diesel::table! {
    password_reset_requests (id) {
        id -> Uuid,
        email_key -> Text,
        requested_at -> Timestamptz,
    }
}

diesel::table! {
    addresses (id) {
        id -> Uuid,
        user_id -> Uuid,
        label -> Nullable<Text>,
        line1 -> Text,
        line2 -> Nullable<Text>,
        city -> Text,
        state -> Text,
        postal_code -> Text,
        country -> Text,
        is_primary -> Bool,
        place_version -> Integer,
        lat -> Nullable<Double>,
        lon -> Nullable<Double>,
        geocode_status -> Text,
        geocode_confidence -> Nullable<Text>,
        geocode_problem -> Nullable<Text>,
        geocoded_at -> Nullable<Timestamptz>,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    vendor_profiles (user_id) {
        user_id -> Uuid,
        kind -> Text,
        business_name -> Text,
        business_identifier -> Nullable<Text>,
        contact_email -> Nullable<Text>,
        contact_phone -> Nullable<Text>,
        slug -> Text,
        bio -> Nullable<Text>,
        payout_note -> Nullable<Text>,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::allow_tables_to_appear_in_same_query!(users, role_grants, vendor_profiles);
diesel::allow_tables_to_appear_in_same_query!(users, mailed_proofs);
diesel::allow_tables_to_appear_in_same_query!(sessions, refresh_tokens);
diesel::allow_tables_to_appear_in_same_query!(sessions, stream_tickets);
