//! Types within types. Paperclip writes them out wherever they occur, without their names; here they become
//! components that others refer to, so that a generated client has a `MoneyView`, not forty of its kind.

use std::collections::{BTreeMap, HashMap};

use paperclip::v2::models::{DefaultSchemaRaw, Either};
use paperclip::v2::schema::Apiv2Schema;
use serde_json::{Map, Value, json};

use super::finish::REFERENCE;

/// Defines `T` and every named type within it.
pub(crate) fn define<T: Apiv2Schema>(definitions: &mut BTreeMap<String, DefaultSchemaRaw>) {
    define_all(T::schema_with_ref(), true, definitions);
}

fn define_all(
    mut schema: DefaultSchemaRaw,
    is_described: bool,
    definitions: &mut BTreeMap<String, DefaultSchemaRaw>,
) {
    for property in schema.properties.values() {
        define_all((**property).clone(), false, definitions);
    }
    if let Some(items) = &schema.items {
        define_all((**items).clone(), true, definitions);
    }
    if let Some(Either::Right(values)) = &schema.extra_props {
        define_all((**values).clone(), true, definitions);
    }
    let Some(name) = schema.name.take() else { return };
    if !is_described {
        // What it is called here says nothing of the type.
        schema.description = definitions.get(&name).and_then(|known| known.description.clone());
    }
    schema.remove_refs();
    definitions.insert(name, schema);
}

/// Replaces what is written out within components by references to the components that it is equal to.
pub(super) fn refer(document: &mut Value) {
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else {
        return;
    };
    let mut known: HashMap<String, Vec<String>> = HashMap::new();
    for (name, schema) in schemas.iter().filter(|(_, schema)| schema["properties"].is_object()) {
        known.entry(essence(schema)).or_default().push(name.clone());
    }
    for (name, schema) in schemas.iter_mut() {
        inner(schema).for_each(|schema| replace(schema, &known, is_body(name)));
    }
}

fn replace(schema: &mut Value, known: &HashMap<String, Vec<String>>, in_body: bool) {
    let equals = known.get(&essence(schema)).into_iter().flatten();
    // A view and a body may look alike.
    let Some(name) = equals.min_by_key(|name| is_body(name) != in_body) else {
        inner(schema).for_each(|schema| replace(schema, known, in_body));
        return;
    };
    let reference = json!({ "$ref": format!("{REFERENCE}{name}") });
    let mut around = Map::new();
    for member in ["description", "nullable"] {
        if let Some(value) = schema.get(member) {
            around.insert(member.to_owned(), value.clone());
        }
    }
    // Nothing may stand beside a reference.
    *schema = if around.is_empty() {
        reference
    } else {
        around.insert("allOf".to_owned(), json!([reference]));
        Value::Object(around)
    };
}

fn is_body(name: &str) -> bool {
    name.ends_with("Body")
}

/// The schema without what is said of its place.
fn essence(schema: &Value) -> String {
    let mut essence = schema.clone();
    if let Some(members) = essence.as_object_mut() {
        members.remove("description");
        members.remove("nullable");
    }
    essence.to_string()
}

/// The schemas right within one.
fn inner(schema: &mut Value) -> impl Iterator<Item = &mut Value> {
    let (mut properties, mut others) = (None, Vec::new());
    for (member, value) in schema.as_object_mut().into_iter().flatten() {
        match member.as_str() {
            "properties" => properties = value.as_object_mut(),
            "items" | "additionalProperties" => others.push(value),
            _ => {}
        }
    }
    properties.into_iter().flat_map(|properties| properties.values_mut()).chain(others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_name_is_referred_to() {
        let money = |description: &str| {
            let amount = json!({ "type": "integer" });
            json!({ "type": "object", "description": description, "properties": { "amount": amount } })
        };
        let mut document = json!({ "components": { "schemas": {
            "MoneyView": money("An amount."),
            "MoneyBody": money("An amount."),
            "CartView": { "properties": { "total": money("The sum."), "n": { "type": "integer" } } },
            "PriceBody": { "properties": { "prices": { "items": money("An amount.") } } },
        } } });
        refer(&mut document);
        let schemas = &document["components"]["schemas"];
        let total = &schemas["CartView"]["properties"]["total"];
        let view =
            json!({ "description": "The sum.", "allOf": [{ "$ref": "#/components/schemas/MoneyView" }] });
        assert_eq!(total, &view);
        let items = &schemas["PriceBody"]["properties"]["prices"]["items"];
        assert_eq!(items["allOf"][0]["$ref"], "#/components/schemas/MoneyBody");
        assert_eq!(schemas["CartView"]["properties"]["n"], json!({ "type": "integer" }));
        assert_eq!(schemas["MoneyView"], money("An amount."));
    }
}
