//! The books after a storm: what must be true of the rows themselves, whatever happened. Each question asks for
//! offenders.

use db::Conn;
use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    value: String,
}

/// The texts in the column `value`.
pub async fn texts(conn: &mut Conn, query: &str) -> Vec<String> {
    let rows: Vec<Row> =
        diesel::sql_query(query).load(conn).await.unwrap_or_else(|error| panic!("{error}: {query}"));
    rows.into_iter().map(|row| row.value).collect()
}

pub async fn number(conn: &mut Conn, query: &str) -> i64 {
    let query = format!("SELECT ({query})::text AS value");
    texts(conn, &query).await[0].parse().unwrap()
}

/// Whether nothing is left to do: no order waits for its payment, no job for its time but the periodic ones, no fact
/// for its number or a reader.
pub const STILL_GOING: &str = "\
    SELECT (SELECT count(*) FROM orders WHERE status IN ('CREATED', 'PENDING')) \
         + (SELECT count(*) FROM jobs WHERE state IN ('queued', 'leased')) \
         + (SELECT count(*) FROM events WHERE position IS NULL) \
         + (SELECT count(*) FROM event_subscriptions s, event_sequence q WHERE s.last_position < q.last_position) \
         + (SELECT count(*) FROM holds WHERE state = 'live' AND expires_at < now())";

