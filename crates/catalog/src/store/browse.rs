//! The hot read: a page of offerings in one statement, planned by [`Plan`].

use chrono::{DateTime, Utc};
use db::{Conn, Sql};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Double, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use kernel::{CategoryId, Limit, Money, OfferingId, UserId};
use uuid::Uuid;

use crate::browse::{BrowseFilter, BrowseItem, BrowseKey, FARTHEST_SELLER_MILES, Plan, Sort, chord_of_miles};
use crate::store::unreadable;
use crate::{ListingType, OfferingKind, Unit};

#[derive(Queryable)]
struct BrowseRow {
    id: OfferingId,
    kind: String,
    listing_type: Option<String>,
    title: String,
    category_id: Option<CategoryId>,
    unit: String,
    price_minor: i64,
    published_at: DateTime<Utc>,
    vendor_id: UserId,
    vendor_name: String,
    vendor_slug: String,
    picture: Option<serde_json::Value>,
    chord: Option<f64>,
}

/// Of a [`BrowseRow`].
type BrowseColumns = (
    SqlUuid,
    Text,
    Nullable<Text>,
    Text,
    Nullable<SqlUuid>,
    Text,
    BigInt,
    Timestamptz,
    SqlUuid,
    Text,
    Text,
    Nullable<Jsonb>,
    Nullable<Double>,
);

#[derive(QueryableByName)]
struct PlanRow {
    #[diesel(sql_type = diesel::sql_types::Json)]
    #[diesel(column_name = "QUERY PLAN")]
    plan: serde_json::Value,
}

impl TryFrom<BrowseRow> for BrowseItem {
    type Error = diesel::result::Error;

    fn try_from(row: BrowseRow) -> Result<Self, Self::Error> {
        let listing_type = row
            .listing_type
            .as_deref()
            .map(|word| ListingType::from_word(word).ok_or_else(|| unreadable(word)));
        Ok(Self {
            id: row.id,
            kind: OfferingKind::from_word(&row.kind).ok_or_else(|| unreadable(&row.kind))?,
            listing_type: listing_type.transpose()?,
            title: row.title,
            category_id: row.category_id,
            unit: Unit::from_word(&row.unit).ok_or_else(|| unreadable(&row.unit))?,
            price: Money::new(row.price_minor, kernel::Currency::Usd),
            published_at: row.published_at,
            vendor_id: row.vendor_id,
            vendor_name: row.vendor_name,
            vendor_slug: row.vendor_slug,
            picture: row.picture,
            chord: row.chord,
        })
    }
}

/// The page after `after`, with one row to look ahead.
pub(crate) async fn list_browsable(
    conn: &mut Conn,
    filter: &BrowseFilter,
    sort: Sort,
    after: Option<BrowseKey>,
    limit: Limit,
) -> QueryResult<Vec<BrowseItem>> {
    let statement = statement(filter, sort, after, limit).returning::<BrowseColumns>();
    let rows: Vec<BrowseRow> = statement.load(conn).await?;
    rows.into_iter().map(BrowseItem::try_from).collect()
}

/// How the database would find the page, and did.
pub(crate) async fn explain_browsable(
    conn: &mut Conn,
    filter: &BrowseFilter,
    sort: Sort,
    after: Option<BrowseKey>,
    limit: Limit,
) -> QueryResult<serde_json::Value> {
    let statement =
        statement(filter, sort, after, limit).prefixed("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ");
    let row: PlanRow = statement.get_result(conn).await?;
    Ok(row.plan)
}

