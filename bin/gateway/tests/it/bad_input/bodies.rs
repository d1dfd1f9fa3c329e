//! Bodies that are no JSON, or JSON of another shape, or of the right shape with impossible values.

use serde_json::{Value, json};

use super::{Scene, names, pointed, refused};
use crate::actors::Market;
use crate::document::Operation;

const INVALID: (u16, &str) = (422, "invalid_input");
const MALFORMED: (u16, &str) = (400, "malformed_json");

/// A member of a body: where it is, what it is, and whether it must be there.
struct Field {
    pointer: String,
    schema: Value,
}

/// Every member of the body, those of nested objects too.
fn fields(prefix: &str, schema: &Value, found: &mut Vec<Field>) {
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        let pointer = format!("{prefix}/{name}");
        fields(&pointer, schema, found);
        if schema["type"] == "array" {
            fields(&format!("{pointer}/0"), &schema["items"], found);
        }
        found.push(Field { pointer, schema: schema.clone() });
    }
}

fn bodies(scene: &Scene<'_>) -> Vec<(Operation, Value, Vec<Field>)> {
    let with_body = scene.operations.iter().filter_map(|operation| {
        let mut found = Vec::new();
        fields("", operation.body.as_ref()?, &mut found);
        Some((operation.clone(), scene.sample(operation)?, found))
    });
    let bodies: Vec<_> = with_body.collect();
    assert!(bodies.len() > 20, "the document has lost its bodies");
    bodies
}

