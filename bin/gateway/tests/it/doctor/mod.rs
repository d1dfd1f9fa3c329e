//! The doctor finds what was broken by hand, that and nothing else, and mends what can be mended.

mod shown;

use std::process::Stdio;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use gateway::doctor::{self, Report};
use kernel::Clock;
use serde_json::{Value, json};
use tokio::process::Command;
use uuid::Uuid;

use crate::actors::{BOULDER, DENVER, Market, each};

/// Things that the breakages break.
struct Ward {
    market: Market,
    kale: Uuid,
    completed: Uuid,
    cancelled: Uuid,
    scheduled: Uuid,
    unpaid: Uuid,
    buyer: Uuid,
}

/// What makes a breakage good again.
enum Cure {
    Repair,
    By(String),
}

/// Changes what is taken from a pool, books and all.
const SHIFT: &str = "
CREATE FUNCTION shift(pool uuid, amount bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE pools SET taken = taken + amount WHERE id = pool;
    INSERT INTO movements (pool_id, kind, capacity_delta, taken_delta, actor, source_type, source_id, occurred_at)
    VALUES (pool, 'hold', 0, amount, '{\"type\":\"system\"}', 'test', pool, now());
$$;
CREATE FUNCTION hold_of(id uuid) RETURNS uuid LANGUAGE sql AS 'SELECT hold_id FROM orders WHERE orders.id = $1';
CREATE FUNCTION place_of(id uuid) RETURNS uuid LANGUAGE sql AS 'SELECT pickup_hold_id FROM orders WHERE orders.id = $1';
CREATE FUNCTION revive(hold uuid, until timestamptz) RETURNS void LANGUAGE sql AS $$
    SELECT shift(pool_id, quantity) FROM hold_lines WHERE hold_id = hold AND NOT live;
    UPDATE hold_lines SET live = true, expires_at = until WHERE hold_id = hold;
    UPDATE holds SET state = 'live', expires_at = until WHERE id = hold;
$$;
CREATE FUNCTION kill(hold uuid, state_then text) RETURNS void LANGUAGE sql AS $$
    SELECT shift(pool_id, -quantity) FROM hold_lines WHERE hold_id = hold AND live;
    UPDATE hold_lines SET live = false WHERE hold_id = hold;
    UPDATE holds SET state = state_then WHERE id = hold;
$$;";

impl Ward {
    /// A market after a while: orders in every state.
    async fn full() -> Self {
        let market = Market::open().await;
        let (kale, completed, cancelled, scheduled, unpaid, buyer);
        {
            let admin = market.admin("root@example.com").await;
            let center = admin.runs_center("The Grange", BOULDER).await;
            let gardener = market.gardener("Gale", BOULDER).await;
            let maker = market.maker("Mina", DENVER).await;
            let customer = market.customer("Casey", BOULDER).await;
            kale = gardener.lists("Kale", "bundle", 350, "100").await;
            let figs = gardener.lists("Figs", "lb", 499, "2.5").await;
            let mug = maker.makes("Mug", 2800, "10").await;

            completed = customer.orders(kale, "2").await;
            customer.pays(completed).await.done();
            let window = customer.windows(center).await.remove(0);
            customer.picks_up(completed, center, &window).await.done();
            gardener.step(completed, "complete").await.done();

            cancelled = customer.orders(kale, "3").await;
            customer.cancels(cancelled, "changed my mind").await.done();
            let sold_and_cancelled = customer.orders(kale, "4").await;
            customer.pays(sold_and_cancelled).await.done();
            customer.picks_up(sold_and_cancelled, center, &window).await.done();
            gardener.cancels(sold_and_cancelled, "slugs").await.done();

            let parcel = customer.orders(mug, "1").await;
            customer.pays(parcel).await.done();
            let sold_out = customer.orders(figs, "2.5").await;
            customer.pays(sold_out).await.done();
            let expired = customer.orders(kale, "5").await;
            market.clock.advance(TimeDelta::minutes(31));
            market.work().await;
            assert_eq!(customer.order(expired).await["status"], "CANCELLED");

            scheduled = customer.orders(kale, "6").await;
            customer.pays(scheduled).await.done();
            for window in customer.windows(center).await.iter().take(2) {
                customer.picks_up(scheduled, center, window).await.done();
            }
            unpaid = customer.orders(kale, "7").await;
            market.work().await;
            buyer = customer.id.0;
        }
        let ward = Self { market, kale, completed, cancelled, scheduled, unpaid, buyer };
        ward.run(SHIFT).await;
        ward
    }

    fn now(&self) -> DateTime<Utc> {
        self.market.clock.now()
    }

    fn url(&self) -> String {
        self.market.server.running.state.database.url().to_owned()
    }

    async fn run(&self, script: &str) {
        let mut conn = db::connect(&self.url()).await.unwrap();
        conn.batch_execute(script).await.unwrap_or_else(|error| panic!("{script}: {error}"));
    }

    async fn examined(&self) -> Report {
        doctor::examine(&self.url(), self.now(), &[]).await.unwrap()
    }

    async fn assert_clean(&self, when: &str) {
        let report = self.examined().await;
        assert!(report.clean && report.waiting.is_empty(), "{when}: {report}");
    }

    /// Breaks something, sees that found and nothing else, and makes it good.
    async fn case(&self, code: &str, breakage: &str, cure: Cure) {
        self.run(breakage).await;
        let report = self.examined().await;
        let codes: Vec<&str> = report.findings.iter().map(|item| item.code).collect();
        assert_eq!(codes, [code], "{breakage}: {report}");
        let found = &report.findings[0];
        assert!(found.count >= 1 && !found.examples.is_empty() && found.examples.len() <= 10, "{report}");
        match cure {
            Cure::Repair => {
                assert!(found.repair.is_some(), "{report}");
                let repaired = doctor::repair(&self.url(), self.now(), &[]).await.unwrap();
                assert!(repaired.clean, "{code}: {repaired}");
                assert_eq!(repaired.repaired, [code]);
            }
            Cure::By(script) => {
                assert_eq!(found.repair, None, "{report}");
                let unrepaired = doctor::repair(&self.url(), self.now(), &[]).await.unwrap();
                assert_eq!(unrepaired.findings, report.findings, "what is only reported stays as it is");
                self.run(&script).await;
            }
        }
        self.market.work().await;
        self.assert_clean(code).await;
    }
}

fn by(script: impl Into<String>) -> Cure {
    Cure::By(script.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_market_in_which_all_went_well_is_clean() {
    let ward = Ward::full().await;
    ward.assert_clean("after a day's work").await;
    // While something is being worked on, what follows from it is not judged.
    let customer = ward.market.known(kernel::UserId(ward.buyer));
    customer.post("/api/v1/me/vendor", &json!({ "kind": "maker", "business_name": "Casey's" })).await.done();
    let report = ward.examined().await;
    let waiting = ["sellers.reach", "offerings.pictures", "posts.hidden"].map(ToOwned::to_owned);
    assert_eq!((report.clean, report.waiting), (true, waiting.to_vec()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_feed_and_the_jobs_is_found() {
    let ward = Ward::full().await;
    let now = ward.now();
    ward.case(
        "events.gap",
        "CREATE TABLE gone AS SELECT * FROM events WHERE position = 3; DELETE FROM events WHERE position = 3",
        by("INSERT INTO events OVERRIDING SYSTEM VALUE SELECT * FROM gone"),
    )
    .await;
    let sequence = |step: &str| format!("UPDATE event_sequence SET last_position = last_position {step}");
    ward.case("events.sequence", &sequence("+ 1"), by(sequence("- 1"))).await;
    let unnumbered = format!(
        "INSERT INTO events (kind, subject_type, subject_id, actor, data, occurred_at) VALUES ('a.b', 'a', \
         gen_random_uuid(), '{{\"type\":\"system\"}}', '{{}}', '{now}'::timestamptz - interval '2 minutes')"
    );
    ward.case("events.unsequenced", &unnumbered, Cure::Repair).await;
    let subscriber = |set: &str| format!("UPDATE event_subscriptions SET {set} WHERE name = 'placement'");
    ward.case(
        "subscribers.blocked",
        &subscriber("failures = 3, last_error = 'no'"),
        by(subscriber("failures = 0")),
    )
    .await;
    let at_the_end = "last_position = (SELECT last_position FROM event_sequence)";
    ward.case("subscribers.lagging", &subscriber("last_position = 1"), by(subscriber(at_the_end))).await;
    ward.case("subscribers.ahead", &subscriber("last_position = 99999"), by(subscriber(at_the_end))).await;

    let job = |name: &str, state: &str, more: &str| {
        format!(
            "INSERT INTO jobs (id, name, payload, state, run_at, created_at, attempts, leased_until, finished_at, last_error) \
             SELECT '00000000-0000-0000-0000-00000000d0c7', '{name}', \
                    '{{\"address_id\": \"00000000-0000-0000-0000-000000000001\", \"version\": 1}}', '{state}', \
                    {more}, 'it is raining' FROM (SELECT '{now}'::timestamptz AS now) clock"
        )
    };
    let gone = "DELETE FROM jobs WHERE id = '00000000-0000-0000-0000-00000000d0c7'";
    let geocode = "accounts.geocode_address";
    ward.case("jobs.dead", &job(geocode, "dead", "now, now, 8, NULL, now"), Cure::Repair).await;
    assert_eq!(ward.job().await, "done after 1", "it was tried again as if for the first time");
    ward.run(gone).await;
    let later = "now, now, 1, NULL, now + interval '1 second'";
    ward.case("jobs.round_failed", &job("checkout.sweep_holds", "dead", later), by(gone)).await;
    let overdue = job("test.unknown", "queued", "now - interval '6 minutes', now, 0, NULL, NULL");
    ward.case("jobs.overdue", &overdue, by(gone)).await;
    let lost = job(geocode, "leased", "now, now, 1, now - interval '2 minutes', NULL");
    ward.case("jobs.lost", &lost, Cure::Repair).await;
    let stale = format!(
        "INSERT INTO idempotency_records (principal, route, key, fingerprint, created_at) \
         VALUES ('somebody', 'POST /', 'k', '', '{now}'::timestamptz - interval '26 hours')"
    );
    ward.case("idempotency.stale", &stale, Cure::Repair).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_books_is_found() {
    let ward = Ward::full().await;
    let Ward { kale, cancelled, unpaid, completed, .. } = ward;
    let now = ward.now();
    let capacity = |step: &str| format!("UPDATE pools SET capacity = capacity {step} WHERE id = '{kale}'");
    ward.case("pools.capacity", &capacity("+ 1000"), by(capacity("- 1000"))).await;
    let taken = |step: &str| format!("UPDATE movements SET taken_delta = taken_delta {step} WHERE id = 1");
    ward.case("pools.taken", &taken("+ 1"), by(taken("- 1"))).await;
    let shift = |amount: i32| format!("SELECT shift('{kale}', {amount})");
    ward.case("pools.held", &shift(1000), by(shift(-1000))).await;
    ward.case(
        "holds.ended_with_live_lines",
        &format!(
            "SELECT revive(hold_of('{cancelled}'), '{now}'); UPDATE holds SET state = 'released' WHERE id = hold_of('{cancelled}')"
        ),
        by(format!("SELECT kill(hold_of('{cancelled}'), 'released')")),
    )
    .await;
    ward.case(
        "holds.live_without_lines",
        &format!("SELECT kill(hold_of('{unpaid}'), 'live')"),
        by(format!("SELECT revive(hold_of('{unpaid}'), pay_by) FROM orders WHERE id = '{unpaid}'")),
    )
    .await;
    let hold = |source: &str, expires: &str| {
        format!(
            "WITH new AS (INSERT INTO holds (id, state, source_type, source_id, expires_at, created_at) \
             VALUES (gen_random_uuid(), 'live', '{source}', gen_random_uuid(), '{now}'::timestamptz + interval '{expires}', '{now}') \
             RETURNING id, expires_at) \
             INSERT INTO hold_lines (hold_id, pool_id, quantity, expires_at) SELECT id, '{kale}', 1000, expires_at FROM new; \
             SELECT shift('{kale}', 1000)"
        )
    };
    ward.case("holds.unswept", &hold("test", "-11 minutes"), Cure::Repair).await;
    ward.case("holds.without_order", &hold("order", "1 hour"), Cure::Repair).await;

    // Orders against their holds.
    ward.case(
        "orders.unpaid_without_hold",
        &format!("SELECT kill(hold_of('{unpaid}'), 'released')"),
        by(format!("SELECT revive(hold_of('{unpaid}'), pay_by) FROM orders WHERE id = '{unpaid}'")),
    )
    .await;
    let hold_state =
        |state: &str| format!("UPDATE holds SET state = '{state}' WHERE id = hold_of('{completed}')");
    ward.case("orders.paid_without_sale", &hold_state("released"), by(hold_state("consumed"))).await;
    let revived = format!("SELECT revive(hold_of('{cancelled}'), '{now}'::timestamptz + interval '1 hour')");
    ward.case("orders.cancelled_with_hold", &revived, Cure::Repair).await;
    let scheduled = ward.scheduled;
    ward.case(
        "orders.scheduled_without_place",
        &format!("SELECT kill(place_of('{scheduled}'), 'released')"),
        by(format!(
            "SELECT revive(place_of('{scheduled}'), pickup_ends_at) FROM orders WHERE id = '{scheduled}'"
        )),
    )
    .await;
    let line = |step: &str| {
        format!("UPDATE hold_lines SET quantity = quantity {step} WHERE hold_id = hold_of('{completed}')")
    };
    ward.case("orders.lines_and_hold", &line("+ 1000"), by(line("- 1000"))).await;
    let no_expiry = format!("DELETE FROM jobs WHERE payload ->> 'order_id' = '{unpaid}'");
    ward.case("orders.expiry_missing", &no_expiry, Cure::Repair).await;
    ward.market.clock.advance(TimeDelta::minutes(31));
    ward.market.work().await;
    let order = ward.market.known(kernel::UserId(ward.buyer)).order(unpaid).await;
    assert_eq!(order["status"], "CANCELLED", "the job that was asked for does its work");
    ward.assert_clean("after the expiry").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_sums_is_found() {
    let ward = Ward::full().await;
    let order = ward.completed;
    let add = |table: &str, column: &str, cents: i32| {
        let key = match table {
            "order_lines" => "order_id = ",
            "orders" => "id = ",
            _ => "id = (SELECT checkout_id FROM orders WHERE id = ",
        };
        let end = if table == "checkouts" { ")" } else { "" };
        format!("UPDATE {table} SET {column} = {column} + {cents} WHERE {key}'{order}'{end};")
    };
    let all = |tables: &[&str], cents| -> String {
        tables.iter().map(|table| add(table, "total_minor", cents)).collect()
    };
    for (code, tables) in [
        ("order_lines.total", &["order_lines", "orders", "checkouts"][..]),
        ("orders.total", &["orders", "checkouts"]),
        ("checkouts.total", &["checkouts"]),
    ] {
        ward.case(code, &all(tables, 1), by(all(tables, -1))).await;
    }
    ward.case(
        "orders.vendors",
        &format!(
            "CREATE TABLE unlisted AS SELECT * FROM order_vendors WHERE order_id = '{order}'; \
             DELETE FROM order_vendors WHERE order_id = '{order}'"
        ),
        by("INSERT INTO order_vendors SELECT * FROM unlisted"),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_catalog_is_found_and_mended() {
    let ward = Ward::full().await;
    let (kale, buyer) = (ward.kale, ward.buyer);
    ward.case(
        "offerings.without_detail",
        &format!("CREATE TABLE lost AS SELECT * FROM listings WHERE offering_id = '{kale}'; DELETE FROM listings WHERE offering_id = '{kale}'"),
        by("INSERT INTO listings SELECT * FROM lost"),
    )
    .await;
    ward.case(
        "offerings.without_pool",
        "INSERT INTO offerings (id, kind, vendor_id, title, unit, price_minor, currency, status, created_at, updated_at) \
         SELECT '00000000-0000-0000-0000-0000000000aa', 'product', vendor_id, 'Ghost', 'each', 1, 'USD', 'draft', now(), now() \
         FROM sellers WHERE kind = 'maker'; \
         INSERT INTO products (offering_id, vendor_id, sku) SELECT id, vendor_id, 'g' FROM offerings WHERE title = 'Ghost'; \
         UPDATE offerings SET reach = s.reach FROM sellers s WHERE s.vendor_id = offerings.vendor_id",
        by("DELETE FROM products WHERE sku = 'g'; DELETE FROM offerings WHERE title = 'Ghost'"),
    )
    .await;
    let set = |what: &str| format!("UPDATE offerings SET {what} WHERE id = '{kale}'");
    ward.case("offerings.reach", &set("reach = '{}'"), Cure::Repair).await;
    ward.case("offerings.browsable", &set("browsable = false"), Cure::Repair).await;
    let rows = "offering_reach.rows";
    for breakage in [
        format!("DELETE FROM offering_reach WHERE offering_id = '{kale}'"),
        format!("UPDATE offering_reach SET price_minor = 1 WHERE offering_id = '{kale}'"),
        format!(
            "UPDATE offering_reach SET published_at = published_at - interval '1 day' WHERE offering_id = '{kale}'"
        ),
        format!("UPDATE offering_reach SET category_id = gen_random_uuid() WHERE offering_id = '{kale}'"),
        format!(
            "INSERT INTO offering_reach SELECT offering_id, 999, kind, category_id, price_minor, published_at FROM offering_reach WHERE offering_id = '{kale}'"
        ),
    ] {
        ward.case(rows, &breakage, Cure::Repair).await;
    }
    let sold_out = format!(
        "{}; DELETE FROM offering_reach WHERE offering_id = '{kale}'",
        set("in_stock = false, browsable = false")
    );
    ward.case("offerings.in_stock", &sold_out, Cure::Repair).await;
    let shop = format!(
        "INSERT INTO vendor_profiles (user_id, kind, business_name, slug, created_at, updated_at) \
         VALUES ('{buyer}', 'maker', 'Casey Crafts', 'casey-crafts', now(), now())"
    );
    ward.case("sellers.missing", &shop, Cure::Repair).await;
    let moved = format!("UPDATE sellers SET lat = 1, reach = '{{}}' WHERE vendor_id = '{buyer}'");
    ward.case("sellers.reach", &moved, Cure::Repair).await;

    // What follows from what is wrong is mended with it.
    ward.run("UPDATE sellers SET reach = '{}'").await;
    let codes: Vec<&str> = ward.examined().await.findings.iter().map(|item| item.code).collect();
    assert_eq!(codes, ["offerings.reach", "offerings.browsable", "offering_reach.rows", "sellers.reach"]);
    let only = ["sellers.reach".to_owned()];
    let report = doctor::repair(&ward.url(), ward.now(), &only).await.unwrap();
    assert!(report.clean, "{report}");
    ward.assert_clean("with its causes").await;
    assert_eq!(
        ward.market.get("/api/v1/listings?address=80302").await.done()["items"].as_array().unwrap().len(),
        2
    );
}

#[derive(diesel::QueryableByName)]
struct JobState {
    #[diesel(sql_type = Text)]
    state: String,
}

impl Ward {
    /// What became of the job that was put there.
    async fn job(&self) -> String {
        let mut conn = db::connect(&self.url()).await.unwrap();
        let query = "SELECT format('%s after %s', state, attempts) AS state FROM jobs \
                     WHERE id = '00000000-0000-0000-0000-00000000d0c7'";
        diesel::sql_query(query).get_result::<JobState>(&mut conn).await.unwrap().state
    }
}

/// Runs the gateway's program on the market's database; returns its exit code and what it printed.
async fn command(url: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gateway"));
    command.args(arguments).env_clear().stdin(Stdio::null()).kill_on_drop(true);
    command.env("DATABASE_URL", url).env("SILKCART_DATA_DIR", folder.path());
    let output = command.output().await.unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_speak_to_scripts() {
    let market = Market::open().await;
    let url = market.server.running.state.database.url().to_owned();
    let seed = ["seed-demo", "--scale", "400", "--centers", "10", "--customers", "2", "--json"];
    let (code, told) = command(&url, &seed).await;
    let summary: Value = serde_json::from_str(&told).unwrap_or_else(|_| panic!("one document: {told}"));
    assert_eq!((code, &summary["added"], &summary["dense"]["customers"]), (Some(0), &json!(400), &json!(1)));

    assert_eq!(command(&url, &["doctor"]).await, (Some(0), "clean\n".to_owned()));
    let mut conn = db::connect(&url).await.unwrap();
    conn.batch_execute("UPDATE offerings SET browsable = false; UPDATE pools SET capacity = capacity + 1")
        .await
        .unwrap();
    let (code, told) = command(&url, &["doctor", "--json"]).await;
    let report: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, &report["clean"]), (Some(1), &json!(false)));
    assert_eq!(each(&report["findings"], "code"), ["pools.capacity", "offerings.browsable"]);
    assert_eq!(report["findings"][1]["count"], 400);
    assert_eq!(report["findings"][1]["examples"].as_array().unwrap().len(), 10);
    let (code, told) = command(&url, &["doctor", "--repair", "--only", "offerings.browsable"]).await;
    assert_eq!((code, told.as_str()), (Some(0), "offerings.browsable: repaired\nclean\n"));
    let (code, told) = command(&url, &["doctor", "--repair"]).await;
    assert!(code == Some(1) && told.starts_with("pools.capacity: 400\n"), "{told}");
    assert!(told.ends_with("1 findings\n"), "{told}");
    let elsewhere = "postgres://nobody@127.0.0.1:1/nowhere";
    assert_eq!(command(elsewhere, &["doctor"]).await, (Some(2), String::new()));
    assert_eq!(
        command(&url, &["doctor", "--only", "no.such"]).await.0,
        Some(2),
        "a misspelt check finds nothing"
    );
}

#[test]
fn every_check_has_its_breakage_here() {
    let here = concat!(include_str!("mod.rs"), include_str!("shown.rs"));
    let mut codes: Vec<&str> = doctor::checks().map(|check| check.code).collect();
    for code in &codes {
        assert!(here.contains(&format!("\"{code}\"")), "{code}");
    }
    codes.sort_unstable();
    assert!(codes.is_sorted_by(|a, b| a < b), "a code means one thing: {codes:?}");
}