/// The page's ids are found first, then their texts: only what is shown is joined.
fn statement(filter: &BrowseFilter, sort: Sort, after: Option<BrowseKey>, limit: Limit) -> Sql<'_> {
    let mut sql = db::sql(
        "SELECT o.id, o.kind, l.type, o.title, o.category_id, o.unit, o.price_minor, o.published_at, o.vendor_id, \
         s.name, s.slug, o.pictures -> 0, ",
    );
    push_chord(&mut sql, filter, "s.location");
    sql.push(" AS chord FROM (");
    match filter.plan(sort) {
        Plan::Centers => push_center_lists(&mut sql, filter, sort, after, limit),
        Plan::Outward => push_sellers(&mut sql, filter, after, limit),
        Plan::Catalog | Plan::Words => {
            sql.push(
                "SELECT w.id FROM offerings w JOIN sellers v ON v.vendor_id = w.vendor_id WHERE w.browsable",
            );
            push_conditions(&mut sql, filter, &OFFERINGS);
            // Row by row it is tried in this order, and words keep more away than places do.
            push_reach(&mut sql, filter, "w.reach");
            push_key(&mut sql, filter, after, &OFFERINGS);
            push_order(&mut sql, filter, sort, &OFFERINGS, limit);
        }
    }
    sql.push(
        ") page JOIN offerings o ON o.id = page.id JOIN sellers s ON s.vendor_id = o.vendor_id \
         LEFT JOIN listings l ON l.offering_id = o.id",
    );
    sql.push(match sort {
        Sort::Newest => " ORDER BY o.published_at DESC, o.id DESC",
        Sort::Cheapest => " ORDER BY o.price_minor, o.id",
        Sort::Nearest => " ORDER BY chord, o.vendor_id, o.id",
    });
    sql
}

/// The columns that conditions and orders speak of, in the table that the plan reads.
struct Columns {
    id: &'static str,
    published_at: &'static str,
    price: &'static str,
    kind: &'static str,
    category: &'static str,
}

/// Of an offering `w` and its seller `v`.
const OFFERINGS: Columns = Columns {
    id: "w.id",
    published_at: "w.published_at",
    price: "w.price_minor",
    kind: "w.kind",
    category: "w.category_id",
};

/// Of a row of a center's list.
const CENTER_LIST: Columns = Columns {
    id: "r.offering_id",
    published_at: "r.published_at",
    price: "r.price_minor",
    kind: "r.kind",
    category: "r.category_id",
};

/// The first rows of each center's list, merged. A row that several centers share appears in each of
/// their lists, so the union of the first `n` of every list holds the first `n` of all.
fn push_center_lists<'a>(
    sql: &mut Sql<'a>,
    filter: &'a BrowseFilter,
    sort: Sort,
    after: Option<BrowseKey>,
    limit: Limit,
) {
    let reach = filter.place.as_ref().map_or(&[][..], |place| &place.reach);
    sql.push("SELECT DISTINCT r.id, r.published_at, r.price_minor FROM unnest(");
    sql.push_bind::<Array<Integer>, _>(reach);
    sql.push(
        "::integer[]) AS center(number) CROSS JOIN LATERAL (\
         SELECT r.offering_id AS id, r.published_at, r.price_minor FROM offering_reach r",
    );
    // Only the distance needs a look at the offering's seller.
    if filter.within_miles.is_some() {
        sql.push(" JOIN offerings w ON w.id = r.offering_id JOIN sellers v ON v.vendor_id = w.vendor_id");
    }
    sql.push(" WHERE r.center_number = center.number");
    push_conditions(sql, filter, &CENTER_LIST);
    push_key(sql, filter, after, &CENTER_LIST);
    push_order(sql, filter, sort, &CENTER_LIST, limit);
    sql.push(") r");
    push_order(sql, filter, sort, &Columns { id: "r.id", ..CENTER_LIST }, limit);
}

/// The sellers that share a center with the visitor, nearest first, and what they offer, until the page is full.
fn push_sellers<'a>(sql: &mut Sql<'a>, filter: &'a BrowseFilter, after: Option<BrowseKey>, limit: Limit) {
    let crowded = filter.reaches_many_centers();
    sql.push("WITH ");
    if crowded {
        push_nearest_sellers(sql, filter, after);
    }
    push_sellers_around(sql, filter, after);
    // In the order of the sellers, since what depends on a seller can only be found by going from one to the next, and
    // the ones behind are not even looked for when those before fill the page. Saying the order in words makes the
    // database find everything before it sorts: it has no good guess at how many sellers there are.
    sql.push(" SELECT w.id FROM ");
    sql.push(if crowded { "(SELECT * FROM near UNION ALL SELECT * FROM around) v" } else { "around v" });
    sql.push(
        " CROSS JOIN LATERAL (SELECT w.id FROM offerings w WHERE w.vendor_id = v.vendor_id AND w.browsable",
    );
    push_conditions(sql, filter, &OFFERINGS);
    push_key(sql, filter, after, &OFFERINGS);
    sql.push(" ORDER BY w.id");
    push_limit(sql, filter, limit);
    sql.push(") w");
    push_limit(sql, filter, limit);
}

