//! How the document shows problems: one schema that knows every code and every member, and one answer per set of kinds
//! with a status in common, that operations refer to.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::ProblemKind;
use crate::problem::MEDIA_TYPE;

const REFERENCE: &str = "#/components/responses/";
/// Between the codes in a set's name.
const OR: &str = "_or_";

/// The answer that is one of these kinds.
pub(super) fn reference(kinds: &[ProblemKind]) -> Value {
    let codes: Vec<String> = kinds.iter().copied().map(ProblemKind::code).collect();
    json!({ "$ref": format!("{REFERENCE}{}", codes.join(OR)) })
}

/// Completes the schema, and adds the answers that operations refer to.
pub(super) fn complete(document: &mut Value) {
    let mut used = BTreeSet::new();
    collect(&document["paths"], &mut used);
    let answers = used.into_iter().map(|name| {
        let codes: Vec<&str> = name.split(OR).collect();
        let kind = |code: &&str| ProblemKind::ALL.iter().copied().find(|kind| kind.code() == **code);
        let answer = answer(&codes.iter().filter_map(kind).collect::<Vec<_>>());
        (name, answer)
    });
    document["components"]["responses"] = Value::Object(answers.collect());

    let codes: Vec<String> = ProblemKind::ALL.iter().copied().map(ProblemKind::code).collect();
    let schemas = document["components"]["schemas"].as_object().cloned().unwrap_or_default();
    if let Some(properties) =
        document.pointer_mut("/components/schemas/Problem/properties").and_then(Value::as_object_mut)
    {
        properties["code"]["enum"] = json!(codes);
        properties.extend(members(&schemas));
    }
}

/// The names of the answers that are referred to.
fn collect(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            let name =
                members.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix(REFERENCE));
            names.extend(name.map(ToOwned::to_owned));
            members.values().for_each(|member| collect(member, names));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        _ => {}
    }
}

/// The members that some kinds have beside those of all. `docs/problems.md` explains them.
fn members(schemas: &Map<String, Value>) -> Map<String, Value> {
    let text = |description: &str| json!({ "type": "string", "description": description });
    let number = |description: &str| json!({ "type": "integer", "description": description });
    let action = "The step that was refused, for `wrong_order_state` and `not_your_step`.";
    let current = "Where the order or the center is, for `wrong_order_state` and `wrong_center_state`.";
    let available = "How much there is, for `out_of_stock` and `stock_changed`: a decimal number.";
    let remedy = "What would help, for `not_located` and `out_of_reach`.";
    let mut members = Map::from_iter([
        ("action".to_owned(), text(action)),
        ("current_status".to_owned(), text(current)),
        ("limit".to_owned(), number("How many bytes the body may have, for `body_too_large`.")),
        ("most".to_owned(), number("How many at most, for `cart_full`.")),
        ("nearest_center".to_owned(), nearest_center()),
        ("quantity_asked".to_owned(), text("How much was asked for, for `out_of_stock`: a decimal number.")),
        ("quantity_available".to_owned(), text(available)),
        ("reason".to_owned(), reason()),
        ("remedy".to_owned(), text(remedy)),
        ("shortages".to_owned(), shortages()),
    ]);
    let problems =
        "What stands in a checkout's way, for `cart_problems`, `pickup_needs_account` and `out_of_stock`.";
    let eligibility = "Who lacks what, for `not_eligible`.";
    if schemas.contains_key("CartProblemView") {
        let items = json!({ "$ref": "#/components/schemas/CartProblemView" });
        let list = json!({ "type": "array", "description": problems, "items": items });
        members.insert("problems".to_owned(), list);
    }
    if schemas.contains_key("IneligibleView") {
        let whole = json!([{ "$ref": "#/components/schemas/IneligibleView" }]);
        members.insert("eligibility".to_owned(), json!({ "description": eligibility, "allOf": whole }));
    }
    members
}

fn nearest_center() -> Value {
    json!({
        "type": "object",
        "description": "The approved center nearest to the vendor, for `out_of_reach`, where there is one.",
        "required": ["id", "name", "miles"],
        "properties": {
            "id": { "type": "string", "format": "uuid", "description": "The center." },
            "name": { "type": "string", "description": "Its name." },
            "miles": { "type": "number", "description": "Miles to it, by great circle." },
        },
    })
}

fn reason() -> Value {
    json!({
        "type": "string",
        "description": "Why, for `window_not_offered`.",
        "enum": ["not_offered", "too_soon", "past", "too_far", "length"],
    })
}

fn shortages() -> Value {
    json!({
        "type": "array",
        "description": "What falls short, for `insufficient_stock`.",
        "items": {
            "type": "object",
            "required": ["id", "quantity", "quantity_available"],
            "properties": {
                "id": { "type": "string", "format": "uuid", "description": "The offering." },
                "quantity": {
                    "type": "string", "description": "How much was asked for: a decimal number.",
                },
                "quantity_available": {
                    "type": "string", "description": "How much there is: a decimal number.",
                },
            },
        },
    })
}

fn answer(kinds: &[ProblemKind]) -> Value {
    let mut headers = Map::from_iter([(
        "X-Request-Id".to_owned(),
        header("string", "The request, as the server's logs know it; the body has it, too.", true),
    )]);
    let status = kinds.first().map_or(0, |kind| kind.spec().status);
    if status == 401 {
        let description = "How to authenticate (RFC 9110, section 11.6.1).";
        headers.insert("WWW-Authenticate".to_owned(), header("string", description, true));
    }
    if matches!(status, 429 | 503) || kinds.contains(&ProblemKind::RequestInFlight) {
        let description = "After how many seconds to try again, where that helps.";
        headers.insert("Retry-After".to_owned(), header("integer", description, status == 429));
    }
    let titles: Vec<&str> = kinds.iter().map(|kind| kind.spec().title).collect();
    let codes: Vec<String> = kinds.iter().copied().map(ProblemKind::code).collect();
    let code = json!({ "type": "object", "properties": { "code": { "type": "string", "enum": codes } } });
    json!({
        "description": titles.join("; "),
        "headers": headers,
        "content": { MEDIA_TYPE: {
            "schema": { "allOf": [{ "$ref": "#/components/schemas/Problem" }, code] },
        } },
    })
}

fn header(kind: &str, description: &str, always: bool) -> Value {
    let mut header = json!({ "description": description, "schema": { "type": kind } });
    if always {
        header["required"] = json!(true);
    }
    header
}
