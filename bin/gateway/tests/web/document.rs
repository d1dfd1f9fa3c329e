//! What tools make of the document.

use assembly::settings::Settings;
use gateway::Routes;
use gateway::openapi::Document;
use serde_json::Value;
use testkit::assert_golden;

use crate::workshop::{Workshop, repository};

const TYPES: &str = "clients/typescript/src/schema.ts";

fn document() -> Document {
    Document::of(&Routes::default(), &Settings::read(&[].into()).unwrap())
}

#[tokio::test]
async fn redocly_finds_nothing() {
    let workshop = Workshop::open();
    workshop.write("openapi.json", document().json());
    let rules = repository().join("tools/web/redocly.yaml");
    let args = ["lint", "openapi.json", "--config", rules.to_str().unwrap(), "--format", "stylish"];
    let said = workshop.run("@redocly/cli/bin/cli.js", &args).await;
    assert!(said.contains("Your API description is valid"), "{said}");
}

#[tokio::test]
async fn the_types_are_those_of_the_document() {
    let workshop = Workshop::open();
    workshop.write("openapi.json", document().json());
    // What has a default may be left out of a request.
    let args = ["openapi.json", "--output", "schema.ts", "--default-non-nullable=false"];
    workshop.run("openapi-typescript/bin/cli.js", &args).await;
    let types = workshop.read("schema.ts");
    assert_golden(TYPES, &types);
    for vague in
        ["\": unknown", "?: unknown", ": Record<string, never>;\n        ", "Record<string, unknown>"]
    {
        assert!(!types.contains(vague), "a type says {vague}");
    }
}

#[tokio::test]
async fn the_client_compiles_and_is_packed() {
    let workshop = Workshop::open();
    workshop.copy("clients/typescript", "node_modules/silkcart-client");
    workshop.run("typescript/bin/tsc", &["--project", "node_modules/silkcart-client"]).await;
    assert!(workshop.at("node_modules/silkcart-client/dist/index.d.ts").is_file());
}

/// A name made of the address changes when that does; clients call operations by their names.
#[test]
fn operations_say_their_names() {
    let document = document();
    for (path, item) in document.value()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(!name.starts_with(&format!("{method}_")), "{method} {path}: give it an operation_id");
        }
    }
}

/// What the doc comments list is what the domains know.
#[test]
fn words_are_those_of_the_domains() {
    let document = document();
    let words = |place: &str| -> Vec<String> {
        let listed = document.value().pointer(&format!("/components/schemas/{place}")).unwrap();
        let listed = listed.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned());
        listed.collect()
    };
    let of = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    let statuses = market::OrderStatus::ALL.map(market::OrderStatus::as_str);
    assert_eq!(words("OrderView/properties/status/enum"), of(&statuses));
    let roles = ::accounts::Role::ALL.map(::accounts::Role::as_str);
    assert_eq!(words("UserView/properties/roles/items/enum"), of(&roles));
    let kinds = ::accounts::VendorKind::ALL.map(::accounts::VendorKind::as_str);
    assert_eq!(words("OpenVendorBody/properties/kind/enum"), of(&kinds));
    let told = notifications::Kind::ALL.map(notifications::Kind::as_str);
    let channels = notifications::Channel::ALL.map(notifications::Channel::as_str);
    for view in ["NotificationView", "NotificationPreferenceView", "PreferenceChangeBody"] {
        assert_eq!(words(&format!("{view}/properties/kind/enum")), of(&told), "{view}");
    }
    for view in ["NotificationPreferenceView", "PreferenceChangeBody"] {
        assert_eq!(words(&format!("{view}/properties/channel/enum")), of(&channels), "{view}");
    }
    let codes: Vec<String> = gateway::ProblemKind::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(words("Problem/properties/code/enum"), codes);
    assert!(matches!(document.value()["openapi"], Value::String(_)));
}