/// The sellers around in order, but for those that [`push_nearest_sellers`] has. The cost depends on how many there
/// are, not on how much they offer.
fn push_sellers_around<'a>(sql: &mut Sql<'a>, filter: &'a BrowseFilter, after: Option<BrowseKey>) {
    sql.push("around AS MATERIALIZED (SELECT v.vendor_id, v.location, ");
    push_chord(sql, filter, "v.location");
    sql.push(" AS chord FROM sellers v WHERE v.location <@ cube_enlarge(cube(");
    let centre = filter.place.as_ref().map_or(&[][..], |place| &place.unit_vector);
    sql.push_bind::<Array<Double>, _>(centre);
    sql.push("), ");
    sql.push_bind::<Double, _>(chord_of_miles(FARTHEST_SELLER_MILES));
    sql.push(", 3)");
    push_reach(sql, filter, "v.reach");
    push_sellers_after(sql, filter, after);
    if filter.reaches_many_centers() {
        sql.push(" AND ");
        push_chord(sql, filter, "v.location");
        sql.push(" >= (SELECT chord FROM edge)");
    }
    sql.push(" ORDER BY chord, v.vendor_id)");
}

/// The nearest sellers by the index of places, which gives them one by one: where there are many around, these fill the
/// page. It does not order those at one place, so those at the farthest of their places are left to
/// [`push_sellers_around`], which has them all.
fn push_nearest_sellers<'a>(sql: &mut Sql<'a>, filter: &'a BrowseFilter, after: Option<BrowseKey>) {
    sql.push("nearest AS MATERIALIZED (SELECT v.vendor_id, v.location, ");
    push_chord(sql, filter, "v.location");
    // Of a CASE the database supposes that half of all pass, as of nothing else about arrays it does not know yet.
    sql.push(" AS chord FROM sellers v WHERE CASE WHEN v.reach && ");
    let reach = filter.place.as_ref().map_or(&[][..], |place| &place.reach);
    sql.push_bind::<Array<Integer>, _>(reach);
    sql.push(" THEN true ELSE false END");
    push_sellers_after(sql, filter, after);
    sql.push(
        " ORDER BY chord LIMIT 50), edge AS MATERIALIZED (SELECT max(chord) AS chord FROM nearest), near AS MATERIALIZED (\
         SELECT * FROM nearest WHERE chord < (SELECT chord FROM edge) ORDER BY chord, vendor_id), ",
    );
}

/// Only sellers from the last one of the page before on.
fn push_sellers_after<'a>(sql: &mut Sql<'a>, filter: &'a BrowseFilter, after: Option<BrowseKey>) {
    if let Some(BrowseKey::Nearest { chord, .. }) = after {
        sql.push(" AND ");
        push_chord(sql, filter, "v.location");
        sql.push(" >= ");
        sql.push_bind::<Double, _>(f64::from_bits(chord));
    }
}

/// Only what shares a center with the visitor. Of many centers it is said in a way that no index serves, but that is
/// estimated as well as any.
fn push_reach<'a>(sql: &mut Sql<'a>, filter: &'a BrowseFilter, column: &str) {
    if let Some(place) = &filter.place {
        sql.push(&format!(" AND ({column} && "));
        sql.push_bind::<Array<Integer>, _>(place.reach.as_slice());
        sql.push(if filter.reaches_many_centers() { ") IS TRUE" } else { ")" });
    }
}

