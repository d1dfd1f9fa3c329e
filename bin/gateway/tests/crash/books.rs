//! The books after a storm: what must be true of the rows themselves, whatever happened. Each question asks for
//! offenders.

use db::Conn;
use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

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

/// Whether nothing is left to do: no order waits for its payment, no job for its time but the periodic ones and
/// reminders of pickups that are days away, no fact for its number or a reader.
pub const STILL_GOING: &str = "\
    SELECT (SELECT count(*) FROM orders WHERE status IN ('CREATED', 'PENDING')) \
         + (SELECT count(*) FROM jobs WHERE state IN ('queued', 'leased') \
                AND NOT (name = 'correspondence.remind_of_pickup' AND run_at > now())) \
         + (SELECT count(*) FROM events WHERE position IS NULL) \
         + (SELECT count(*) FROM event_subscriptions s, event_sequence q WHERE s.last_position < q.last_position) \
         + (SELECT count(*) FROM holds WHERE state = 'live' AND expires_at < now())";

/// What would be wrong, who the offenders are, and a lie that the question has to find.
struct Question {
    what: &'static str,
    offenders: &'static str,
    lie: &'static str,
}

const QUESTIONS: &[Question] = &[
    Question {
        what: "an order without lines",
        offenders: "SELECT id::text AS value FROM orders o WHERE NOT EXISTS (SELECT FROM order_lines WHERE order_id = o.id)",
        lie: "DELETE FROM order_lines WHERE order_id = (SELECT id FROM orders LIMIT 1)",
    },
    Question {
        what: "an order whose total is not the sum of its lines",
        offenders: "SELECT o.id::text AS value FROM orders o JOIN order_lines l ON l.order_id = o.id \
         GROUP BY o.id HAVING o.total_minor <> sum(l.total_minor)",
        lie: "UPDATE orders SET total_minor = total_minor + 1 WHERE id = (SELECT id FROM orders LIMIT 1)",
    },
    Question {
        what: "a checkout whose total is not the sum of its orders, or without orders",
        offenders: "SELECT c.id::text AS value FROM checkouts c LEFT JOIN orders o ON o.checkout_id = c.id \
         GROUP BY c.id HAVING c.total_minor IS DISTINCT FROM sum(o.total_minor)",
        lie: "UPDATE checkouts SET total_minor = total_minor + 1",
    },
    Question {
        what: "an order whose hold is another's",
        offenders: "SELECT o.id::text AS value FROM orders o JOIN holds h ON h.id = o.hold_id \
         WHERE h.source_type <> 'order' OR h.source_id <> o.id",
        lie: "UPDATE holds SET source_id = gen_random_uuid()",
    },
    Question {
        what: "a hold of an order that does not exist",
        offenders: "SELECT id::text AS value FROM holds h WHERE source_type = 'order' \
         AND NOT EXISTS (SELECT FROM orders WHERE id = h.source_id)",
        lie: "UPDATE holds SET source_id = gen_random_uuid()",
    },
    Question {
        what: "a line that is not held as it was ordered",
        offenders: "SELECT coalesce(o.id, h.source_id)::text AS value \
         FROM (SELECT o.id, o.hold_id, l.offering_id, l.quantity FROM orders o JOIN order_lines l ON l.order_id = o.id) o \
         FULL JOIN (SELECT l.hold_id, h.source_id, l.pool_id, l.quantity FROM hold_lines l JOIN holds h ON h.id = l.hold_id \
                    WHERE EXISTS (SELECT FROM orders WHERE hold_id = h.id)) h \
         ON h.hold_id = o.hold_id AND h.pool_id = o.offering_id AND h.quantity = o.quantity \
         WHERE o.id IS NULL OR h.hold_id IS NULL",
        lie: "UPDATE order_lines SET quantity = quantity + 1000",
    },
    Question {
        what: "a hold that is not where its order is",
        offenders: "SELECT o.id || ' ' || o.status || ' ' || h.state AS value FROM orders o JOIN holds h ON h.id = o.hold_id \
         WHERE h.state <> CASE WHEN o.paid_at IS NOT NULL THEN 'consumed' \
                               WHEN o.status IN ('CANCELLED', 'CANCELED') THEN 'released' ELSE 'live' END",
        lie: "UPDATE holds SET state = CASE state WHEN 'consumed' THEN 'released' ELSE 'consumed' END",
    },
    Question {
        what: "a live line of a hold that is over, or the other way round",
        offenders: "SELECT h.id::text AS value FROM holds h JOIN hold_lines l ON l.hold_id = h.id WHERE l.live <> (h.state = 'live')",
        lie: "UPDATE hold_lines SET live = NOT live WHERE ctid = (SELECT ctid FROM hold_lines LIMIT 1)",
    },
    Question {
        what: "a place in a pickup window that is not where its order is",
        offenders: "SELECT o.id || ' ' || o.status || ' ' || h.state AS value FROM orders o JOIN holds h ON h.id = o.pickup_hold_id \
         WHERE h.state <> CASE WHEN o.status IN ('SCHEDULED', 'COMPLETE') THEN 'live' ELSE 'released' END",
        lie: "UPDATE holds SET state = 'consumed' WHERE id = (SELECT max(pickup_hold_id::text)::uuid FROM orders)",
    },
    Question {
        what: "a pool whose movements do not add up to it",
        offenders: "SELECT p.id::text AS value FROM pools p LEFT JOIN movements m ON m.pool_id = p.id GROUP BY p.id \
         HAVING p.capacity <> coalesce(sum(m.capacity_delta), 0) AND p.kind = 'stock' \
             OR p.taken <> coalesce(sum(m.taken_delta), 0)",
        lie: "DELETE FROM movements WHERE id = (SELECT max(id) FROM movements WHERE taken_delta <> 0)",
    },
    Question {
        what: "a pool with other than its live lines taken",
        offenders: "SELECT p.id::text AS value FROM pools p LEFT JOIN hold_lines l ON l.pool_id = p.id AND l.live \
         GROUP BY p.id HAVING p.taken <> coalesce(sum(l.quantity), 0)",
        lie: "UPDATE pools SET taken = taken + 1 WHERE taken < capacity",
    },
    Question {
        what: "an oversold pool",
        offenders: "SELECT id::text AS value FROM pools WHERE taken < 0 OR taken > capacity",
        lie: "ALTER TABLE pools DROP CONSTRAINT pools_never_oversold; UPDATE pools SET taken = capacity + 1",
    },
    Question {
        what: "an order without exactly one job to expire it, or whose job is lost",
        offenders: "SELECT o.id::text AS value FROM orders o \
         LEFT JOIN jobs j ON j.name = 'checkout.expire_order' AND j.payload ->> 'order_id' = o.id::text \
         GROUP BY o.id HAVING count(j.id) <> 1 OR bool_or(j.state <> 'done')",
        lie: "DELETE FROM jobs WHERE id = (SELECT max(id::text)::uuid FROM jobs WHERE name = 'checkout.expire_order')",
    },
    Question {
        what: "a job to expire an order that does not exist",
        offenders: "SELECT j.id::text AS value FROM jobs j WHERE j.name = 'checkout.expire_order' \
         AND NOT EXISTS (SELECT FROM orders WHERE id::text = j.payload ->> 'order_id')",
        lie: "DELETE FROM orders WHERE id = (SELECT id FROM orders LIMIT 1)",
    },
    Question {
        what: "a dead job that is not made up for by its next round",
        offenders: "SELECT j.name || ': ' || coalesce(j.last_error, '') AS value FROM jobs j WHERE j.state = 'dead' \
         AND NOT EXISTS (SELECT FROM job_schedules WHERE name = j.name)",
        lie: "UPDATE jobs SET state = 'dead' WHERE name = 'checkout.expire_order'",
    },
    Question {
        what: "an order with more or fewer events than it had changes",
        offenders: "SELECT o.id || ' v' || o.version || ' ' || count(e.id) AS value FROM orders o \
         LEFT JOIN events e ON e.subject_type = 'order' AND e.subject_id = o.id GROUP BY o.id HAVING count(e.id) <> o.version",
        lie: "UPDATE orders SET version = version + 1 WHERE id = (SELECT id FROM orders LIMIT 1)",
    },
    Question {
        what: "an event of an order that does not begin where the one before ended",
        offenders: "SELECT subject_id || ' ' || kind AS value FROM ( \
            SELECT *, lag(data ->> 'to') OVER w AS before, row_number() OVER w AS place FROM events \
            WHERE subject_type = 'order' WINDOW w AS (PARTITION BY subject_id ORDER BY position)) e \
         WHERE CASE WHEN place = 1 THEN kind <> 'order.placed' ELSE data ->> 'from' IS DISTINCT FROM before END",
        lie: "UPDATE events SET data = jsonb_set(data, '{from}', '\"NOWHERE\"') WHERE kind = 'order.paid'",
    },
    Question {
        what: "an order that is not where its last event left it",
        offenders: "SELECT o.id::text AS value FROM orders o JOIN LATERAL (SELECT data FROM events \
            WHERE subject_type = 'order' AND subject_id = o.id ORDER BY position DESC LIMIT 1) e ON true \
         WHERE e.data ->> 'to' <> o.status",
        lie: "UPDATE events SET data = jsonb_set(data, '{to}', '\"NOWHERE\"') WHERE kind = 'order.paid'",
    },
    Question {
        what: "a gap in the feed",
        offenders: "SELECT q.last_position || ' ' || count(e.position) || ' ' || coalesce(max(e.position), 0) AS value \
         FROM event_sequence q LEFT JOIN events e ON true GROUP BY q.last_position \
         HAVING count(e.position) <> q.last_position OR coalesce(max(e.position), 0) <> q.last_position",
        lie: "UPDATE events SET position = position + 1 WHERE position = (SELECT last_position FROM event_sequence)",
    },
    Question {
        what: "a subscriber in trouble",
        offenders: "SELECT name || ' ' || coalesce(last_error, '') AS value FROM event_subscriptions WHERE failures > 0",
        lie: "UPDATE event_subscriptions SET failures = 1",
    },
    Question {
        what: "an accepted checkout without its key, or a key without its checkout",
        offenders: "SELECT coalesce(c.id::text, r.id) AS value FROM checkouts c \
         FULL JOIN (SELECT convert_from(body, 'UTF8')::jsonb ->> 'id' AS id FROM idempotency_records \
                    WHERE route LIKE 'POST %/checkout' AND status = 201) r ON r.id = c.id::text \
         WHERE c.id IS NULL OR r.id IS NULL",
        lie: "DELETE FROM idempotency_records WHERE ctid = (SELECT ctid FROM idempotency_records WHERE route LIKE 'POST %/checkout' LIMIT 1)",
    },
    Question {
        what: "a checkout with two keys",
        offenders: "SELECT convert_from(body, 'UTF8')::jsonb ->> 'id' AS value FROM idempotency_records \
         WHERE route LIKE 'POST %/checkout' GROUP BY 1 HAVING count(*) > 1",
        lie: "INSERT INTO idempotency_records (principal, route, key, fingerprint, status, headers, body, created_at) \
         SELECT principal, route, key || '-again', fingerprint, status, headers, body, created_at \
         FROM idempotency_records WHERE ctid = (SELECT ctid FROM idempotency_records WHERE route LIKE 'POST %/checkout' LIMIT 1)",
    },
    Question {
        what: "a key without an answer",
        offenders: "SELECT key AS value FROM idempotency_records WHERE status IS NULL",
        lie: "UPDATE idempotency_records SET status = NULL WHERE ctid = (SELECT ctid FROM idempotency_records WHERE route LIKE 'POST %/checkout' LIMIT 1)",
    },
    Question {
        what: "an offering whose stock the catalog has wrong",
        offenders: "SELECT o.id::text AS value FROM offerings o JOIN pools p ON p.id = o.id WHERE o.in_stock <> (p.capacity > p.taken)",
        lie: "UPDATE pools SET capacity = taken WHERE kind = 'stock'",
    },
];

/// Everything that is not as it must be.
pub async fn offenders(conn: &mut Conn) -> Vec<String> {
    let mut found = Vec::new();
    for question in QUESTIONS {
        if let [first, others @ ..] = &texts(conn, question.offenders).await[..] {
            found.push(format!("{}: {first} and {} more", question.what, others.len()));
        }
    }
    found
}

/// Falsifies the books in one way after the other, and checks that each is noticed.
pub async fn notice_every_lie(conn: &mut Conn) {
    for question in QUESTIONS {
        // As a replica the server lets foreign keys be.
        let lie = format!("BEGIN; SET LOCAL session_replication_role = replica; {}", question.lie);
        conn.batch_execute(&lie).await.unwrap_or_else(|error| panic!("{error}: {lie}"));
        let noticed = texts(conn, question.offenders).await;
        conn.batch_execute("ROLLBACK").await.unwrap();
        assert!(!noticed.is_empty(), "nobody noticed {}", question.what);
    }
}
