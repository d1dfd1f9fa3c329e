//! `docs/frontend.md` does what it says: its blocks are one program.

use std::ffi::OsStr;
use std::time::Duration;

use reqwest::Method;

use crate::shop::Shop;
use crate::workshop::{Workshop, repository};

const PACKAGE: &str = r#"{ "type": "module" }"#;
/// The client's own strictness, for a program beside it.
const CONFIG: &str = r#"{
  "extends": "./node_modules/silkcart-client/tsconfig.json",
  "compilerOptions": { "types": ["node"], "declaration": false, "rootDir": ".", "outDir": "out" },
  "include": ["day.ts"]
}"#;

/// Every ts block of the page, in order.
fn program() -> String {
    let page = std::fs::read_to_string(repository().join("docs/frontend.md")).unwrap();
    let blocks = page.split("```ts\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frontends_day_goes_as_the_page_says() {
    let (shop, workshop) = (Shop::open().await, Workshop::open());
    workshop.copy("clients/typescript", "node_modules/silkcart-client");
    workshop.run("typescript/bin/tsc", &["--project", "node_modules/silkcart-client"]).await;
    workshop.write("package.json", PACKAGE);
    workshop.write("tsconfig.json", CONFIG);
    workshop.write("day.ts", &program());
    workshop.run("typescript/bin/tsc", &["--project", "."]).await;

    let url = [("SILKCART_URL", shop.running.base_url.as_str())];
    let said = workshop.node(&[OsStr::new("out/day.js")], &url).await;
    assert!(said.trim_end().ends_with("the day is over"), "{said}");
    shop.running.stop().await.unwrap();
}

/// What the client sends and reads is what a browser lets a page of another origin send and read.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_lets_the_client_through() {
    let shop = Shop::open().await;
    let source =
        std::fs::read_to_string(repository().join("clients/typescript/src/index.ts")).unwrap() + &program();
    let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
    let url = format!("{}/api/v1/me", shop.running.base_url);
    let origin = "http://localhost:5173";
    let asked = [
        "authorization",
        "content-type",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "last-event-id",
        "x-cart-token",
        "x-order-token",
    ];
    let preflight = client.request(Method::OPTIONS, &url).header("origin", origin);
    let preflight = preflight.header("access-control-request-method", "PATCH");
    let preflight = preflight.header("access-control-request-headers", asked.join(", "));
    let answer = preflight.send().await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
    assert_eq!(answer.headers()["access-control-allow-origin"], origin);
    let allowed = answer.headers()["access-control-allow-headers"].to_str().unwrap().to_lowercase();
    for name in asked {
        assert!(allowed.contains(name), "{name}: {allowed}");
        assert!(source.to_lowercase().contains(name), "{name}: the page or the client shows it");
    }

    let answer = client.get(&url).header("origin", origin).send().await.unwrap();
    let exposed = answer.headers()["access-control-expose-headers"].to_str().unwrap().to_lowercase();
    let read: Vec<&str> =
        source.split("headers.get(\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(read.contains(&"Retry-After") && read.contains(&"ETag"), "{read:?}");
    for name in read {
        assert!(exposed.contains(&name.to_lowercase()), "{name}: {exposed}");
    }
    shop.running.stop().await.unwrap();
}
