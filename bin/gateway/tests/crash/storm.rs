//! Thousands of checkouts while the gateway is killed and the database crashes: every order is whole or absent, nothing
//! that anybody was told is forgotten, and whoever looks on hears of everything once.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use db::Conn;
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::TURN;
use crate::books::{STILL_GOING, notice_every_lie, number, offenders, texts};
use crate::chaos::rage;
use crate::listeners::Listener;
use crate::machine::Machine;
use crate::market_day::{MarketDay, eventually};
use crate::shoppers::{Ledger, Promise, Shopper};

/// How many checkouts, and the seed of everything that is random.
const CHECKOUTS: &str = "SILKCART_TEST_CRASH_CHECKOUTS";
const SEED: &str = "SILKCART_TEST_CRASH_SEED";

const CUSTOMERS: usize = 12;
/// A payment's time, a lease, a retry or two.
const AFTERMATH: Duration = Duration::from_secs(150);

fn setting(name: &str, default: u64) -> u64 {
    let given = std::env::var_os(name);
    given.map_or(default, |text| text.to_str().and_then(|text| text.parse().ok()).expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_promised_is_lost_and_nothing_is_done_by_half() {
    let _turn = TURN.lock().await;
    let checkouts = usize::try_from(setting(CHECKOUTS, 1000)).unwrap();
    let seed = setting(SEED, u64::from(rand::random::<u32>()));
    let blows = (checkouts.div_ceil(50), checkouts.div_ceil(200));
    println!("{SEED}={seed}");
    let begun = Instant::now();
    let mut machine = Machine::start().await;
    let day = MarketDay::open(&machine.gateway, CUSTOMERS).await;
    let ledger = Ledger::default();
    let next = AtomicUsize::new(0);
    let shoppers: Vec<_> =
        day.customers.iter().map(|customer| Shopper { day: &day, customer, ledger: &ledger, seed }).collect();
    let (listeners, enough) = (listen_all(&day), CancellationToken::new());
    let listening = listeners.iter().map(|listener| {
        tokio::spawn({
            let (listener, enough) = (Arc::clone(listener), enough.clone());
            async move { listener.listen(&enough).await }
        })
    });
    let listening: Vec<_> = listening.collect();
    let shopping = join_all(shoppers.iter().map(|shopper| shopper.shop(&next, checkouts)));
    let opened = begun.elapsed();
    let storm = Instant::now();
    let (_, toll) = tokio::join!(shopping, rage(&mut machine, &ledger, seed, blows, checkouts));
    let stormed = storm.elapsed();

    let conn = &mut db::connect(&machine.database.url()).await.unwrap();
    let storm_over = Instant::now();
    loop {
        let left = number(conn, STILL_GOING).await;
        if left == 0 {
            break;
        }
        assert!(
            storm_over.elapsed() < AFTERMATH,
            "{left} things never came to rest: {:?}",
            unrest(conn).await
        );
        // Orders expire by the clock, and another process does the work.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let rested = storm_over.elapsed();

    for listener in &listeners {
        eventually("a listener", async || listener.is_up_to_date(conn).await.then_some(())).await;
    }
    enough.cancel();
    join_all(listening).await.into_iter().for_each(Result::unwrap);

    let mut wrong = offenders(conn).await;
    for listener in &listeners {
        wrong.extend(listener.misheard(conn).await);
    }
    wrong.extend(broken_promises(conn, &ledger).await);
    wrong.extend(miscounted(conn, &day.stocked).await);
    let (orders, events) = ("SELECT count(*) FROM orders", "SELECT last_position FROM event_sequence");
    let trials = &day.trials;
    let comebacks: usize = listeners.iter().map(|listener| listener.comebacks.load(Ordering::Relaxed)).sum();
    println!(
        "crash: {checkouts} checkouts in {:.0} s ({:.0} s to open, {:.0} s to rest), {} accepted, {} orders, {} events; \
         {} kills, {} crashes; ready after a start in at most {} ms, after the database's return in at most {} ms; \
         {} requests unanswered, {} refused with 503, {} answers replayed, {} streams opened again; refusals {:?}; peace: {}",
        stormed.as_secs_f64(),
        opened.as_secs_f64(),
        rested.as_secs_f64(),
        ledger.checkouts().len(),
        number(conn, orders).await,
        number(conn, events).await,
        toll.kills,
        toll.crashes,
        toll.slowest_restart.as_millis(),
        toll.slowest_recovery.as_millis(),
        trials.unanswered.load(Ordering::Relaxed),
        trials.unavailable.load(Ordering::Relaxed),
        trials.replayed.load(Ordering::Relaxed),
        comebacks,
        ledger.refusals(),
        if wrong.is_empty() { "yes" } else { "NO" },
    );
    assert!(wrong.is_empty(), "{SEED}={seed}\n{}", wrong.join("\n"));
    assert!(toll.kills >= blows.0 && toll.crashes >= blows.1, "{toll:?}");
    assert!(trials.unanswered.load(Ordering::Relaxed) > 0, "the blows hit nobody");
    assert!(comebacks >= toll.kills * listeners.len() / 2, "few were hit: {comebacks}");

    machine.gateway.run_to_its_end(&["doctor", "--json"]);
    machine.gateway.kill();
    notice_every_lie(conn).await;
}

/// Every customer looks on.
fn listen_all(day: &MarketDay) -> Vec<Arc<Listener>> {
    day.customers.iter().map(|customer| Arc::new(Listener::of(customer))).collect()
}

async fn unrest(conn: &mut Conn) -> Vec<String> {
    let query = "SELECT name || ' ' || state || ' ' || attempts || ' ' || run_at || coalesce(' ' || last_error, '') AS value \
                 FROM jobs WHERE state IN ('queued', 'leased') ORDER BY run_at LIMIT 10";
    texts(conn, query).await
}

/// What a customer was told and the database does not know, or knows otherwise.
async fn broken_promises(conn: &mut Conn, ledger: &Ledger) -> Vec<String> {
    let query = "SELECT o.id || '|' || o.status || '|' || o.total_minor || '|' || \
                 string_agg(l.offering_id || ' ' || l.quantity / 1000, ',' ORDER BY l.offering_id) AS value \
                 FROM orders o JOIN order_lines l ON l.order_id = o.id GROUP BY o.id";
    let mut kept: HashMap<Uuid, Promise> = HashMap::new();
    for row in texts(conn, query).await {
        let mut parts = row.split('|');
        let mut part = || parts.next().unwrap();
        let (id, status, total, lines) = (part(), part(), part(), part());
        let line = |text: &str| {
            let (offering, quantity) = text.split_once(' ').unwrap();
            (offering.parse().unwrap(), quantity.to_owned())
        };
        let lines = lines.split(',').map(line).collect();
        let promise = Promise { status: status.to_owned(), total: total.parse().unwrap(), lines };
        kept.insert(id.parse().unwrap(), promise);
    }
    let promises = ledger.promises();
    let mut broken = Vec::new();
    for (id, promise) in &promises {
        // Nobody goes on without being told, so that only an unpaid order may have moved: it has expired.
        let due = match promise.status.as_str() {
            "CREATED" => "CANCELLED",
            "PENDING" => "CANCELED",
            status => status,
        };
        let due = Promise { status: due.to_owned(), ..promise.clone() };
        if kept.get(id) != Some(&due) {
            broken.push(format!("order {id} was promised as {promise:?} and is {:?}", kept.get(id)));
        }
    }
    let unknown = kept.keys().filter(|id| !promises.contains_key(id));
    broken.extend(unknown.map(|id| format!("order {id} exists and nobody was told, for all their asking")));
    let mut by_checkout: HashMap<Uuid, String> = HashMap::new();
    for (key, checkout) in ledger.checkouts() {
        if let Some(other) = by_checkout.insert(checkout, key.clone()) {
            broken.push(format!("{key} and {other} got the same checkout"));
        }
    }
    let made = number(conn, "SELECT count(*) FROM checkouts").await;
    if usize::try_from(made) != Ok(by_checkout.len()) {
        broken.push(format!("{made} checkouts exist, {} were acknowledged", by_checkout.len()));
    }
    broken
}

/// Offerings of which there is more or less than what was there in the beginning, without what was sold.
async fn miscounted(conn: &mut Conn, stocked: &HashMap<Uuid, i64>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (offering, stocked) in stocked {
        let sold = number(
            conn,
            &format!(
                "SELECT coalesce(sum(l.quantity), 0) FROM order_lines l JOIN orders o ON o.id = l.order_id \
                 WHERE l.offering_id = '{offering}' AND o.paid_at IS NOT NULL AND o.status NOT IN ('CANCELLED', 'CANCELED')"
            ),
        )
        .await;
        let left = number(conn, &format!("SELECT capacity FROM pools WHERE id = '{offering}'")).await;
        if left + sold != stocked * 1000 {
            wrong.push(format!("{offering}: {left} left and {sold} sold of {}", stocked * 1000));
        }
    }
    wrong
}
