//! Where people live.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Town, body, pointers, tag};
use crate::support::problem;

const ADDRESSES: &str = "/api/v1/me/addresses";

fn home() -> Value {
    json!({ "label": "home", "line1": "1 Main St", "city": "Denver", "state": "CO", "postal_code": "80202" })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_saved_and_soon_found() {
    let town = Town::start().await;
    let ana = town.somebody("ana@example.com").await;
    let saved = town.post(ADDRESSES, &ana, &home()).await;
    let location = saved.headers()["location"].to_str().unwrap().to_owned();
    let first = tag(&saved);
    let saved = body(saved, 201).await;
    assert_eq!(location, format!("{ADDRESSES}/{}", saved["id"].as_str().unwrap()));
    assert_eq!((&saved["country"], &saved["is_primary"]), (&json!("US"), &json!(true)));
    assert_eq!(saved["place"], json!({ "status": "pending" }));

    town.work().await;
    let found = town.ask(Method::GET, &location, &ana).header("if-none-match", &first).send().await.unwrap();
    let second = tag(&found);
    let found = body(found, 200).await;
    assert_eq!(found["place"]["status"], "located");
    let (lat, lon) = (found["place"]["lat"].as_f64().unwrap(), found["place"]["lon"].as_f64().unwrap());
    assert!((39.7..39.8).contains(&lat) && (-105.1..-104.9).contains(&lon), "{lat}, {lon}");

    let nowhere = json!({ "city": "Atlantis", "postal_code": "00000", "label": null });
    let moved = town.patch(&location, &ana, &second, &nowhere).await;
    let moved = body(moved, 200).await;
    assert_eq!((&moved["place"]["status"], moved.get("label")), (&json!("pending"), None));
    town.work().await;
    let lost = body(town.get(&location, &ana).await, 200).await;
    assert_eq!(lost["place"]["status"], "failed");
    assert!(!lost["place"]["problem"].as_str().unwrap().is_empty(), "a failure says so");
    assert_eq!(lost["line1"], "1 Main St", "and keeps the address");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_addresses_is_primary() {
    let town = Town::start().await;
    let ana = town.somebody("ana@example.com").await;
    let mut ids = Vec::new();
    for street in ["1 Main St", "2 Oak St", "3 Pine St"] {
        let mut address = home();
        address["line1"] = json!(street);
        ids.push(
            body(town.post(ADDRESSES, &ana, &address).await, 201).await["id"].as_str().unwrap().to_owned(),
        );
    }
    let primary = async || {
        let list = body(town.get(ADDRESSES, &ana).await, 200).await;
        let items = list["items"].as_array().unwrap().clone();
        items
            .into_iter()
            .filter(|item| item["is_primary"] == true)
            .map(|item| item["id"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(primary().await, [ids[0].as_str()]);
    let chosen = town.post(&format!("{ADDRESSES}/{}/primary", ids[2]), &ana, &json!({})).await;
    assert_eq!(body(chosen, 200).await["is_primary"], true);
    assert_eq!(primary().await, [ids[2].as_str()]);
    assert_eq!(town.delete(&format!("{ADDRESSES}/{}", ids[2]), &ana).await.status(), 204);
    assert_eq!(primary().await, [ids[0].as_str()]);
    let me = body(town.get("/api/v1/me", &ana).await, 200).await;
    assert_eq!(me["primary_address"]["id"], ids[0].as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_address_does_not_exist() {
    let town = Town::start().await;
    let ana = town.somebody("ana@example.com").await;
    let ben = town.somebody("ben@example.com").await;
    let saved = town.post(ADDRESSES, &ana, &home()).await;
    let path = saved.headers()["location"].to_str().unwrap().to_owned();
    problem(town.get(&path, &ben).await, 404, "not_found").await;
    problem(town.patch(&path, &ben, "*", &json!({ "city": "Boulder" })).await, 404, "not_found").await;
    problem(town.delete(&path, &ben).await, 404, "not_found").await;
    problem(town.post(&format!("{path}/primary"), &ben, &json!({})).await, 404, "not_found").await;
    assert_eq!(body(town.get(ADDRESSES, &ben).await, 200).await, json!({ "items": [] }));
    problem(town.server.get(&path).send().await.unwrap(), 401, "unauthenticated").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn saving_twice_with_one_key_saves_once() {
    let town = Town::start().await;
    let ana = town.somebody("ana@example.com").await;
    let save = async || {
        let request = town.ask(Method::POST, ADDRESSES, &ana).header("idempotency-key", "move-in");
        request.json(&home()).send().await.unwrap()
    };
    let (first, second) = (save().await, save().await);
    assert_eq!(second.headers()["idempotent-replayed"], "true");
    assert_eq!(first.headers()["etag"], second.headers()["etag"]);
    assert_eq!(body(first, 201).await, body(second, 201).await);
    assert_eq!(body(town.get(ADDRESSES, &ana).await, 200).await["items"].as_array().unwrap().len(), 1);

    let refused = town
        .post(ADDRESSES, &ana, &json!({ "line1": "", "city": "x", "state": "C", "postal_code": "1" }))
        .await;
    let refused = problem(refused, 422, "invalid_input").await;
    assert_eq!(pointers(&refused), ["/line1", "/state", "/postal_code"]);
}
