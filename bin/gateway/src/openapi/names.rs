//! The names of operations, by which generated clients call them.
//!
//! A handler says its own (`operation_id`). Where it answers at several addresses, the name belongs to the versioned
//! one that is about the thing it names; the others are told apart by theirs.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::finish::{METHODS, tag};

const VERSION: &str = "/api/v1/";

/// Gives every operation a name of its own, whatever the order of routes.
pub(super) fn give(document: &mut Value) {
    let mut claims: HashMap<String, Vec<String>> = HashMap::new();
    each(document, |path, method, operation| {
        claims.entry(base(path, method, operation)).or_default().push(path.to_owned());
    });
    each(document, |path, method, operation| {
        let base = base(path, method, operation);
        let owner = claims[&base].iter().min_by_key(|other| remoteness(other, &base));
        let is_owner = owner.is_none_or(|owner| owner == path);
        let name = if is_owner { base } else { apart(&base, path) };
        operation.insert("operationId".to_owned(), json!(name));
    });
}

fn each(document: &mut Value, mut act: impl FnMut(&str, &str, &mut Map<String, Value>)) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (path, item) in paths.into_iter().flatten() {
        let operations = item.as_object_mut().into_iter().flatten();
        for (method, operation) in operations.filter(|(name, _)| METHODS.contains(&name.as_str())) {
            if let Some(operation) = operation.as_object_mut() {
                act(path, method, operation);
            }
        }
    }
}

/// What the handler says, or what the address does.
fn base(path: &str, method: &str, operation: &Map<String, Value>) -> String {
    if let Some(given) = operation.get("operationId").and_then(Value::as_str) {
        return given.to_owned();
    }
    let words =
        path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !matches!(*word, "" | "api" | "v1"));
    std::iter::once(method).chain(words).collect::<Vec<_>>().join("_")
}

/// How far an address is from being the one that the name means.
fn remoteness<'p>(path: &'p str, name: &str) -> (bool, bool, &'p str) {
    (!path.starts_with(VERSION), !name.contains(tag(path).trim_end_matches('s')), path)
}

fn apart(name: &str, path: &str) -> String {
    if path.starts_with(VERSION) { format!("{name}_at_{}", tag(path)) } else { format!("{name}_unversioned") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_called_what_it_does() {
        let mut document = json!({ "paths": {
            "/api/listings": { "get": { "operationId": "browse" } },
            "/api/v1/listings": { "get": { "operationId": "browse" }, "parameters": [] },
            "/api/v1/listings/{id}": { "get": { "operationId": "show_offering" } },
            "/api/v1/offerings/{id}": { "get": { "operationId": "show_offering" } },
            "/api/v1/me": { "get": {} },
        } });
        give(&mut document);
        for (path, name) in [
            ("/api/listings", "browse_unversioned"),
            ("/api/v1/listings", "browse"),
            ("/api/v1/listings/{id}", "show_offering_at_listings"),
            ("/api/v1/offerings/{id}", "show_offering"),
            ("/api/v1/me", "get_me"),
        ] {
            assert_eq!(document["paths"][path]["get"]["operationId"], name);
        }
    }
}
