//! Keeping the hub up to date with the feed.
//!
//! Whoever gives facts their positions says so: the runner of this process, or the workers through the broker. What is
//! missed is found by looking once a second.

use std::sync::Arc;
use std::time::Duration;

use broker::Broker;
use db::Conn;
use live::{Channel, Follower, Frame, Hub};
use outbox::Patience;
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::frames;
use crate::AppState;

/// How often the feed is looked at, whatever was heard.
const POLL: Duration = Duration::from_secs(1);
/// How much of the feed a new process looks back at, for those who come back to it.
const REPLAY: i64 = 2_000;
/// The shortest time between two counts of the platform's numbers.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// Works until `stop`, then lets go of all listeners.
pub(crate) async fn run(state: AppState, broker: Option<Broker>, stop: CancellationToken) {
    let (grown, changed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let follow = follow(&state, &grown, &changed, &stop);
    let count = count(&state, &changed, &stop);
    match broker {
        Some(broker) => drop(tokio::join!(follow, count, listen(&broker, &grown, &stop))),
        None => drop(tokio::join!(follow, count, notice(&state, &grown, &stop))),
    }
    state.live.close();
}

/// Publishes what the feed tells.
async fn follow(state: &AppState, grown: &Notify, changed: &Notify, stop: &CancellationToken) {
    let mut patience = Patience::of("the follower of the feed");
    let mut follower = None;
    while !stop.is_cancelled() {
        // A connection of its own, that no request waits for.
        let session = async {
            let mut conn = db::connect(state.database.url()).await?;
            let follower = match &mut follower {
                Some(follower) => follower,
                none => {
                    let begun = Follower::begin(&mut conn, REPLAY).await?;
                    state.live.begin(begun.position());
                    none.insert(begun)
                }
            };
            loop {
                while publish(state, &mut conn, follower, changed).await? {}
                state.live.be_ready();
                patience.succeed();
                tokio::select! {
                    () = stop.cancelled() => return anyhow::Ok(()),
                    () = grown.notified() => {}
                    () = sleep(POLL) => {}
                }
            }
        };
        if let Err(error) = session.await {
            patience.bear(&format!("{error:#}"), stop).await;
        }
    }
}

/// Publishes the feed's next stretch; says whether there was one.
async fn publish(
    state: &AppState,
    conn: &mut Conn,
    follower: &mut Follower,
    changed: &Notify,
) -> anyhow::Result<bool> {
    let Some(batch) = follower.read(conn).await? else { return Ok(false) };
    let frames: Vec<Frame> = batch.deltas.into_iter().map(frames::delta).collect();
    metrics::counter!("live_deltas_total").increment(frames.len() as u64);
    state.live.publish(batch.position, frames, &batch.changed_standing);
    if batch.changed_counters {
        changed.notify_one();
    }
    Ok(true)
}

/// Publishes the platform's numbers when they may have changed and somebody looks at them.
async fn count(state: &AppState, changed: &Notify, stop: &CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = changed.notified() => {}
        }
        if state.live.has_listeners(Channel::Admin)
            && let Err(error) = publish_counters(state).await
        {
            tracing::debug!(error = format!("{error:#}"), "the platform's numbers are not known");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(COUNT_EVERY) => {}
        }
    }
}

async fn publish_counters(state: &AppState) -> anyhow::Result<()> {
    let position = state.live.position();
    let mut conn = state.database.conn().await?;
    let counters = live::counters(&mut conn, state.clock.now()).await?;
    state.live.publish(position, vec![frames::counters(position, counters)], &[]);
    Ok(())
}

/// Passes on that the runner of this process has numbered facts.
async fn notice(state: &AppState, grown: &Notify, stop: &CancellationToken) {
    let mut numbered = state.runner.numbered();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            // The runner lives as long as the state.
            _ = numbered.changed() => grown.notify_one(),
        }
    }
}

/// Passes on what workers announce.
async fn listen(broker: &Broker, grown: &Notify, stop: &CancellationToken) {
    let mut patience = Patience::of("the listener to the broker");
    while !stop.is_cancelled() {
        let session = async {
            let link = broker.connect().await?;
            let mut announcements = link.announcements().await?;
            patience.succeed();
            // Something may have been announced before anybody listened.
            grown.notify_one();
            loop {
                tokio::select! {
                    () = stop.cancelled() => break,
                    heard = announcements.heard() => heard?,
                }
                grown.notify_one();
            }
            link.close().await;
            anyhow::Ok(())
        };
        if let Err(error) = session.await {
            patience.bear(&format!("{error:#}"), stop).await;
        }
    }
}

/// Keeps the hub's size among the figures.
pub(crate) fn set_figures(hub: &Hub) {
    let connections = u32::try_from(hub.connections()).unwrap_or(u32::MAX);
    metrics::gauge!("live_connections").set(f64::from(connections));
}