const QUESTIONS: &[(&str, &str)] = &[
    (
        "an order without lines",
        "SELECT id::text AS value FROM orders o WHERE NOT EXISTS (SELECT FROM order_lines WHERE order_id = o.id)",
    ),
    (
        "an order whose total is not the sum of its lines",
        "SELECT o.id::text AS value FROM orders o JOIN order_lines l ON l.order_id = o.id \
         GROUP BY o.id HAVING o.total_minor <> sum(l.total_minor)",
    ),
    (
        "a checkout whose total is not the sum of its orders, or without orders",
        "SELECT c.id::text AS value FROM checkouts c LEFT JOIN orders o ON o.checkout_id = c.id \
         GROUP BY c.id HAVING c.total_minor IS DISTINCT FROM sum(o.total_minor)",
    ),
    (
        "an order whose hold is another's",
        "SELECT o.id::text AS value FROM orders o JOIN holds h ON h.id = o.hold_id \
         WHERE h.source_type <> 'order' OR h.source_id <> o.id",
    ),
    (
        "a hold of an order that does not exist",
        "SELECT id::text AS value FROM holds h WHERE source_type = 'order' \
         AND NOT EXISTS (SELECT FROM orders WHERE id = h.source_id)",
    ),
    (
        "a line that is not held as it was ordered",
        "SELECT coalesce(o.id, h.source_id)::text AS value \
         FROM (SELECT o.id, o.hold_id, l.offering_id, l.quantity FROM orders o JOIN order_lines l ON l.order_id = o.id) o \
         FULL JOIN (SELECT l.hold_id, h.source_id, l.pool_id, l.quantity FROM hold_lines l JOIN holds h ON h.id = l.hold_id \
                    WHERE EXISTS (SELECT FROM orders WHERE hold_id = h.id)) h \
         ON h.hold_id = o.hold_id AND h.pool_id = o.offering_id AND h.quantity = o.quantity \
         WHERE o.id IS NULL OR h.hold_id IS NULL",
    ),
    (
        "a hold that is not where its order is",
        "SELECT o.id || ' ' || o.status || ' ' || h.state AS value FROM orders o JOIN holds h ON h.id = o.hold_id \
         WHERE h.state <> CASE WHEN o.paid_at IS NOT NULL THEN 'consumed' \
                               WHEN o.status IN ('CANCELLED', 'CANCELED') THEN 'released' ELSE 'live' END",
    ),
    (
        "a live line of a hold that is over, or the other way round",
        "SELECT h.id::text AS value FROM holds h JOIN hold_lines l ON l.hold_id = h.id WHERE l.live <> (h.state = 'live')",
    ),
    (
        "a place in a pickup window that is not where its order is",
        "SELECT o.id || ' ' || o.status || ' ' || h.state AS value FROM orders o JOIN holds h ON h.id = o.pickup_hold_id \
         WHERE h.state <> CASE WHEN o.status IN ('SCHEDULED', 'COMPLETE') THEN 'live' ELSE 'released' END",
    ),
    (
        "a pool whose movements do not add up to it",
        "SELECT p.id::text AS value FROM pools p LEFT JOIN movements m ON m.pool_id = p.id GROUP BY p.id \
         HAVING p.capacity <> coalesce(sum(m.capacity_delta), 0) AND p.kind = 'stock' \
             OR p.taken <> coalesce(sum(m.taken_delta), 0)",
    ),
    (
        "a pool with other than its live lines taken",
        "SELECT p.id::text AS value FROM pools p LEFT JOIN hold_lines l ON l.pool_id = p.id AND l.live \
         GROUP BY p.id HAVING p.taken <> coalesce(sum(l.quantity), 0)",
    ),
    ("an oversold pool", "SELECT id::text AS value FROM pools WHERE taken < 0 OR taken > capacity"),
    (
        "an order without exactly one job to expire it, or whose job is lost",
        "SELECT o.id::text AS value FROM orders o \
         LEFT JOIN jobs j ON j.name = 'checkout.expire_order' AND j.payload ->> 'order_id' = o.id::text \
         GROUP BY o.id HAVING count(j.id) <> 1 OR bool_or(j.state <> 'done')",
    ),
    (
        "a job to expire an order that does not exist",
        "SELECT j.id::text AS value FROM jobs j WHERE j.name = 'checkout.expire_order' \
         AND NOT EXISTS (SELECT FROM orders WHERE id::text = j.payload ->> 'order_id')",
    ),
    (
        "a dead job that is not made up for by its next round",
        "SELECT j.name || ': ' || coalesce(j.last_error, '') AS value FROM jobs j WHERE j.state = 'dead' \
         AND NOT EXISTS (SELECT FROM job_schedules WHERE name = j.name)",
    ),
    (
        "an order with more or fewer events than it had changes",
        "SELECT o.id || ' v' || o.version || ' ' || count(e.id) AS value FROM orders o \
         LEFT JOIN events e ON e.subject_type = 'order' AND e.subject_id = o.id GROUP BY o.id HAVING count(e.id) <> o.version",
    ),
    (
        "an event of an order that does not begin where the one before ended",
        "SELECT subject_id || ' ' || kind AS value FROM ( \
            SELECT *, lag(data ->> 'to') OVER w AS before, row_number() OVER w AS place FROM events \
            WHERE subject_type = 'order' WINDOW w AS (PARTITION BY subject_id ORDER BY position)) e \
         WHERE CASE WHEN place = 1 THEN kind <> 'order.placed' ELSE data ->> 'from' IS DISTINCT FROM before END",
    ),
    (
        "an order that is not where its last event left it",
        "SELECT o.id::text AS value FROM orders o JOIN LATERAL (SELECT data FROM events \
            WHERE subject_type = 'order' AND subject_id = o.id ORDER BY position DESC LIMIT 1) e ON true \
         WHERE e.data ->> 'to' <> o.status",
    ),
    (
        "a gap in the feed",
        "SELECT q.last_position || ' ' || count(e.position) || ' ' || coalesce(max(e.position), 0) AS value \
         FROM event_sequence q LEFT JOIN events e ON true GROUP BY q.last_position \
         HAVING count(e.position) <> q.last_position OR coalesce(max(e.position), 0) <> q.last_position",
    ),
    (
        "a subscriber in trouble",
        "SELECT name || ' ' || coalesce(last_error, '') AS value FROM event_subscriptions WHERE failures > 0",
    ),
    (
        "an accepted checkout without its key, or a key without its checkout",
        "SELECT coalesce(c.id::text, r.id) AS value FROM checkouts c \
         FULL JOIN (SELECT convert_from(body, 'UTF8')::jsonb ->> 'id' AS id FROM idempotency_records \
                    WHERE route LIKE 'POST %/checkout' AND status = 201) r ON r.id = c.id::text \
         WHERE c.id IS NULL OR r.id IS NULL",
    ),
    (
        "a checkout with two keys",
        "SELECT convert_from(body, 'UTF8')::jsonb ->> 'id' AS value FROM idempotency_records \
         WHERE route LIKE 'POST %/checkout' GROUP BY 1 HAVING count(*) > 1",
    ),
    ("a key without an answer", "SELECT key AS value FROM idempotency_records WHERE status IS NULL"),
    (
        "an offering whose stock the catalog has wrong",
        "SELECT o.id::text AS value FROM offerings o JOIN pools p ON p.id = o.id WHERE o.in_stock <> (p.capacity > p.taken)",
    ),
];

/// Everything that is not as it must be.
pub async fn offenders(conn: &mut Conn) -> Vec<String> {
    let mut found = Vec::new();
    for (what, question) in QUESTIONS {
        let offenders = texts(conn, question).await;
        if let [first, ..] = &offenders[..] {
            found.push(format!("{what}: {first} and {} more", offenders.len() - 1));
        }
    }
    found
}
