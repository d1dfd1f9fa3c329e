//! What goes wrong, and when: kills of the gateway and crashes of the database at moments that a seed decides.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use crate::machine::{Machine, READY_LIMIT};
use crate::shoppers::Ledger;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Blow {
    KillGateway,
    CrashDatabase,
}

/// What was done, and how long it took to recover at worst.
#[derive(Clone, Copy, Debug, Default)]
pub struct Toll {
    pub kills: usize,
    pub crashes: usize,
    /// From the gateway's start to its being ready.
    pub slowest_restart: Duration,
    /// From the database's taking connections to the gateway's being ready.
    pub slowest_recovery: Duration,
}

/// Deals `kills` and `crashes` while the first nine tenths of `checkouts` are made.
pub async fn rage(
    machine: &mut Machine,
    ledger: &Ledger,
    seed: u64,
    (kills, crashes): (usize, usize),
    checkouts: usize,
) -> Toll {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut blows = vec![Blow::KillGateway; kills];
    blows.extend(vec![Blow::CrashDatabase; crashes]);
    blows.shuffle(&mut rng);
    let mut moments: Vec<usize> =
        blows.iter().map(|_| rng.random_range(checkouts / 50..checkouts * 9 / 10)).collect();
    moments.sort_unstable();
    let mut toll = Toll::default();
    for (blow, moment) in blows.into_iter().zip(moments) {
        while ledger.finished() < moment {
            // Looks often enough to strike soon after the moment has come.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        pause(&mut rng, 300).await;
        match blow {
            Blow::KillGateway => {
                machine.gateway.kill();
                toll.kills += 1;
                pause(&mut rng, 200).await;
                machine.gateway.start();
                let ready = machine.gateway.ready_within(READY_LIMIT).await;
                toll.slowest_restart = toll.slowest_restart.max(ready);
            }
            Blow::CrashDatabase => {
                machine.database.crash();
                toll.crashes += 1;
                if rng.random_bool(0.3) {
                    // Both at once: it starts without its database.
                    machine.gateway.kill();
                    toll.kills += 1;
                    machine.gateway.start();
                    machine.gateway.answers_since("/health", 200, Instant::now(), READY_LIMIT).await;
                    assert_eq!(machine.gateway.status("/health/ready").await, Some(503));
                }
                pause(&mut rng, 1500).await;
                machine.database.come_back();
                let ready = machine.gateway.ready_since(Instant::now(), READY_LIMIT).await;
                toll.slowest_recovery = toll.slowest_recovery.max(ready);
            }
        }
    }
    toll
}

async fn pause(rng: &mut StdRng, most_millis: u64) {
    // Spreads the blows over the phases of whatever is going on.
    tokio::time::sleep(Duration::from_millis(rng.random_range(0..=most_millis))).await;
}
