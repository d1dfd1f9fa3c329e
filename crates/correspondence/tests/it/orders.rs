//! What is told of orders, and to whom.

use kernel::{Actor, UserId};
use market::{Fulfilment, PlacedBy};

use crate::support::{World, guest};

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_hears_of_their_own_lines_and_of_no_others() {
    let world = World::new().await;
    let (ana, vera, otto) =
        (world.person("ana").await, world.vendor("vera").await, world.vendor("otto").await);
    let runner = world.runner();
    runner.drain().await.unwrap();
    world.order(PlacedBy::Customer(ana), Fulfilment::Pickup, &[vera, otto, vera]).await;
    runner.drain().await.unwrap();
    let said = world
        .texts(
            "SELECT address || ': ' || string_agg(line ->> 'title', ', ' ORDER BY line ->> 'title') || ' for ' \
                    || (content #>> '{order,total,amount}') AS text \
             FROM notification_messages, jsonb_array_elements(content #> '{order,lines}') AS line \
             GROUP BY id, address, content ORDER BY 1",
        )
        .await;
    assert_eq!(
        said,
        [
            "ana@example.com: thing 0, thing 1, thing 2 for 300",
            "otto@example.com: thing 1 for 100",
            "vera@example.com: thing 0, thing 2 for 200",
        ]
    );
    let links =
        "SELECT DISTINCT split_part(link, '/', 4) AS text FROM notifications WHERE kind = 'order.received'";
    assert_eq!(world.texts(links).await, ["vendor"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_is_told_by_mail_with_a_link_that_opens_nothing() {
    let world = World::new().await;
    let vera = world.vendor("vera").await;
    let runner = world.runner();
    runner.drain().await.unwrap();
    let order = world.order(guest(), Fulfilment::Ship, &[vera]).await;
    world.fact("order.shipped", "order", order.id.0, vera.into()).await;
    world.fact("order.cancelled", "order", order.id.0, Actor::Guest).await;
    world.fact("order.expired", "order", order.id.0, Actor::System).await;
    runner.drain().await.unwrap();
    let to_gwen = "SELECT kind || ' ' || display_name || ' ' || coalesce(content ->> 'by', '-') AS text \
                   FROM notification_messages WHERE address = 'gwen@example.com' ORDER BY text";
    assert_eq!(
        world.texts(to_gwen).await,
        [
            "order.cancelled Gwen Guest buyer",
            "order.cancelled Gwen Guest unpaid",
            "order.placed Gwen Guest -",
            "order.shipped Gwen Guest -",
        ]
    );
    let links = "SELECT DISTINCT content #>> '{order,link}' AS text FROM notification_messages \
                 WHERE address = 'gwen@example.com'";
    assert_eq!(world.texts(links).await, [format!("https://silkcart.example/orders/{}", order.id)]);
    assert_eq!(world.texts("SELECT kind AS text FROM notifications WHERE user_id IS NULL").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_costs_the_same_for_one_line_and_for_many_vendors() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let mut vendors: Vec<UserId> = Vec::new();
    for number in 0..12 {
        vendors.push(world.vendor(&format!("vendor{number}")).await);
    }
    let executor = world.executor();
    executor.keep_up().await.unwrap();
    let mut costs = Vec::new();
    for sold_by in [&vendors[..1], &vendors[..1], &vendors[..]] {
        world.order(PlacedBy::Customer(ana), Fulfilment::Pickup, sold_by).await;
        let before = world.test.database.statements();
        executor.keep_up().await.unwrap();
        costs.push(world.test.database.statements() - before);
    }
    assert_eq!(costs[1], costs[2], "{costs:?}");
}
