//! What each operation can answer besides its success: read off what it takes.

use serde_json::{Map, Value, json};

use crate::ProblemKind;
use crate::problem::MEDIA_TYPE;

/// Adds the problems, and the headers that successes carry.
pub(super) fn complete(operation: &mut Map<String, Value>, method: &str, path: &str) {
    let kinds = problems(operation, path);
    let conditional = takes(operation, "header", "If-None-Match");
    let keyed = takes(operation, "header", "Idempotency-Key");
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    let Some(responses) = responses.as_object_mut() else { return };
    for (status, response) in responses.iter_mut().filter(|(status, _)| status.starts_with('2')) {
        let mut headers = Map::new();
        if conditional || (method == "patch" && status == "200") || (method == "put" && status == "200") {
            headers
                .insert("ETag".to_owned(), header("The version shown, for `If-Match` and `If-None-Match`."));
        }
        if status == "201" {
            headers.insert("Location".to_owned(), header("Where the new thing is."));
        }
        if keyed {
            let description = "`true` when the answer was given before to the same key.";
            headers.insert("Idempotent-Replayed".to_owned(), header(description));
        }
        if !headers.is_empty() {
            response["headers"] = Value::Object(headers);
        }
    }
    if conditional {
        responses.insert("304".to_owned(), json!({ "description": "What you have is still current." }));
    }
    for kind in kinds {
        let status = kind.spec().status.to_string();
        responses.entry(status).or_insert_with(|| problem(kind.spec().title));
    }
    responses.insert("default".to_owned(), problem("Any other problem"));
}

fn problems(operation: &Map<String, Value>, path: &str) -> Vec<ProblemKind> {
    let mut kinds = vec![ProblemKind::RateLimited];
    let query = parameters(operation).any(|parameter| parameter["in"] == "query");
    if query || takes(operation, "header", "Idempotency-Key") {
        kinds.push(ProblemKind::InvalidParameter);
    }
    if operation.get("security").and_then(Value::as_array).is_some_and(|required| !required.is_empty()) {
        kinds.push(ProblemKind::Unauthenticated);
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
        kinds.push(ProblemKind::RequestInFlight);
    }
    kinds
}

fn parameters(operation: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    operation.get("parameters").and_then(Value::as_array).into_iter().flatten()
}

fn takes(operation: &Map<String, Value>, place: &str, name: &str) -> bool {
    parameters(operation).any(|parameter| parameter["in"] == place && parameter["name"] == name)
}

fn header(description: &str) -> Value {
    json!({ "description": description, "schema": { "type": "string" } })
}

fn problem(description: &str) -> Value {
    json!({
        "description": description,
        "content": { MEDIA_TYPE: { "schema": { "$ref": "#/components/schemas/Problem" } } },
    })
}
