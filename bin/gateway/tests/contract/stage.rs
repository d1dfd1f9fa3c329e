//! A market in which there is something of every kind, so that requests can hit what exists.

use notifications::{Kind, Subscription};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::actors::{
    Admin, BOULDER, Customer, DENVER, GRAND_JUNCTION, Gardener, Maker, Market, id_of, produce,
};

/// How many of what a run uses up.
const SPARE: usize = 3;

pub struct Stage<'m> {
    pub market: &'m Market,
    pub admin: Admin<'m>,
    pub gardener: Gardener<'m>,
    pub maker: Maker<'m>,
    pub customer: Customer<'m>,
    /// What there is, by kind: the ids and names that requests may use.
    pub known: Value,
}

impl<'m> Stage<'m> {
    pub async fn set(market: &'m Market) -> Self {
        let admin = market.admin("root@example.com").await;
        let open = admin.runs_center("The Grange", BOULDER).await;
        let closed = admin.runs_center("Union Station", DENVER).await;
        admin.closes(closed).await;
        let gardener = market.gardener("Gale", BOULDER).await;
        let maker = market.maker("Mika", DENVER).await;
        let customer = market.customer("Casey", BOULDER).await;
        let bystander = market.newcomer("Bo").await;
        let mut centers = vec![open, closed];
        for number in 0..SPARE {
            centers.push(customer.proposes(&format!("Barn {number}"), BOULDER).await);
        }

        let goods = Goods::make(&gardener, &maker, &customer).await;
        let (orders, checkouts, windows) = trade(&gardener, &maker, &customer, &goods, open).await;
        let category = json!({ "slug": "greens", "name": "Greens" });
        let category = id_of(&admin.post("/api/v1/admin/categories", &category).await.done());
        let addresses = [customer.lives_at(DENVER).await, gardener.lives_at(GRAND_JUNCTION).await];
        let mut reports = Vec::new();
        for offering in &goods.offerings[..SPARE] {
            let report = json!({ "subject_type": "listing", "subject_id": offering, "reason": "spam" });
            reports.push(id_of(&customer.post("/api/v1/reports", &report).await.done()));
        }
        let mut carts = Vec::new();
        for offering in &goods.offerings[..SPARE] {
            let line = json!({ "offering_id": offering, "quantity": "1" });
            let begun = market.server.post("/api/v1/cart/lines").json(&line);
            carts.push(crate::actors::Answer::to(begun).await.done()["cart_token"].clone());
            customer.puts(*offering, "1").await;
        }
        let sessions = customer.get("/api/v1/auth/sessions").await.done();
        let slugs: Vec<Value> = vec![slug(&gardener).await, slug(&maker).await];
        market.work().await;
        let told = customer.get("/api/v1/notifications").await.done();
        let told: Vec<Value> =
            told["items"].as_array().unwrap().iter().map(|shown| shown["id"].clone()).collect();
        let mail = Subscription { user_id: bystander.id, kind: Kind::Welcome };
        let unsubscribe = market.server.running.state.link_keys.unsubscribe.token(mail).unwrap();

        let known = json!({
            "addresses": addresses,
            "carts": carts,
            "categories": [category],
            "category_slugs": ["greens"],
            "centers": centers,
            "checkouts": checkouts,
            "notifications": told,
            "offerings": goods.offerings,
            "orders": orders,
            "places": ["Boulder, CO", "80302", "1777 Broadway, Boulder, CO 80302"],
            "plants": goods.plants,
            "reports": reports,
            "sessions": [sessions["items"][0]["id"]],
            "slugs": slugs,
            "time_zones": ["America/Denver", "America/New_York"],
            "unsubscribes": [unsubscribe],
            // Not the admin: whoever asks as admin must stay one.
            "users": [bystander.id, customer.id],
            "windows": windows,
        });
        Self { market, admin, gardener, maker, customer, known }
    }
}

async fn slug(vendor: &crate::actors::Actor<'_>) -> Value {
    vendor.get("/api/v1/me/vendor").await.done()["profile"]["slug"].clone()
}

struct Goods {
    plants: Vec<Uuid>,
    offerings: Vec<Uuid>,
    /// One to be bought of each kind, of which there is plenty.
    listing: Uuid,
    product: Uuid,
}

impl Goods {
    async fn make(gardener: &Gardener<'_>, maker: &Maker<'_>, customer: &Customer<'_>) -> Self {
        let listing = gardener.lists("Kale", "bundle", 350, "1000000").await;
        let product = maker.makes("Bowl", 2500, "1000000").await;
        let (mut plants, mut offerings, mut drafts) = (Vec::new(), vec![listing, product], Vec::new());
        for number in 0..SPARE {
            let plant = gardener.grows(&format!("Chard {number}")).await;
            let mut draft = produce(plant, "lb", 300, "10");
            draft["publish"] = json!(false);
            drafts.push(id_of(&gardener.post("/api/v1/listings", &draft).await.done()));
            offerings.push(gardener.lists(&format!("Mint {number}"), "gram", 2, "500").await);
            offerings.push(maker.makes(&format!("Cup {number}"), 1200, "20").await);
            plants.push(plant);
            plants.push(gardener.grows(&format!("Fallow {number}")).await);
        }
        customer.market.work().await;
        offerings.extend(drafts);
        Self { plants, offerings, listing, product }
    }
}

/// Orders in every state that can be had, their checkouts, and windows to choose.
async fn trade(
    gardener: &Gardener<'_>,
    maker: &Maker<'_>,
    customer: &Customer<'_>,
    goods: &Goods,
    center: Uuid,
) -> (Vec<Uuid>, Vec<Value>, Vec<String>) {
    let windows = customer.windows(center).await;
    let mut orders = Vec::new();
    for stage in 0..4 {
        let order = customer.orders(goods.listing, "1").await;
        if stage > 0 {
            customer.pays(order).await.done();
        }
        if stage > 1 {
            customer.picks_up(order, center, &windows[0]).await.done();
        }
        if stage > 2 {
            gardener.step(order, "complete").await.done();
        }
        orders.push(order);
    }
    for stage in 0..4 {
        let order = customer.orders(goods.product, "1").await;
        if stage > 0 {
            customer.pays(order).await.done();
        }
        if stage > 1 {
            maker.post(&format!("/api/v1/orders/{order}/ship"), &json!({})).await.done();
        }
        if stage > 2 {
            maker.step(order, "deliver").await.done();
        }
        orders.push(order);
    }
    let called_off = customer.orders(goods.listing, "1").await;
    customer.cancels(called_off, "it rains").await.done();
    orders.push(called_off);
    let mut checkouts = Vec::new();
    for order in &orders[..2] {
        checkouts.push(customer.order(*order).await["checkout_id"].clone());
    }
    (orders, checkouts, windows)
}
