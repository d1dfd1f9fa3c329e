//! Parameters, cursors, paths, methods and ids that do not exist or make no sense.

use reqwest::Method;
use serde_json::json;

use super::{Scene, names, refused};
use crate::actors::{Answer, BOULDER, Market};
use crate::document::Operation;

const INVALID: (u16, &str) = (400, "invalid_parameter");

fn has(operation: &Operation, parameter: &str) -> bool {
    operation.query.iter().any(|(name, _)| name == parameter)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_cannot_be_used_is_named() {
    let market = Market::open().await;
    let scene = Scene::set(&market).await;
    let before = scene.rows().await;
    for operation in &scene.operations {
        let ask = |query: &str| scene.request(operation, &format!("?{query}"));
        let name = operation.name();
        names(ask("surprise=1"), (400, "unknown_parameter"), "query/surprise", &name).await;
        for (parameter, kind) in &operation.query {
            let pointer = format!("query/{parameter}");
            let mut values = vec!["%00", "%FF", "a%01b"];
            if kind != "string" {
                values.extend(["abc", "", "0x10", "1;2"]);
            }
            for value in values {
                let query = format!("{parameter}={value}");
                names(ask(&query), INVALID, &pointer, &format!("{name}?{query}")).await;
            }
            let twice = format!("{parameter}=1&{parameter}=1");
            names(ask(&twice), INVALID, &pointer, &format!("{name}?{twice}")).await;
            if kind == "integer" {
                let huge = format!("{parameter}=99999999999999999999");
                names(ask(&huge), INVALID, &pointer, &format!("{name}?{huge}")).await;
            }
        }
        if has(operation, "limit") {
            for limit in ["0", "-1", "101", "1.5", "ten", "-9223372036854775808"] {
                let query = format!("limit={limit}");
                names(ask(&query), INVALID, "query/limit", &format!("{name}?{query}")).await;
            }
        }
        if has(operation, "lat") {
            for (query, pointer) in [
                ("lat=91&lon=0", "query/lat"),
                ("lat=NaN&lon=0", "query/lat"),
                ("lat=1e999&lon=0", "query/lat"),
                ("lat=0&lon=181", "query/lon"),
                ("lat=0&lon=inf", "query/lon"),
                ("lat=40", "query/lon"),
                ("lon=-105", "query/lat"),
            ] {
                names(ask(query), INVALID, pointer, &format!("{name}?{query}")).await;
            }
        }
        for parameter in ["status", "kind", "type", "sort", "category", "since", "role"] {
            if has(operation, parameter) {
                let query = format!("{parameter}=nonsense");
                let pointer = format!("query/{parameter}");
                names(ask(&query), INVALID, &pointer, &format!("{name}?{query}")).await;
            }
        }
    }
    assert_eq!(scene.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_goes_on_with_its_own_list_only() {
    let market = Market::open().await;
    let scene = Scene::set(&market).await;
    let mine = "/api/v1/vendor/listings?limit=1";
    let page = scene.owner.get(mine).await.done();
    let cursor = page["next_cursor"].as_str().unwrap().to_owned();
    let next = scene.owner.get(&format!("{mine}&cursor={cursor}")).await.done();
    assert_ne!(next["items"][0]["id"], page["items"][0]["id"]);
    let mut flipped = cursor.clone().into_bytes();
    flipped[3] ^= 1;
    let flipped = String::from_utf8(flipped).unwrap();

    let lists: Vec<&Operation> =
        scene.operations.iter().filter(|operation| has(operation, "cursor")).collect();
    assert!(lists.len() > 10, "the document has lost its lists");
    for list in lists {
        let long = "A".repeat(4000);
        for forged in ["forged", "", "%2B%2F%3D", flipped.as_str(), long.as_str()] {
            let what = format!("{} with {forged:.20}", list.name());
            refused(scene.request(list, &format!("?cursor={forged}")), &what)
                .await
                .refused(400, "invalid_cursor");
        }
        if list.path != "/api/v1/vendor/listings" {
            let foreign = scene.request(list, &format!("?limit=1&cursor={cursor}"));
            refused(foreign, &list.name()).await.refused(400, "invalid_cursor");
        }
    }
    let other = market.gardener("Vera", BOULDER).await;
    other.get(&format!("{mine}&cursor={cursor}")).await.refused(400, "invalid_cursor");

    // Nor with another filter or sort; a limit is neither.
    let browse = "/api/v1/listings?kind=listing";
    let page = market.get(&format!("{browse}&limit=1")).await.done();
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(market.get(&format!("{browse}&limit=50&cursor={cursor}")).await.status, 200);
    for query in ["kind=product", "kind=listing&sort=cheapest", "kind=listing&q=plum", "limit=1"] {
        let path = format!("/api/v1/listings?{query}&cursor={cursor}");
        market.get(&path).await.refused(400, "invalid_cursor");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_methods_and_ids_that_do_not_exist() {
    let market = Market::open().await;
    let scene = Scene::set(&market).await;
    let before = scene.rows().await;
    for path in [
        "/",
        "/api",
        "/api/v2/listings",
        "/api/v1/listing",
        "/api/v1/orders/1/2/3/4",
        "/.env",
        "/%00",
        "/a%ff",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = refused(market.server.ask(method, path), path).await;
            answer.refused(404, "not_found");
        }
    }
    for operation in &scene.operations {
        let known: Vec<&Method> = scene
            .operations
            .iter()
            .filter(|other| other.path == operation.path)
            .map(|other| &other.method)
            .collect();
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            if !known.contains(&&method) {
                let id = uuid::Uuid::new_v4().to_string();
                let request = scene.owner.ask(method.clone(), &operation.at(&id)).json(&json!({}));
                let what = format!("{method} {}", operation.path);
                // A literal path may stand where a variable one takes other methods.
                let answer = refused(request, &what).await;
                assert!(answer.headers.contains_key("allow"), "{what}");
                answer.refused(405, "method_not_allowed");
            }
        }
        if operation.is_templated() {
            let nobody = "00000000-0000-0000-0000-00000000000g";
            for id in [
                "1",
                "not-an-id",
                nobody,
                "%00",
                "%FF",
                "%2e%2e%2f",
                "' OR 1=1 --",
                "-1",
                "null",
                "%F0%9F%8D%85",
            ] {
                let mut request = scene.about(operation, id, "");
                if let Some(body) = operation.sample() {
                    request = request.json(&body);
                }
                let what = format!("{} of {id}", operation.name());
                refused(request, &what).await.refused(404, "not_found");
            }
        }
    }
    assert_eq!(scene.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_make_no_sense() {
    let market = Market::open().await;
    let scene = Scene::set(&market).await;
    let before = scene.rows().await;
    for operation in scene.operations.iter().filter(|operation| operation.is_conditional()) {
        let id = scene.request(operation, "").build().unwrap().url().path().to_owned();
        let bare = || {
            let actor = if operation.path.contains("/admin/") { &*scene.admin } else { &*scene.owner };
            actor.ask(operation.method.clone(), &id).json(&operation.sample().unwrap())
        };
        refused(bare(), &operation.name()).await.refused(428, "precondition_required");
        for stale in ["\"v0\"", "\"v99\"", "W/\"v1\"", "v1", "\"v99999999999999999999\"", "\"\""] {
            let what = format!("{} if {stale}", operation.name());
            let answer = refused(bare().header("if-match", stale), &what).await;
            assert_eq!(answer.body["code"], "precondition_failed", "{what}: {}", answer.body);
        }
    }
    let key = |key: &str| {
        let request = scene.owner.ask(Method::POST, "/api/v1/checkout").json(&json!({}));
        request.header("idempotency-key", key.as_bytes())
    };
    for bad in ["", "two words", "caf\u{e9}", &"k".repeat(256)] {
        names(key(bad), INVALID, "header/idempotency-key", bad).await;
    }
    names(key("one").header("idempotency-key", "two"), INVALID, "header/idempotency-key", "two keys").await;
    for bad in ["", &"t".repeat(101), "caf\u{e9}"] {
        let request = market.server.get("/api/v1/cart").header("x-cart-token", bad.as_bytes());
        names(request, INVALID, "header/x-cart-token", bad).await;
    }
    let path = format!("/api/v1/orders/{}", scene.things.guests["/api/v1/orders/"]);
    let opens = |token: &str| market.server.get(&path).header("x-order-token", token.as_bytes());
    names(opens("caf\u{e9}"), INVALID, "header/x-order-token", "no text").await;
    Answer::to(opens("")).await.refused(401, "unauthenticated");
    Answer::to(opens(&"t".repeat(1000))).await.refused(404, "not_found");
    for bad in ["Basic QTpC", "Bearer", "Bearer a b c", "bearer", "\u{e9}"] {
        let request = market.server.get("/api/v1/me").header("authorization", bad.as_bytes());
        Answer::to(request).await.refused(401, "unauthenticated");
    }
    assert_eq!(scene.rows().await, before);
}
