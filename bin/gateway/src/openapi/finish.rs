//! From what paperclip derives to a valid OpenAPI 3.0.3 document.
//!
//! Two marks in a field's doc comment say what paperclip cannot see: `(default: ..)` makes the field optional (for
//! `#[serde(default)]`), `(nullable)` allows `null`.

use std::collections::{BTreeSet, HashSet};

use kernel::Limit;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::responses;
use crate::settings::Settings;

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];
const REFERENCE: &str = "#/components/schemas/";

const DESCRIPTION: &str = "\
SilkCart's REST API. Send an access token as `Authorization: Bearer`. Every refusal is `application/problem+json` \
(RFC 9457). Lists are paged by opaque cursors: send `next_cursor` as `cursor`, with the same filters. Resources carry \
an `ETag`; send it as `If-Match` to change them. Send an `Idempotency-Key` with what must not happen twice. Money is in \
minor units, quantities are decimal strings, times are ISO 8601 in UTC.";

pub(super) fn finish(mut document: Value, settings: &Settings) -> Value {
    rename_schemas(&mut document);
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        schemas.values_mut().for_each(apply_marks);
    }
    close_bodies(&mut document);
    finish_operations(&mut document);
    document["openapi"] = json!("3.0.3");
    document["info"] = json!({
        "title": "SilkCart",
        "version": env!("CARGO_PKG_VERSION"),
        "description": DESCRIPTION,
    });
    document["servers"] = json!([{ "url": settings.server.public_url.as_str().trim_end_matches('/') }]);
    document["tags"] = tags(&document);
    document["components"]["securitySchemes"] = json!({
        "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
    });
    document
}

/// `PageView<ItemView>` is no legal component key: it becomes `PageView_ItemView`, in references too.
fn rename_schemas(document: &mut Value) {
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        *schemas = std::mem::take(schemas).into_iter().map(|(name, schema)| (legal(&name), schema)).collect();
    }
    rename_references(document);
}

fn rename_references(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref")
                && let Some(name) = reference.strip_prefix(REFERENCE)
            {
                *reference = format!("{REFERENCE}{}", legal(&percent_decode_str(name).decode_utf8_lossy()));
            }
            members.values_mut().for_each(rename_references);
        }
        Value::Array(items) => items.iter_mut().for_each(rename_references),
        _ => {}
    }
}

fn legal(name: &str) -> String {
    let parts = name.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')));
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

fn apply_marks(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else { return };
    let mut optional = HashSet::new();
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, property) in properties {
            let description = property["description"].as_str().unwrap_or_default().to_owned();
            if description.contains("(default: ") {
                optional.insert(name.clone());
            }
            if description.contains("(nullable)") {
                property["nullable"] = json!(true);
            }
            apply_marks(property);
        }
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| name.as_str().is_none_or(|name| !optional.contains(name)));
    }
    if schema.get("required").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        schema.remove("required");
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get_mut(inner) {
            apply_marks(inner);
        }
    }
}

/// Bodies refuse unknown fields (every one of them is `deny_unknown_fields`), so their schemas say so.
fn close_bodies(document: &mut Value) {
    let operations =
        document["paths"].as_object().into_iter().flat_map(Map::values).filter_map(Value::as_object);
    let bodies: BTreeSet<String> = operations
        .flat_map(Map::values)
        .filter_map(|operation| operation["requestBody"]["content"].as_object())
        .flat_map(Map::values)
        .filter_map(|content| {
            content["schema"]["$ref"].as_str()?.strip_prefix(REFERENCE).map(ToOwned::to_owned)
        })
        .collect();
    for name in bodies {
        close(&mut document["components"]["schemas"][name]);
    }
}

fn close(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else { return };
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(close);
        schema.entry("additionalProperties").or_insert(json!(false));
    }
    if let Some(items) = schema.get_mut("items") {
        close(items);
    }
}