fn push_conditions<'a>(sql: &mut Sql<'a>, filter: &'a BrowseFilter, columns: &Columns) {
    if let Some(kind) = filter.kind {
        sql.push(&format!(" AND {} = ", columns.kind));
        sql.push_bind::<Text, _>(kind.as_str());
    }
    if let Some(category) = filter.category {
        sql.push(&format!(" AND {} = ", columns.category));
        sql.push_bind::<SqlUuid, _>(category.0);
    }
    if let Some(price) = filter.price_from {
        sql.push(&format!(" AND {} >= ", columns.price));
        sql.push_bind::<BigInt, _>(price);
    }
    if let Some(price) = filter.price_to {
        sql.push(&format!(" AND {} <= ", columns.price));
        sql.push_bind::<BigInt, _>(price);
    }
    if let Some(since) = filter.published_since {
        sql.push(&format!(" AND {} >= ", columns.published_at));
        sql.push_bind::<Timestamptz, _>(since);
    }
    if let Some(listing_type) = filter.listing_type {
        let id = columns.id;
        sql.push(&format!(" AND EXISTS (SELECT 1 FROM listings t WHERE t.offering_id = {id} AND t.type = "));
        sql.push_bind::<Text, _>(listing_type.as_str());
        sql.push(")");
    }
    if let (Some(miles), true) = (filter.within_miles, filter.place.is_some()) {
        sql.push(" AND ");
        push_chord(sql, filter, "v.location");
        sql.push(" <= ");
        sql.push_bind::<Double, _>(chord_of_miles(miles));
    }
    if let Some(text) = &filter.text {
        sql.push(" AND w.search @@ websearch_to_tsquery('english', ");
        sql.push_bind::<Text, _>(text.as_str());
        sql.push(")");
    }
}

/// Only what comes after the last item of the page before.
fn push_key<'a>(sql: &mut Sql<'a>, filter: &'a BrowseFilter, after: Option<BrowseKey>, columns: &Columns) {
    let id: Uuid = match after {
        None => return,
        Some(BrowseKey::Newest { at, id }) => {
            sql.push(&format!(" AND ({}, {}) < (", columns.published_at, columns.id));
            sql.push_bind::<Timestamptz, _>(at);
            id
        }
        Some(BrowseKey::Cheapest { price, id }) => {
            sql.push(&format!(" AND ({}, {}) > (", columns.price, columns.id));
            sql.push_bind::<BigInt, _>(price);
            id
        }
        Some(BrowseKey::Nearest { chord, vendor, id }) => {
            sql.push(" AND (");
            push_chord(sql, filter, "v.location");
            sql.push(&format!(", v.vendor_id, {}) > (", columns.id));
            sql.push_bind::<Double, _>(f64::from_bits(chord));
            sql.push(", ");
            sql.push_bind::<SqlUuid, _>(vendor);
            id
        }
    };
    sql.push(", ");
    sql.push_bind::<SqlUuid, _>(id);
    sql.push(")");
}

fn push_order<'a>(sql: &mut Sql<'a>, filter: &'a BrowseFilter, sort: Sort, columns: &Columns, limit: Limit) {
    let id = columns.id;
    match sort {
        Sort::Newest => sql.push(&format!(" ORDER BY {} DESC, {id} DESC", columns.published_at)),
        Sort::Cheapest => sql.push(&format!(" ORDER BY {}, {id}", columns.price)),
        Sort::Nearest => {
            sql.push(" ORDER BY ");
            push_chord(sql, filter, "v.location");
            sql.push(&format!(", v.vendor_id, {id}"));
        }
    }
    push_limit(sql, filter, limit);
}

/// The most rows that a page's statement asks for when they are part of its text: a page with its row to look ahead
/// takes the least of them that holds it, so that there are few texts to keep prepared.
const ROWS: [i64; 3] = [25, 51, 101];

/// A limit that is a parameter is unknown to a plan that serves all values: such a plan is made for a tenth of the
/// table, looks dear, and the database plans anew at each execution, which takes as long as finding the page. Where one
/// plan is right for all values, the limit is written out, so that it is found to be.
fn push_limit(sql: &mut Sql<'_>, filter: &BrowseFilter, limit: Limit) {
    let rows = limit.with_lookahead();
    let written = ROWS.into_iter().find(|most| rows <= *most).filter(|_| filter.has_one_best_plan());
    if let Some(most) = written {
        sql.push(&format!(" LIMIT {most}"));
    } else {
        sql.push(" LIMIT ");
        sql.push_bind::<BigInt, _>(rows);
    }
}

/// The distance of a seller's location as a chord; null without a place.
fn push_chord<'a>(sql: &mut Sql<'a>, filter: &'a BrowseFilter, location: &str) {
    match &filter.place {
        None => sql.push("NULL::double precision"),
        Some(place) => {
            sql.push(&format!("({location} <-> cube("));
            sql.push_bind::<Array<Double>, _>(place.unit_vector.as_slice());
            sql.push("))");
        }
    }
}
