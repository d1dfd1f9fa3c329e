//! Names that look like other names.

use serde_json::json;

use crate::actors::{Answer, Market};

const PASSWORD: &str = "a turnip for your thoughts";

async fn register(market: &Market, email: &str) -> Answer {
    let body = json!({ "email": email, "password": PASSWORD, "display_name": "Somebody" });
    Answer::to(market.server.post("/api/v1/auth/register").json(&body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_mailbox_has_one_account_however_it_is_spelt() {
    let market = Market::open().await;
    register(&market, "kale.figs@example.com").await.done();
    for same in [
        "KALE.FIGS@EXAMPLE.COM",
        "  kale.figs@example.com\t",
        // The sign of the kelvin, a ligature, letters and a sign of full width.
        "\u{212a}ale.figs@example.com",
        "kale.\u{fb01}gs@example.com",
        "\u{ff4b}ale.figs@example.com",
        "kale.figs\u{ff20}example.com",
        "kale.figs@\u{ff45}xample.com",
        "kale.figs@example\u{ff0e}com",
    ] {
        register(&market, same).await.refused(409, "email_taken");
        let body = json!({ "email": same, "password": PASSWORD });
        Answer::to(market.server.post("/api/v1/auth/login").json(&body)).await.done();
    }
    for none in [
        "kale.figs@example.com.",
        "kale.figs@example..com",
        "kale.figs\u{200b}@example.com",
        "kale.figs\u{200d}@example.com",
        "kale\u{ad}.figs@example.com",
        "\u{202e}kale.figs@example.com",
        "kale.figs@example.com\r\nbcc: all@example.com",
        "kale.figs@example.com\u{0}",
        "kale.figs@example.com,bob@example.com",
        "Kale <kale.figs@example.com>",
        "kale.figs@[127.0.0.1]",
    ] {
        let told = register(&market, none).await.refused(422, "invalid_input");
        assert_eq!(told["errors"][0]["pointer"], "/email", "{none:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_has_an_address_of_plain_letters() {
    let market = Market::open().await;
    let mut slugs = Vec::new();
    for (name, business) in [
        ("Ana", "Green Acre"),
        // Of full width, in Cyrillic, with what cannot be seen, and turned around.
        ("Bea", "\u{ff27}reen Acre"),
        ("Cid", "Gr\u{435}en Acre"),
        ("Dot", "Green\u{200b} Acre"),
        ("Eve", "\u{202e}ercA neerG"),
        ("Fay", "../../admin"),
    ] {
        let actor = market.newcomer(name).await;
        let answer =
            actor.post("/api/v1/me/vendor", &json!({ "kind": "maker", "business_name": business })).await;
        let Some(slug) = answer.body["profile"]["slug"].as_str() else {
            assert_eq!(answer.status, 422, "{business:?}: {}", answer.body);
            continue;
        };
        let plain =
            slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        assert!(plain && !slug.starts_with('-') && !slug.ends_with('-'), "{business:?}: {slug}");
        assert!(!slugs.contains(&slug.to_owned()), "{business:?}: {slug}");
        slugs.push(slug.to_owned());
    }
    assert!(slugs.len() >= 3, "{slugs:?}");
}
