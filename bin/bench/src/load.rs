//! The load: connections that send one request after the other for a while, and how long the answers took.
//!
//! A closed loop, as pgbench's: each connection sends its next request as soon as it has the answer to the last.
//! Owns the loop and its figures; knows nothing of what is asked.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use crate::http::{Connection, Request};

/// Microseconds up to a minute, to three digits.
const HIGHEST: u64 = 60_000_000;
const DIGITS: u8 = 3;

/// Requests that belong together and are sent in this order; most are of one.
pub type Transaction = Vec<Request>;

/// What the connections ask: each takes its transactions from one list, at random.
#[derive(Clone, Debug)]
pub struct Workload {
    lists: Vec<Arc<[Transaction]>>,
}

impl Workload {
    /// Every connection takes from the same list.
    pub fn shared(transactions: Vec<Transaction>, connections: usize) -> Self {
        let list: Arc<[Transaction]> = transactions.into();
        Self { lists: vec![list; connections] }
    }

    /// Each connection has a list of its own, so that no two meet on the same rows.
    pub fn apart(lists: Vec<Vec<Transaction>>) -> Self {
        Self { lists: lists.into_iter().map(Into::into).collect() }
    }

    /// The transactions of each connection.
    pub fn lists(&self) -> &[Arc<[Transaction]>] {
        &self.lists
    }

    /// Every transaction once.
    pub fn distinct(&self) -> impl Iterator<Item = &Transaction> {
        let mut seen: Vec<*const [Transaction]> = Vec::new();
        let lists = self.lists.iter().filter(move |list| {
            let fresh = !seen.contains(&Arc::as_ptr(list));
            seen.push(Arc::as_ptr(list));
            fresh
        });
        lists.flat_map(|list| list.iter())
    }
}

/// For how long.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub warm_up: Duration,
    pub measured: Duration,
}

/// What was measured in one span.
#[derive(Clone, Debug)]
pub struct Measured {
    /// All transactions, those of the warm-up too.
    pub transactions: u64,
    pub per_second: f64,
    /// In microseconds, by the request's place in its transaction.
    pub latencies: Vec<Histogram<u64>>,
}

/// How many numbers were given.
static NUMBERS: AtomicU64 = AtomicU64::new(0);
/// When this program first gave one, in microseconds: earlier runs gave smaller ones.
static ORIGIN: LazyLock<u64> = LazyLock::new(|| {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or_default()
});

/// A number that no request had before, of at most [`NUMBER_DIGITS`](crate::http::NUMBER_DIGITS) digits.
pub fn next_number() -> u64 {
    *ORIGIN + NUMBERS.fetch_add(1, Ordering::Relaxed)
}

/// Loads the server at `address`. The first wrong answer ends it.
pub async fn run(address: SocketAddr, workload: &Workload, span: Span) -> Result<Measured> {
    let from = Instant::now() + span.warm_up;
    let until = from + span.measured;
    let mut connections = JoinSet::new();
    for (seed, list) in (1..).zip(workload.lists()) {
        connections.spawn(drive(address, Arc::clone(list), seed, from, until));
    }
    let steps = workload.distinct().map(Vec::len).max().unwrap_or_default();
    let mut all = Counted::new(steps)?;
    while let Some(counted) = connections.join_next().await {
        all.add(&counted??)?;
    }
    let per_second = as_f64(all.ended) / span.measured.as_secs_f64();
    Ok(Measured { transactions: all.transactions, per_second, latencies: all.latencies })
}

#[derive(Debug)]
struct Counted {
    transactions: u64,
    /// Those that ended while it was measured.
    ended: u64,
    latencies: Vec<Histogram<u64>>,
}

impl Counted {
    fn new(steps: usize) -> Result<Self> {
        let latencies: Result<Vec<_>, _> =
            (0..steps).map(|_| Histogram::new_with_bounds(1, HIGHEST, DIGITS)).collect();
        Ok(Self { transactions: 0, ended: 0, latencies: latencies? })
    }

    fn add(&mut self, other: &Self) -> Result<()> {
        self.transactions += other.transactions;
        self.ended += other.ended;
        for (all, some) in self.latencies.iter_mut().zip(&other.latencies) {
            all.add(some)?;
        }
        Ok(())
    }
}

async fn drive(
    address: SocketAddr,
    list: Arc<[Transaction]>,
    seed: u64,
    from: Instant,
    until: Instant,
) -> Result<Counted> {
    let mut connection = Connection::open(address).await?;
    let mut counted = Counted::new(list.iter().map(Vec::len).max().unwrap_or_default())?;
    let mut random = Random(seed);
    let mut begun = Instant::now();
    while begun < until {
        let transaction = list.get(random.below(list.len())).context("there is nothing to ask")?;
        for (step, request) in transaction.iter().enumerate() {
            let number = next_number();
            connection.perform(request, number).await?;
            let ended = Instant::now();
            if ended >= from && ended < until {
                let took = ended.duration_since(begun).as_micros();
                counted.latencies[step].saturating_record(u64::try_from(took).unwrap_or(HIGHEST));
                counted.ended += u64::from(step + 1 == transaction.len());
            }
            begun = ended;
        }
        counted.transactions += 1;
    }
    Ok(counted)
}

/// Steele and Vigna's `SplitMix64`: enough to choose by, and the same choice in every run.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let bound = u64::try_from(bound).unwrap_or(1).max(1);
        usize::try_from(mixed % bound).unwrap_or_default()
    }
}

/// Counts are far below what a double holds exactly.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub fn as_f64(count: u64) -> f64 {
    count as f64
}