/// The body with another value in one place.
fn with(sample: &Value, pointer: &str, value: Value) -> Value {
    let mut body = sample.clone();
    *body.pointer_mut(pointer).unwrap() = value;
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_json_is_malformed() {
    let market = Market::open().await;
    let scene = Scene::set(&market).await;
    let before = scene.rows().await;
    for (operation, sample, _) in bodies(&scene) {
        let name = operation.name();
        let send = |kind: &'static str, body: Vec<u8>| {
            scene.request(&operation, "").header("content-type", kind).body(body)
        };
        let json = "application/json";
        let sound = sample.to_string();
        let deep = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
        for text in [" ", "{", "not json", "{\"a\":}", "{'a':1}", "\u{feff}{}", deep.as_str()] {
            let what = format!("{name} with {:?}", &text[..text.len().min(20)]);
            let answer = refused(send(json, text.as_bytes().to_vec()), &what).await;
            assert!(
                ["malformed_json", "invalid_input"].contains(&answer.body["code"].as_str().unwrap()),
                "{what}"
            );
        }
        refused(send(json, format!("{sound} x").into_bytes()), &name).await.refused(MALFORMED.0, MALFORMED.1);
        let mut latin = sound.clone().into_bytes();
        latin.insert(2, 0xff);
        refused(send(json, latin), &name).await.refused(MALFORMED.0, MALFORMED.1);
        for kind in ["text/plain", "application/xml", "application/json; charset=latin1"] {
            refused(send(kind, sound.clone().into_bytes()), &name)
                .await
                .refused(415, "unsupported_media_type");
        }
        let bare = scene.request(&operation, "").body(sound.clone());
        refused(bare, &name).await.refused(415, "unsupported_media_type");
    }
    assert_eq!(scene.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_body_what_is_required_is_named() {
    let market = Market::open().await;
    let scene = Scene::set(&market).await;
    let before = scene.rows().await;
    let mut asked = 0;
    for (operation, _, _) in bodies(&scene) {
        let schema = operation.body.as_ref().unwrap();
        let Some(required) = schema["required"].as_array() else { continue };
        let name = operation.name();
        let told = refused(scene.request(&operation, ""), &name).await.refused(INVALID.0, INVALID.1);
        let missing = told["errors"][0]["pointer"].as_str().unwrap().trim_start_matches('/');
        assert!(required.iter().any(|member| member == missing), "{name}: {told}");
        assert_eq!(told["errors"][0]["code"], "required", "{name}");
        asked += 1;
    }
    assert!(asked > 10, "the document has lost what is required");
    assert_eq!(scene.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_of_another_type_is_named() {
    let market = Market::open().await;
    let scene = Scene::set(&market).await;
    let before = scene.rows().await;
    for (operation, sample, fields) in bodies(&scene) {
        let name = operation.name();
        let send = |body: &Value| scene.request(&operation, "").json(body);
        let positional: Value = sample.as_object().unwrap().values().map(|_| Value::Null).collect();
        for body in [json!([]), json!("text"), json!(5), json!(true), Value::Null, positional] {
            let what = format!("{name} with {body}");
            names(send(&body), INVALID, "", &what).await;
        }
        let mut surprising = sample.clone();
        surprising["surprise"] = json!(1);
        names(send(&surprising), INVALID, "/surprise", &name).await;
        for field in fields {
            let others = match field.schema["type"].as_str().unwrap() {
                "string" => vec![json!(5), json!(true), json!({}), json!([])],
                "integer" => vec![json!("5"), json!(1.5), json!(true), json!({}), json!([])],
                "boolean" => vec![json!("true"), json!(1), json!({})],
                "array" => vec![json!("x"), json!(5), json!({})],
                "object" => vec![json!("x"), json!(5), json!(true)],
                other => panic!("{name}: how would one get {other} wrong?"),
            };
            for value in others {
                let what = format!("{name}: {value} as {}", field.pointer);
                names(send(&with(&sample, &field.pointer, value)), INVALID, &field.pointer, &what).await;
            }
            if field.schema["type"] == "object" {
                let surprise = format!("{}/surprise", field.pointer);
                let mut body = sample.clone();
                body.pointer_mut(&field.pointer).unwrap()["surprise"] = json!(1);
                names(send(&body), INVALID, &surprise, &format!("{name}: {surprise}")).await;
            }
        }
    }
    assert_eq!(scene.rows().await, before);
}

/// What is refused whatever it stands for; where a field has a secret or an id, as one that is not known.
#[tokio::test(flavor = "multi_thread")]
async fn impossible_texts_and_numbers_are_refused() {
    let market = Market::open().await;
    let scene = Scene::set(&market).await;
    let before = scene.rows().await;
    let (mut named, mut all) = (0, 0);
    for (operation, sample, fields) in bodies(&scene) {
        for field in fields {
            let texts = || vec![json!("a\0b"), json!("\u{202e}\u{7}"), json!("x".repeat(100_000))];
            let values: Vec<Value> = match field.schema["type"].as_str().unwrap() {
                "string" if field.pointer.ends_with("quantity") || field.pointer.contains("quantity_") => {
                    let odd = [
                        "-1",
                        "1e400",
                        "NaN",
                        "inf",
                        "",
                        " ",
                        "0x10",
                        "1,5",
                        "99999999999999999999",
                        "0.0001",
                    ];
                    odd.map(Value::from).into_iter().chain(texts()).collect()
                }
                "string" => texts(),
                "integer" => vec![json!(i64::MIN), json!(i64::MAX), json!(u64::MAX), json!(1e300)],
                _ => continue,
            };
            for value in values {
                let shown = value.to_string();
                let what =
                    format!("{}: {} as {}", operation.name(), &shown[..shown.len().min(30)], field.pointer);
                let body = with(&sample, &field.pointer, value);
                let answer = refused(scene.request(&operation, "").json(&body), &what).await;
                if answer.body["code"] == "invalid_input" {
                    // An amount may be refused together with its currency, as a price.
                    let whole = field.pointer.strip_suffix("/amount").unwrap_or(&field.pointer);
                    assert!(pointed(&answer.body, whole), "{what}: {}", answer.body);
                    named += 1;
                }
                all += 1;
            }
            let what = format!("{}: far too long {}", operation.name(), field.pointer);
            if field.schema["type"] == "string" {
                let body = with(&sample, &field.pointer, json!("x".repeat(1 << 20)));
                refused(scene.request(&operation, "").json(&body), &what)
                    .await
                    .refused(413, "body_too_large");
            }
            if field.schema["type"] == "integer" {
                let body =
                    with(&sample, &field.pointer, json!("HUGE")).to_string().replace("\"HUGE\"", "1e400");
                let request = scene.request(&operation, "").header("content-type", "application/json");
                refused(request.body(body), &what).await.refused(MALFORMED.0, MALFORMED.1);
            }
        }
    }
    assert!(named * 10 > all * 7, "most are refused for what they are: {named} of {all}");
    assert_eq!(scene.rows().await, before);
}
