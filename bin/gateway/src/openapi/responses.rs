//! What each operation can answer besides its success: read off what it takes, and off its doc comment, of which the
//! last sentence may be ``Problems: `some_code`, `another_code`.``

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::problems;
use crate::{ProblemKind, page};

/// Before the codes in a doc comment.
const MARK: &str = "Problems:";

/// What any operation can be answered with, before or while it is worked on.
const ANYWHERE: [ProblemKind; 10] = [
    ProblemKind::MalformedRequest,
    ProblemKind::UnknownParameter,
    ProblemKind::OriginRefused,
    ProblemKind::NotAcceptable,
    ProblemKind::RequestTimeout,
    ProblemKind::RateLimited,
    ProblemKind::Internal,
    ProblemKind::Busy,
    ProblemKind::Timeout,
    ProblemKind::Unavailable,
];

/// Adds the problems, and the headers that successes carry.
pub(super) fn complete(operation: &mut Map<String, Value>, method: &str, path: &str) {
    let mut kinds: BTreeMap<u16, Vec<ProblemKind>> = BTreeMap::new();
    for kind in said(operation).into_iter().chain(problems(operation, path)) {
        let of_status = kinds.entry(kind.spec().status).or_default();
        if !of_status.contains(&kind) {
            of_status.push(kind);
        }
    }
    let conditional = takes(operation, "header", "If-None-Match");
    let keyed = takes(operation, "header", "Idempotency-Key");
    let versioned = conditional || method == "patch";
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    let Some(responses) = responses.as_object_mut() else { return };
    for (status, response) in responses.iter_mut().filter(|(status, _)| status.starts_with('2')) {
        let mut headers = Map::new();
        if versioned {
            let description = "The version shown, for `If-Match` and `If-None-Match`.";
            headers.insert("ETag".to_owned(), header(description, true));
        }
        if status == "201" {
            headers.insert("Location".to_owned(), header("Where the new thing is.", false));
        }
        if keyed {
            let description = "`true` when the answer was given before to the same key.";
            headers.insert("Idempotent-Replayed".to_owned(), header(description, false));
        }
        headers.insert("X-Request-Id".to_owned(), header("The request, as the server's logs know it.", true));
        response["headers"] = Value::Object(headers);
        if response["description"] == page::DESCRIPTION
            && let Some(content) = response.get_mut("content").and_then(Value::as_object_mut)
            && let Some(text) = content.remove("application/json")
        {
            content.insert("text/html".to_owned(), text);
        }
    }
    if conditional {
        let tag = header("The version that is still current.", true);
        let unchanged =
            json!({ "description": "What you have is still current.", "headers": { "ETag": tag } });
        responses.insert("304".to_owned(), unchanged);
    }
    for (status, kinds) in kinds {
        responses.insert(status.to_string(), problems::reference(&kinds));
    }
}

/// The kinds that the doc comment names, which is done with them.
fn said(operation: &mut Map<String, Value>) -> Vec<ProblemKind> {
    let Some(Value::String(description)) = operation.get_mut("description") else { return Vec::new() };
    let Some((rest, codes)) = description.split_once(MARK) else { return Vec::new() };
    let codes: Vec<&str> = codes.split('`').skip(1).step_by(2).collect();
    let kinds = codes.iter().map(|code| {
        let known = ProblemKind::ALL.iter().find(|kind| kind.code() == *code);
        // A test asks for the document of every route.
        assert!(known.is_some(), "a doc comment names a problem that there is not: {code}");
        known.copied()
    });
    let kinds = kinds.flatten().collect();
    let rest = rest.trim().to_owned();
    if rest.is_empty() {
        operation.remove("description");
    } else {
        *description = rest;
    }
    kinds
}

fn problems(operation: &Map<String, Value>, path: &str) -> Vec<ProblemKind> {
    let mut kinds = Vec::from(ANYWHERE);
    if parameters(operation).any(|parameter| parameter["in"] == "query" || parameter["in"] == "header") {
        kinds.push(ProblemKind::InvalidParameter);
    }
    if takes(operation, "query", "cursor") {
        kinds.push(ProblemKind::InvalidCursor);
    }
    let required = operation.get("security").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if !required.is_empty() {
        kinds.push(ProblemKind::Unauthenticated);
    }
    // A credential in a header of its own, which may be no such thing at all.
    if required.iter().any(|one| one.get("order_token").is_some()) {
        kinds.push(ProblemKind::InvalidParameter);
    }
    if path.contains("/admin/") {
        kinds.push(ProblemKind::Forbidden);
    }
    if path.contains('{') {
        kinds.push(ProblemKind::NotFound);
    }
    if operation.contains_key("requestBody") {
        kinds.extend([
            ProblemKind::MalformedJson,
            ProblemKind::BodyTooLarge,
            ProblemKind::UnsupportedMediaType,
            ProblemKind::InvalidInput,
        ]);
    }
    if takes(operation, "header", "If-Match") {
        kinds.extend([ProblemKind::PreconditionFailed, ProblemKind::PreconditionRequired]);
    }
    if takes(operation, "header", "Idempotency-Key") {
        kinds.extend([ProblemKind::RequestInFlight, ProblemKind::IdempotencyKeyReused]);
        if parameters(operation)
            .any(|parameter| parameter["name"] == "Idempotency-Key" && parameter["required"] == true)
        {
            kinds.push(ProblemKind::IdempotencyKeyRequired);
        }
    }
    kinds
}

fn parameters(operation: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    operation.get("parameters").and_then(Value::as_array).into_iter().flatten()
}

fn takes(operation: &Map<String, Value>, place: &str, name: &str) -> bool {
    parameters(operation).any(|parameter| parameter["in"] == place && parameter["name"] == name)
}

fn header(description: &str, always: bool) -> Value {
    let mut header = json!({ "description": description, "schema": { "type": "string" } });
    if always {
        header["required"] = json!(true);
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(description: &str) -> Map<String, Value> {
        let operation =
            json!({ "description": description, "responses": { "201": {} }, "security": [{ "bearer": [] }] });
        operation.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn a_doc_comment_names_what_is_refused() {
        let mut said = operation("It grows.\n\n Problems: `plant_in_use`,\n `sku_taken`.");
        complete(&mut said, "post", "/api/v1/plants");
        assert_eq!(said["description"], "It grows.");
        let named = "#/components/responses/plant_in_use_or_sku_taken";
        assert_eq!(said["responses"]["409"]["$ref"], named);
        assert_eq!(said["responses"]["401"]["$ref"], "#/components/responses/unauthenticated");
        let mut nothing_else = operation("Problems: `plant_in_use`.");
        complete(&mut nothing_else, "post", "/api/v1/plants");
        assert!(!nothing_else.contains_key("description"));
        assert_eq!(nothing_else["responses"]["409"]["$ref"], "#/components/responses/plant_in_use");
    }

    #[test]
    #[should_panic(expected = "a problem that there is not: plant_in_us")]
    fn a_doc_comment_names_nothing_else() {
        complete(&mut operation("Problems: `plant_in_us`."), "post", "/api/v1/plants");
    }
}
