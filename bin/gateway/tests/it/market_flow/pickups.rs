//! Where and when goods are handed over, and whose business that is.

use serde_json::{Value, json};

use crate::actors::{BOULDER, COLORADO_SPRINGS, DENVER, FORT_COLLINS, Market, each, id_of};

#[tokio::test(flavor = "multi_thread")]
async fn only_centers_that_everybody_reaches_will_do() {
    let market = Market::open().await;
    let admin = market.admin("root@example.com").await;
    let south = admin.runs_center("Springs Depot", COLORADO_SPRINGS).await;
    let north = admin.runs_center("Old Town", FORT_COLLINS).await;
    let middle = admin.runs_center("Union Station", DENVER).await;
    let gardener = market.gardener("Gale", FORT_COLLINS).await;
    let customer = market.customer("Casey", DENVER).await;
    let kale = gardener.lists("Kale", "bundle", 350, "10").await;
    let order = customer.orders(kale, "1").await;
    customer.pays(order).await.done();

    let path = format!("/api/v1/orders/{order}/centers");
    let open = async || {
        let mut names: Vec<String> = Vec::new();
        let shown = customer.get(&path).await.done();
        names.extend(each(&shown["centers"], "name").iter().map(ToString::to_string));
        names.sort_unstable();
        names
    };
    assert_eq!(open().await, ["Old Town", "Union Station"]);
    let window = customer.windows(south).await.remove(0);
    customer.picks_up(order, south, &window).await.refused(409, "center_not_eligible");

    // A center that closes is no longer to be chosen, and one that is chosen already can be changed.
    customer.picks_up(order, north, &window).await.done();
    admin.closes(north).await;
    assert_eq!(open().await, ["Union Station"]);
    customer.get(&format!("/api/v1/centers/{north}/windows")).await.refused(409, "center_not_approved");
    let second = customer.windows(middle).await.remove(1);
    customer.picks_up(order, north, &second).await.refused(409, "center_not_eligible");
    let moved = customer.picks_up(order, middle, &second).await.done();
    assert_eq!(
        (id_of(&json!({ "id": moved["center_id"] })), &moved["status"]),
        (middle, &json!("SCHEDULED"))
    );
    admin.lets(north, "reactivate").await;
    assert_eq!(open().await, ["Old Town", "Union Station"]);

    let unknown = uuid::Uuid::new_v4();
    customer.picks_up(order, unknown, &second).await.refused(409, "center_not_eligible");
    let refused = customer.picks_up(order, middle, "on saturday").await.refused(422, "invalid_input");
    assert_eq!(refused["errors"][0]["pointer"], "/window");
    let never = "2030-03-05T03:00:00Z/2030-03-05T04:00:00Z";
    let refused = customer.picks_up(order, middle, never).await.refused(409, "window_not_offered");
    assert_eq!(refused["reason"], "not_offered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_window_is_refused_until_somebody_leaves_it() {
    let market = Market::open().await;
    let admin = market.admin("root@example.com").await;
    let center = admin.runs_center("The Grange", BOULDER).await;
    let windows = json!({ "windows": [
        { "weekday": 6, "opens": "09:00", "closes": "11:00", "capacity": 1 },
        { "weekday": 7, "opens": "09:00", "closes": "11:00", "capacity": 5 },
    ] });
    admin.patch(&format!("/api/v1/admin/centers/{center}"), &windows).await.done();
    let gardener = market.gardener("Gale", BOULDER).await;
    let kale = gardener.lists("Kale", "bundle", 350, "10").await;
    let (casey, olive) = (market.customer("Casey", BOULDER).await, market.customer("Olive", BOULDER).await);
    let (first, second) = (casey.orders(kale, "1").await, olive.orders(kale, "1").await);
    casey.pays(first).await.done();
    olive.pays(second).await.done();

    let windows = casey.windows(center).await;
    let (saturday, sunday) = (&windows[0], &windows[1]);
    casey.picks_up(first, center, saturday).await.done();
    let calendar = market.get(&format!("/api/v1/centers/{center}/windows")).await.done();
    assert_eq!(calendar["items"][0]["remaining"], 0, "shown, and shown to be full");
    olive.picks_up(second, center, saturday).await.refused(409, "window_full");
    assert_eq!(olive.order(second).await["status"], "AWAITING_PICKUP_SCHEDULING");
    let same = casey.picks_up(first, center, saturday).await.done();
    assert_eq!(same["status"], "SCHEDULED", "whoever has the place keeps it");
    casey.picks_up(first, center, sunday).await.done();
    olive.picks_up(second, center, saturday).await.done();
    casey.picks_up(first, center, saturday).await.refused(409, "window_full");
    assert_eq!(
        casey.order(first).await["pickup"]["starts_at"],
        Value::from(sunday.split('/').next().unwrap())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn gardeners_share_an_order_and_none_ends_it_for_all() {
    let market = Market::open().await;
    let admin = market.admin("root@example.com").await;
    let center = admin.runs_center("The Grange", BOULDER).await;
    let (gale, oren) = (market.gardener("Gale", BOULDER).await, market.gardener("Oren", FORT_COLLINS).await);
    let customer = market.customer("Casey", DENVER).await;
    let (kale, plum) =
        (gale.lists("Kale", "bundle", 350, "10").await, oren.lists("Plum", "lb", 300, "10").await);
    customer.puts(kale, "2").await.done();
    customer.puts(plum, "1.5").await.done();
    let checkout = customer.checks_out().await.done();
    assert_eq!(checkout["orders"].as_array().unwrap().len(), 1, "one way to the center");
    let order = id_of(&checkout["orders"][0]);
    assert_eq!(checkout["total"]["amount"], 700 + 450);

    // Each sees what they are to bring, and no more.
    for (vendor, title, amount) in [(&gale, "Kale", 700), (&oren, "Plum", 450)] {
        let seen = vendor.order(order).await;
        assert_eq!(each(&seen["lines"], "title"), [title]);
        assert_eq!(seen["total"]["amount"], amount);
        assert_eq!(seen["actions"], json!([]), "what would be refused is not offered");
        let listed = vendor.get("/api/v1/vendor/orders").await.done();
        assert_eq!(listed["items"][0], seen);
        vendor.cancels(order, "slugs").await.refused(403, "not_sole_vendor");
    }
    assert_eq!((market.free(kale).await.as_str(), market.free(plum).await.as_str()), ("8", "8.5"));
    customer.pays(order).await.done();
    let window = customer.windows(center).await.remove(0);
    customer.picks_up(order, center, &window).await.done();
    assert_eq!(oren.actions(order).await, ["complete"]);
    let admins = admin.order(order).await;
    assert_eq!(each(&admins["lines"], "title"), ["Kale", "Plum"]);
    assert_eq!(admins["actions"], json!(["schedule", "complete", "cancel"]));
    let cancelled = admin.cancels(order, "a flood").await.done();
    assert_eq!(cancelled["status"], "CANCELLED");
    assert_eq!((market.free(kale).await.as_str(), market.free(plum).await.as_str()), ("10", "10"));
}
