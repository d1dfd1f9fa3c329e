//! From what paperclip derives to a valid OpenAPI 3.0.3 document.
//!
//! What paperclip cannot see, doc comments say: of fields as [`marks`] reads them, of operations as
//! [`responses`] does.

use std::collections::BTreeSet;

use assembly::settings::Settings;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::{marks, names, parts, problems, responses, tags};

pub(super) const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];
pub(super) const REFERENCE: &str = "#/components/schemas/";

const DESCRIPTION: &str = "\
SilkCart's REST API. Send an access token as `Authorization: Bearer`. Every refusal is `application/problem+json` \
(RFC 9457). Lists are paged by opaque cursors: send `next_cursor` as `cursor`, with the same filters. Resources carry \
an `ETag`; send it as `If-Match` to change them. Send an `Idempotency-Key` with what must not happen twice. Money is in \
minor units, quantities are decimal strings, times are ISO 8601 in UTC.";

pub(super) fn finish(mut document: Value, settings: &Settings) -> Value {
    join_lines(&mut document);
    rename_schemas(&mut document);
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        schemas.values_mut().for_each(marks::apply);
    }
    parts::refer(&mut document);
    close_bodies(&mut document);
    names::give(&mut document);
    finish_operations(&mut document);
    problems::complete(&mut document);
    document["openapi"] = json!("3.0.3");
    document["info"] = json!({
        "title": "SilkCart",
        "version": env!("CARGO_PKG_VERSION"),
        "description": DESCRIPTION,
    });
    // The first is what the page of the API tries: where it was read from, by whatever name that is known.
    document["servers"] = json!([
        { "url": "/", "description": "where this document was read" },
        { "url": settings.server.public_url.as_str().trim_end_matches('/') },
    ]);
    document["tags"] = tags::of(&document);
    document["components"]["securitySchemes"] = json!({
        "bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "The access token that logging in or refreshing gave.",
        },
        "order_token": {
            "type": "apiKey", "in": "header", "name": "X-Order-Token",
            "description": "The secret of a guest's orders, as the answer to the checkout gave it. Ignored where an access \
                            token is sent and would do alone.",
        },
    });
    document
}

/// A doc comment's lines end where the source's do; only an empty one ends a paragraph.
fn join_lines(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if matches!(name.as_str(), "description" | "summary") => {
                        *text = text.replace("\n ", " ");
                    }
                    value => join_lines(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(join_lines),
        _ => {}
    }
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

/// Bodies refuse unknown fields (every one of them is `deny_unknown_fields`), so their schemas say so.
fn close_bodies(document: &mut Value) {
    let operations =
        document["paths"].as_object().into_iter().flat_map(Map::values).filter_map(Value::as_object);
    let mut bodies: Vec<String> = operations
        .flat_map(Map::values)
        .filter_map(|operation| operation["requestBody"]["content"].as_object())
        .flat_map(Map::values)
        .flat_map(references)
        .collect();
    let mut closed = BTreeSet::new();
    while let Some(name) = bodies.pop() {
        let schema = &mut document["components"]["schemas"][&name];
        if closed.insert(name) {
            close(schema);
            bodies.extend(references(schema));
        }
    }
}

/// The components that a schema refers to.
fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(members) => {
            let named = members.get("$ref").and_then(Value::as_str).and_then(|at| at.strip_prefix(REFERENCE));
            named.map(ToOwned::to_owned).into_iter().chain(members.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
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

/// The components that nothing cannot stand for: those with members that must be there.
fn demanding(document: &Value) -> BTreeSet<String> {
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let demands = |schema: &Value| schema["required"].as_array().is_some_and(|names| !names.is_empty());
    let schemas = schemas.into_iter().flatten().filter(|(_, schema)| demands(schema));
    schemas.map(|(name, _)| name.clone()).collect()
}

/// No body at all is an empty object.
fn say_whether_required(operation: &mut Map<String, Value>, demanding: &BTreeSet<String>) {
    if let Some(body) = operation.get_mut("requestBody") {
        body["required"] = json!(references(body).iter().any(|name| demanding.contains(name)));
    }
}

/// A body that is a file, which paperclip cannot say.
fn say_what_file(operation: &mut Map<String, Value>) {
    if operation.get("operationId").and_then(Value::as_str) == Some("upload_image") {
        let file = json!({ "schema": { "type": "string", "format": "binary" } });
        let kinds = ["image/jpeg", "image/png", "image/webp", "image/gif"];
        let content: Map<String, Value> =
            kinds.map(|kind| (kind.to_owned(), file.clone())).into_iter().collect();
        operation.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
    }
}

fn finish_operations(document: &mut Value) {
    let demanding = demanding(document);
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    for (path, item) in paths {
        let Some(item) = item.as_object_mut() else { continue };
        for (method, operation) in item.iter_mut().filter(|(name, _)| METHODS.contains(&name.as_str())) {
            let Some(operation) = operation.as_object_mut() else { continue };
            file(operation, path);
            say_who_may(operation);
            bound_parameters(operation);
            say_whether_required(operation, &demanding);
            say_what_file(operation);
            responses::complete(operation, method, path);
        }
    }
}

fn file(operation: &mut Map<String, Value>, path: &str) {
    if operation.get("tags").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        operation.insert("tags".to_owned(), json!([tag(path)]));
    }
}

/// The first word of a path that says what it is about.
pub(super) fn tag(path: &str) -> &str {
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
        let description = parameter["description"].as_str().unwrap_or_default().to_owned();
        marks::constrain(&mut parameter["schema"], &description);
        if parameter["in"] == "path"
            && let Some(said) = parameter["name"].as_str().and_then(which)
        {
            parameter["description"] = json!(said);
        }
        let bounded = match parameter["name"].as_str() {
            Some("Idempotency-Key") => {
                json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" })
            }
            Some("X-Cart-Token") => {
                json!({ "type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[!-~]+$" })
            }
            Some("If-Match") => {
                json!({ "type": "string", "pattern": "^[!-~]([ -~]*[!-~])?$", "example": "\"v1\"" })
            }
            Some("role") if parameter["in"] == "path" => {
                json!({ "type": "string", "enum": ["customer", "vendor", "rider", "admin"] })
            }
            _ => continue,
        };
        parameter["schema"] = bounded;
    }
}

/// What a part of a path says, which no doc comment stands beside.
fn which(name: &str) -> Option<&'static str> {
    match name {
        "id" => Some("Which one, by its id."),
        "offering_id" => Some("Which offering, by its id."),
        "role" => Some("Which role."),
        "token" => Some("What the link in a mail has."),
        "slug" => Some("Which storefront, by its slug."),
        _ => None,
    }
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
}
