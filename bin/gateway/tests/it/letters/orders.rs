//! What both sides hear of an order, step by step.

use chrono::{TimeDelta, Utc};
use futures_util::future::join_all;
use kernel::Clock;
use serde_json::json;

use super::{letter, mailbox, subjects};
use crate::actors::{BOULDER, DENVER, Market};
use crate::guest::Guest;

/// What was mailed to an address since `before`, without the number of the order.
fn news(market: &Market, address: &str, seen: &mut usize) -> Vec<String> {
    let all = mailbox(market, address);
    let mut new: Vec<String> = all[*seen..]
        .iter()
        .map(|mail| {
            let is_number = |word: &str| word.len() == 11 && word.as_bytes()[5] == b'-';
            mail.subject.split(' ').filter(|word| !is_number(word)).collect::<Vec<_>>().join(" ")
        })
        .collect();
    *seen = all.len();
    new.sort();
    new
}

impl Market {
    /// Several at once do what was asked for.
    async fn work_together(&self) {
        let runner = &self.server.running.state.runner;
        for drained in join_all((0..4).map(|_| runner.drain())).await {
            drained.unwrap();
        }
        self.work().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn both_sides_hear_of_each_step_of_a_pickup_once() {
    let market = Market::open().await;
    let admin = market.admin("root@example.com").await;
    let gale = market.gardener("Gale", BOULDER).await;
    let center = gale.proposes("The Grange", BOULDER).await;
    admin.lets(center, "approve").await;
    letter(&market, "gale@example.com", "The Grange");
    let casey = market.customer("Casey", DENVER).await;
    let kale = gale.lists("Kale", "bundle", 350, "10").await;
    market.work_together().await;
    let (mut to_casey, mut to_gale) = (0, 0);
    news(&market, "casey@example.com", &mut to_casey);
    news(&market, "gale@example.com", &mut to_gale);
    let mut hear = async |buyer: &[&str], vendor: &[&str]| {
        market.work_together().await;
        assert_eq!(news(&market, "casey@example.com", &mut to_casey), buyer);
        assert_eq!(news(&market, "gale@example.com", &mut to_gale), vendor);
    };

    let order = casey.orders(kale, "2").await;
    hear(&["Your order"], &["You sold something: order"]).await;
    casey.pays(order).await.done();
    hear(&["Order is paid"], &["Paid: order"]).await;
    let windows = casey.windows(center).await;
    casey.picks_up(order, center, &windows[2]).await.done();
    hear(&["Your pickup of order"], &["To be picked up: order"]).await;
    casey.picks_up(order, center, windows.last().unwrap()).await.done();
    hear(&["Your pickup of order"], &["To be picked up: order"]).await;

    // In the morning of the day before the window that counts, and of no other.
    let start: chrono::DateTime<Utc> = windows.last().unwrap().split('/').next().unwrap().parse().unwrap();
    let mut reminded = 0;
    while market.clock.now() < start {
        market.work_together().await;
        let soon = news_of_pickup(&market);
        if soon > reminded {
            reminded = soon;
            let left = start - market.clock.now();
            assert!(left > TimeDelta::hours(15) && left < TimeDelta::hours(39), "{left}");
        }
        market.clock.advance(TimeDelta::hours(3));
    }
    assert_eq!(reminded, 1);
    hear(&["Soon: your pickup of order"], &[]).await;
    gale.step(order, "complete").await.done();
    hear(&["Order is complete"], &[]).await;
}

fn news_of_pickup(market: &Market) -> usize {
    subjects(market, "casey@example.com").iter().filter(|subject| subject.starts_with("Soon")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_hear_of_a_parcel_and_of_who_called_it_off() {
    let market = Market::open().await;
    let mina = market.maker("Mina", DENVER).await;
    let mug = mina.makes("Mug", 2800, "5").await;
    let casey = market.customer("Casey", DENVER).await;
    let (sent, lost) = (casey.orders(mug, "1").await, casey.orders(mug, "1").await);
    casey.pays(sent).await.done();
    let ship = json!({ "tracking_reference": "1Z999" });
    mina.post(&format!("/api/v1/orders/{sent}/ship"), &ship).await.done();
    mina.step(sent, "deliver").await.done();
    casey.pays(lost).await.done();
    mina.cancels(lost, "The kiln broke.").await.done();
    market.work().await;
    assert!(letter(&market, "casey@example.com", "on its way").text.contains("1Z999"));
    letter(&market, "casey@example.com", "has arrived");
    for address in ["casey@example.com", "mina@example.com"] {
        let mail = letter(&market, address, "was cancelled").text;
        for said in ["cancelled by the shop", "The kiln broke.", "refund of $28.00"] {
            assert!(mail.contains(said), "{address}: {mail}");
        }
    }

    // Nobody paid in time; and the last one is gone.
    let unpaid = casey.orders(mug, "4").await;
    market.work().await;
    market.clock.advance(TimeDelta::hours(1));
    market.work().await;
    assert_eq!(casey.order(unpaid).await["status"], "CANCELED");
    let told = mailbox(&market, "mina@example.com");
    assert!(told.iter().any(|mail| mail.text.contains("because it was not paid in time")), "{told:?}");
    assert_eq!(told.iter().filter(|mail| mail.subject == "Running low: Mug").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_hears_of_their_order_where_they_said() {
    let market = Market::open().await;
    let mina = market.maker("Mina", DENVER).await;
    let mug = mina.makes("Mug", 2800, "5").await;
    let (guest, _) = Guest::begins(&market, mug, "1").await;
    let bought = guest.buys().await;
    market.work().await;
    let mail = letter(&market, "gwen@example.com", "Your order");
    assert!(mail.text.contains(&format!("http://127.0.0.1:8080/orders/{}", bought.only())), "{}", mail.text);
    assert!(!mail.text.contains(&bought.token) && !mail.text.contains("unsubscribe"), "{}", mail.text);
    letter(&market, "mina@example.com", "You sold something");
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_center_is_turned_down_hears_why() {
    let market = Market::open().await;
    let admin = market.admin("root@example.com").await;
    let casey = market.customer("Casey", DENVER).await;
    let center = casey.proposes("The Barn", DENVER).await;
    let why = json!({ "reason": "There is no place to park." });
    admin.post(&format!("/api/v1/admin/centers/{center}/reject"), &why).await.done();
    market.work().await;
    let mail = letter(&market, "casey@example.com", "The Barn");
    assert!(mail.text.contains("There is no place to park."), "{}", mail.text);
}