fn finish_operations(document: &mut Value) {
    let mut ids = HashSet::new();
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    for (path, item) in paths {
        let Some(item) = item.as_object_mut() else { continue };
        for (method, operation) in item.iter_mut().filter(|(name, _)| METHODS.contains(&name.as_str())) {
            let Some(operation) = operation.as_object_mut() else { continue };
            name(operation, method, path, &mut ids);
            say_who_may(operation);
            bound_parameters(operation);
            responses::complete(operation, method, path);
        }
    }
}

fn name(operation: &mut Map<String, Value>, method: &str, path: &str, ids: &mut HashSet<String>) {
    let given = operation.get("operationId").and_then(Value::as_str);
    let words =
        path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !matches!(*word, "" | "api" | "v1"));
    let derived = || std::iter::once(method).chain(words).collect::<Vec<_>>().join("_");
    let base = given.map_or_else(derived, ToOwned::to_owned);
    let mut id = base.clone();
    let mut copies = 1;
    // One handler may answer at two addresses.
    while !ids.insert(id.clone()) {
        copies += 1;
        id = format!("{base}_{copies}");
    }
    operation.insert("operationId".to_owned(), json!(id));
    if operation.get("tags").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        operation.insert("tags".to_owned(), json!([tag(path)]));
    }
}

/// The first word of a path that says what it is about.
fn tag(path: &str) -> &str {
    path.split('/').find(|word| !matches!(*word, "" | "api" | "v1")).unwrap_or("root")
}

/// Paperclip leaves public operations bare; the document says it outright.
fn say_who_may(operation: &mut Map<String, Value>) {
    if !operation.contains_key("security") {
        operation.insert("security".to_owned(), json!([]));
    }
    let required = operation["security"].as_array().into_iter().flatten();
    let requirements: Vec<_> = required.collect();
    let public =
        requirements.is_empty() || requirements.iter().any(|one| one.as_object().is_some_and(Map::is_empty));
    if public {
        operation.insert("x-public".to_owned(), json!(true));
    }
}

/// The bounds of the parameters that mean the same everywhere, which paperclip drops.
fn bound_parameters(operation: &mut Map<String, Value>) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten();
    for parameter in parameters {
        let bounded = match parameter["name"].as_str() {
            Some("Idempotency-Key") => {
                json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" })
            }
            Some("limit") => {
                json!({ "type": "integer", "minimum": 1, "maximum": Limit::MAX, "default": Limit::default().get() })
            }
            _ => continue,
        };
        parameter["schema"] = bounded;
    }
}

fn tags(document: &Value) -> Value {
    let operations =
        document["paths"].as_object().into_iter().flatten().filter_map(|(_, item)| item.as_object());
    let names: BTreeSet<&str> = operations
        .flat_map(Map::values)
        .filter_map(|operation| operation["tags"].as_array())
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    names.into_iter().map(|name| json!({ "name": name })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn component_keys_become_legal() {
        assert_eq!(legal("PageView<ItemView>"), "PageView_ItemView");
        assert_eq!(legal("Map<A, PageView<B>>"), "Map_A_PageView_B");
        let mut document = json!({
            "components": { "schemas": { "PageView<Item>": {} } },
            "paths": { "/x": { "$ref": "#/components/schemas/PageView%3CItem%3E" } },
        });
        rename_schemas(&mut document);
        assert_eq!(document["paths"]["/x"]["$ref"], "#/components/schemas/PageView_Item");
        assert!(document["components"]["schemas"]["PageView_Item"].is_object());
    }

    #[test]
    fn marks_say_what_the_types_do_not() {
        let mut schema = json!({
            "required": ["a", "b"],
            "properties": { "a": { "description": "How many (default: 1)." }, "b": { "description": "It (nullable)." } },
        });
        apply_marks(&mut schema);
        assert_eq!(schema["required"], json!(["b"]));
        assert_eq!(schema["properties"]["b"]["nullable"], json!(true));
    }
}
