//! Whatever happens in whatever order, browse's read model says what its definition says.

use catalog::{
    OfferingChange, add_plant, change_offering, create_category, create_listing, create_product,
    find_own_offering, hide_offering, pause_offering, publish_offering, remove_offering, set_in_stock,
    unhide_offering,
};
use chrono::TimeDelta;
use db::Conn;
use kernel::{CategoryId, OfferingId, PlantId, UserId};
use testkit::TestDatabase;

use crate::support::*;

/// A few shops, and what they have put up so far.
struct Market {
    gardeners: Vec<(UserId, PlantId)>,
    categories: Vec<Option<CategoryId>>,
    admin: UserId,
    offerings: Vec<(UserId, OfferingId)>,
    dice: Dice,
}

impl Market {
    async fn open(conn: &mut Conn, seed: u64) -> Self {
        let mut gardeners = Vec::new();
        for _ in 0..3 {
            let gardener = gardener(conn, &[1]).await;
            gardeners.push((gardener, add_plant(conn, now(), gardener, &kale()).await.unwrap().id));
        }
        let mut categories = vec![None];
        for slug in ["greens", "herbs"] {
            let (slug, name) = (slug.to_owned(), slug.to_owned());
            let draft = catalog::CategoryDraft { slug, name, parent_id: None, sort_order: 0 };
            categories.push(Some(create_category(conn, &draft).await.unwrap().id));
        }
        Self { gardeners, categories, admin: user(conn).await, offerings: Vec::new(), dice: Dice(seed) }
    }

    /// Does something; a refusal (to publish from nowhere) is fine too. Returns what it was.
    async fn act(&mut self, conn: &mut Conn, step: i64) -> &'static str {
        let at = now() + TimeDelta::seconds(step);
        let (gardener, plant) = *self.dice.pick(&self.gardeners);
        match self.dice.roll(if self.offerings.is_empty() { 2 } else { 12 }) {
            0 => {
                let mut draft = produce_of(plant);
                draft.publish = self.dice.roll(4) > 0;
                draft.category_id = *self.dice.pick(&self.categories);
                let made = create_listing(conn, at, gardener, &draft).await;
                self.offerings.extend(made.ok().map(|made| (gardener, made.id)));
                "a new listing"
            }
            1 => {
                let made = create_product(conn, at, gardener, &mugs(&step.to_string())).await.unwrap();
                self.offerings.push((gardener, made.id));
                "a new product"
            }
            2 | 3 => {
                let reach = self.dice.pick(&REACHES);
                place(conn, gardener, Some(BOULDER), reach).await;
                "a move"
            }
            4 => {
                place(conn, gardener, None, &[]).await;
                "a move to nowhere"
            }
            _ => self.act_on_one(conn, step).await,
        }
    }

    async fn act_on_one(&mut self, conn: &mut Conn, step: i64) -> &'static str {
        let at = now() + TimeDelta::seconds(step);
        let (vendor, id) = *self.dice.pick(&self.offerings);
        match self.dice.roll(9) {
            0 => {
                drop(publish_offering(conn, at, vendor, id).await);
                "a publication"
            }
            1 => {
                pause_offering(conn, at, vendor.into(), vendor, id).await.unwrap();
                "a pause"
            }
            2 => {
                hide_offering(conn, at, self.admin, id, "bad words").await.unwrap();
                "hiding"
            }
            3 => {
                unhide_offering(conn, at, self.admin, id).await.unwrap();
                "showing again"
            }
            4 | 5 => {
                set_in_stock(conn, &[id], false).await.unwrap();
                "selling out"
            }
            6 => {
                let all: Vec<_> = self.offerings.iter().map(|(_, id)| *id).collect();
                set_in_stock(conn, &all, true).await.unwrap();
                "filling all shelves"
            }
            7 => {
                let change = OfferingChange {
                    price: Some(usd(1 + step)),
                    category_id: Some(*self.dice.pick(&self.categories)),
                    ..OfferingChange::default()
                };
                let version = find_own_offering(conn, vendor, id).await.unwrap().version;
                change_offering(conn, at, vendor.into(), vendor, id, version, &change).await.unwrap();
                "a change"
            }
            _ => {
                remove_offering(conn, at, vendor.into(), vendor, id).await.unwrap();
                self.offerings.retain(|(_, other)| *other != id);
                "a removal"
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_read_model_follows_whatever_happens() {
    let db = TestDatabase::create().await;
    let conn = &mut *db.conn().await;
    let mut most = 0;
    for seed in [0x5117_CA27, 20_300_301, 7] {
        let mut market = Market::open_again(conn, seed).await;
        for step in 0..150 {
            let what = market.act(conn, step).await;
            assert_read_model(conn, &format!("{what} (seed {seed}, step {step})")).await;
            most = most.max(count(conn, "SELECT count(*) FROM offering_reach").await);
        }
    }
    assert!(most >= 10, "there was something to get wrong: {most} rows");
}

impl Market {
    /// With a clean table.
    async fn open_again(conn: &mut Conn, seed: u64) -> Self {
        diesel_async::SimpleAsyncConnection::batch_execute(
            conn,
            "TRUNCATE offering_reach, listings, products, offerings, plants, categories, sellers CASCADE",
        )
        .await
        .unwrap();
        Self::open(conn, seed).await
    }
}
