//! The catalog's tables. `sellers.location`, `offerings.reach` and `offerings.search` are read by the database
//! alone.

diesel::table! {
    categories (id) {
        id -> Uuid,
        slug -> Text,
        name -> Text,
        parent_id -> Nullable<Uuid>,
        sort_order -> Integer,
        version -> Integer,
    }
}

diesel::table! {
    sellers (vendor_id) {
        vendor_id -> Uuid,
        name -> Text,
        slug -> Text,
        kind -> Text,
        lat -> Nullable<Double>,
        lon -> Nullable<Double>,
        reach -> Array<Integer>,
        open -> Bool,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    plants (id) {
        id -> Uuid,
        gardener_id -> Uuid,
        name -> Text,
        species -> Nullable<Text>,
        description -> Nullable<Text>,
        tags -> Array<Text>,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    offerings (id) {
        id -> Uuid,
        kind -> Text,
        vendor_id -> Uuid,
        category_id -> Nullable<Uuid>,
        title -> Text,
        description -> Nullable<Text>,
        unit -> Text,
        price_minor -> BigInt,
        currency -> Text,
        status -> Text,
        hidden -> Bool,
        hidden_reason -> Nullable<Text>,
        in_stock -> Bool,
        published_at -> Nullable<Timestamptz>,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
        browsable -> Bool,
        pictures -> Jsonb,
    }
}

diesel::table! {
    listings (offering_id) {
        offering_id -> Uuid,
        plant_id -> Uuid,
        #[sql_name = "type"]
        listing_type -> Text,
    }
}

diesel::table! {
    products (offering_id) {
        offering_id -> Uuid,
        vendor_id -> Uuid,
        sku -> Text,
        reorder_threshold -> BigInt,
    }
}

diesel::table! {
    reports (id) {
        id -> Uuid,
        reporter_id -> Uuid,
        subject_type -> Text,
        subject_id -> Uuid,
        reason -> Text,
        details -> Nullable<Text>,
        status -> Text,
        resolution -> Nullable<Text>,
        created_at -> Timestamptz,
        resolved_at -> Nullable<Timestamptz>,
    }
}

diesel::joinable!(listings -> offerings (offering_id));
diesel::joinable!(products -> offerings (offering_id));
diesel::joinable!(offerings -> sellers (vendor_id));
diesel::allow_tables_to_appear_in_same_query!(offerings, listings, products, sellers);
