//! What an operator is told of.

use chrono::TimeDelta;
use notifications::{CHECKS, DeliveryError, check, repair};

use crate::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_a_job_is_found_and_gets_one() {
    let world = World::new().await;
    let conn = &mut *world.conn().await;
    world.tell(&[notice("event:1", &guest(), placed())]).await.unwrap();
    world.clock.advance(TimeDelta::minutes(6));
    assert_eq!(check(conn, world.now()).await.unwrap(), []);
    execute(conn, "DELETE FROM jobs").await;
    let findings = check(conn, world.now()).await.unwrap();
    assert_eq!(findings.iter().map(|found| found.check.code).collect::<Vec<_>>(), ["messages.without_job"]);
    for known in CHECKS {
        assert_eq!(repair(conn, world.now(), known).await.unwrap(), known.repair.is_some());
    }
    assert_eq!(check(conn, world.now()).await.unwrap(), []);
    world.work().await;
    assert_eq!(world.post.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_given_up_is_found_with_its_reason() {
    let world = World::new().await;
    world.post.will((0..14).map(|_attempt| DeliveryError::Failed("the server is away".to_owned())));
    world.tell(&[notice("event:1", &guest(), placed())]).await.unwrap();
    for _ in 0..14 {
        world.pass(TimeDelta::hours(2)).await;
    }
    let findings = check(&mut *world.conn().await, world.now()).await.unwrap();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].check.code, "messages.given_up");
    assert!(findings[0].examples[0].ends_with("by email after 14 attempts: the server is away"));
}
