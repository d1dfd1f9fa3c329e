//! When people are told: from now on, once, and not too late.

use chrono::TimeDelta;
use futures_util::future::join_all;
use kernel::Actor;
use market::{Fulfilment, PlacedBy};

use crate::support::World;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_of_the_history() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let mut others = outbox::Registry::default();
    others.on_events("somebody", |_, _, _| Box::pin(async { Ok(()) }));
    world.fact("user.registered", "user", ana.0, ana.into()).await;
    // The feed has it before this process is first made known.
    world.runner_of(others).drain().await.unwrap();
    world.runner().drain().await.unwrap();
    assert_eq!(world.mailed().await, [""; 0]);
    world.fact("user.password_changed", "user", ana.0, ana.into()).await;
    world.runner().drain().await.unwrap();
    assert_eq!(world.mailed().await, ["ana@example.com account.password_changed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_older_than_a_day_is_left_alone() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    world.runner().drain().await.unwrap();
    world.fact("user.registered", "user", ana.0, ana.into()).await;
    world.clock.advance(TimeDelta::days(1) + TimeDelta::seconds(1));
    world.fact("user.password_reset", "user", ana.0, ana.into()).await;
    world.runner().drain().await.unwrap();
    assert_eq!(world.mailed().await, ["ana@example.com account.password_changed"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn however_many_handle_a_fact_it_is_told_once() {
    let world = World::new().await;
    let (ana, vera) = (world.person("ana").await, world.vendor("vera").await);
    let runners: Vec<_> = (0..4).map(|_| world.runner()).collect();
    for _ in 0..5 {
        world.order(PlacedBy::Customer(ana), Fulfilment::Ship, &[vera]).await;
        for drained in join_all(runners.iter().map(outbox::Runner::drain)).await {
            drained.unwrap();
        }
    }
    // As if the place in the feed had been lost.
    world.texts("UPDATE event_subscriptions SET last_position = 0 RETURNING name AS text").await;
    runners[0].drain().await.unwrap();
    let mailed = world.mailed().await;
    assert_eq!(mailed.len(), 10, "{mailed:?}");
    assert_eq!(mailed.iter().filter(|mail| *mail == "ana@example.com order.placed").count(), 5);
    assert_eq!(mailed.iter().filter(|mail| *mail == "vera@example.com order.received").count(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_concerns_nobody_tells_nobody() {
    let world = World::new().await;
    let vera = world.vendor("vera").await;
    let runner = world.runner();
    runner.drain().await.unwrap();
    for (kind, subject) in [
        ("user.registered", "user"),
        ("order.placed", "order"),
        ("center.approved", "center"),
        ("pool.depleted", "pool"),
        ("thing.done", "thing"),
    ] {
        world.fact(kind, subject, uuid::Uuid::new_v4(), Actor::System).await;
    }
    let conn = &mut *world.test.conn().await;
    let kale = world.offering(conn, vera, "kale").await;
    world.fact("pool.depleted", "pool", kale.0, vera.into()).await;
    runner.drain().await.unwrap();
    assert_eq!(world.mailed().await, [""; 0], "she has counted it herself");
    for _ in 0..3 {
        world.fact("pool.depleted", "pool", kale.0, Actor::Guest).await;
    }
    runner.drain().await.unwrap();
    assert_eq!(world.mailed().await, ["vera@example.com stock.low"], "once a day");
}
