//! Fields that take one of a few words. The doc comment lists them, for people and for the document alike.
//!
//! Owns how such a list is read: "One of `a`, `b` or `c`" for a text, "Any of `a`, `b`" for a list of texts.

use serde_json::{Value, json};

/// Says which words there are, where the description lists them.
pub(super) fn list(schema: &mut Value, description: &str) {
    if let Some(words) = after("One of ", description)
        && schema["type"] == "string"
    {
        schema["enum"] = json!(words);
    }
    if let Some(words) = after("Any of ", description)
        && schema["items"]["type"] == "string"
    {
        schema["items"]["enum"] = json!(words);
    }
}

fn after<'d>(opening: &str, description: &'d str) -> Option<Vec<&'d str>> {
    let (_, mut rest) = description.split_once(opening)?;
    let mut words = Vec::new();
    while let Some((word, after)) = rest.strip_prefix('`').and_then(|rest| rest.split_once('`')) {
        words.push(word);
        let after = after.strip_prefix(',').unwrap_or(after).trim_start();
        let last = after.strip_prefix("or").or_else(|| after.strip_prefix("and"));
        rest = last.map_or(after, str::trim_start);
    }
    (!words.is_empty()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(schema: Value, description: &str) -> Value {
        let mut schema = schema;
        list(&mut schema, description);
        schema
    }

    #[test]
    fn words_are_read_off_the_description() {
        let text = json!({ "type": "string" });
        let three = listed(text.clone(), "How: one thing.\nOne of `a`, `b`\n or `c`; `a` unless asked.");
        assert_eq!(three["enum"], json!(["a", "b", "c"]));
        assert_eq!(listed(text.clone(), "One of `a` and `b`.")["enum"], json!(["a", "b"]));
        assert_eq!(listed(text.clone(), "One of the order's centers, such as `a`."), text);
        assert_eq!(listed(json!({ "type": "integer" }), "One of `1`."), json!({ "type": "integer" }));
        let list = listed(json!({ "type": "array", "items": text }), "Any of `a`, `b`.");
        assert_eq!(list["items"]["enum"], json!(["a", "b"]));
    }
}
