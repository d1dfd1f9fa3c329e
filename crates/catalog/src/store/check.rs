//! What the checks of the catalog ask. Each statement selects the `id` of every breach.

use db::{Sql, sql};

/// Offerings that may be browsed, derived from what they and their sellers are.
const BROWSABLE: &str = "o.status = 'active' AND NOT o.hidden AND o.in_stock AND o.deleted_at IS NULL AND s.open \
                         AND (o.kind = 'product' OR cardinality(s.reach) > 0)";

pub(crate) fn without_detail() -> Sql<'static> {
    sql("SELECT o.id FROM offerings o \
         LEFT JOIN listings l ON l.offering_id = o.id LEFT JOIN products p ON p.offering_id = o.id \
         WHERE (o.kind = 'listing') <> (l.offering_id IS NOT NULL) OR (o.kind = 'product') <> (p.offering_id IS NOT NULL)")
}

/// What was removed need not follow its seller.
pub(crate) fn wrong_reach() -> Sql<'static> {
    sql("SELECT o.id FROM offerings o JOIN sellers s ON s.vendor_id = o.vendor_id \
         WHERE o.deleted_at IS NULL AND o.reach <> s.reach")
}

pub(crate) fn wrongly_browsable() -> Sql<'static> {
    sql(format!(
        "SELECT o.id FROM offerings o JOIN sellers s ON s.vendor_id = o.vendor_id WHERE o.browsable <> ({BROWSABLE})"
    ))
}

/// Compares what an offering has in all lists at once: a row per center would be sorted millions of times.
pub(crate) fn wrong_lists() -> Sql<'static> {
    sql(format!(
        "SELECT coalesce(listed.offering_id, due.id) AS id \
         FROM (SELECT offering_id, array_agg(center_number ORDER BY center_number) AS numbers, \
                      min(kind) AS least_kind, max(kind) AS kind, \
                      min(price_minor) AS least_price, max(price_minor) AS price, \
                      min(published_at) AS first_published, max(published_at) AS published, \
                      min(category_id::text) AS least_category, max(category_id::text) AS category, \
                      count(*) = count(category_id) OR count(category_id) = 0 AS one_category \
               FROM offering_reach GROUP BY offering_id) listed \
         FULL JOIN (SELECT o.id, o.kind, o.price_minor, o.published_at, o.category_id::text AS category, s.reach \
                    FROM offerings o JOIN sellers s ON s.vendor_id = o.vendor_id \
                    WHERE {BROWSABLE} AND cardinality(s.reach) > 0) due \
         ON due.id = listed.offering_id \
         WHERE listed.numbers IS DISTINCT FROM due.reach \
            OR (least_kind, listed.kind) IS DISTINCT FROM (due.kind, due.kind) \
            OR (least_price, price) IS DISTINCT FROM (price_minor, price_minor) \
            OR (first_published, published) IS DISTINCT FROM (published_at, published_at) \
            OR (least_category, listed.category) IS DISTINCT FROM (due.category, due.category) \
            OR NOT one_category"
    ))
}
