//! What a field's doc comment says to people and paperclip cannot see, said to programs: bounds, words and forms. The
//! phrases are:
//!
//! | phrase | means |
//! |---|---|
//! | `2 to 80 characters`, `up to 80 characters` | the length of a text |
//! | `1 to 100`, `up to 201`, `at least 0`, `more than 0` | the bounds of a number, the length of a list |
//! | `up to 20 tags of 1 to 40 characters each` | those of a list and of its items |
//! | ``One of `a` or `b` ``, ``Any of `a`, `b` `` | the words that a text, or a list's items, can be: see [`words`] |
//! | `(default: true)`, `24 unless asked` | what holds when it is left out |
//! | `(nullable)` | it may be `null` |
//! | ``such as `x` `` | an example |
//! | `a decimal number`, `a time of day`, ... | a text of that form: see [`FORMS`] |

use serde_json::{Map, Value, json};

use super::words;

/// A form of texts: the phrase that names it, and the keyword that says it.
const FORMS: [(&str, &str, &str); 10] = [
    (
        "decimal number of more than zero",
        "pattern",
        r"^(0*[1-9][0-9]{0,8}(\.[0-9]{1,3})?|0+\.([1-9][0-9]{0,2}|0[1-9][0-9]?|00[1-9]))$",
    ),
    ("decimal number, perhaps negative", "pattern", r"^-?[0-9]+(\.[0-9]{1,3})?$"),
    ("decimal number", "pattern", r"^(0*[0-9]{1,9}(\.[0-9]{1,3})?|1000000000)$"),
    ("whole number", "pattern", r"^(0*[0-9]{1,9}(\.0{1,3})?|1000000000)$"),
    ("lowercase letters, digits and single hyphens", "pattern", "^[a-z0-9]+(-[a-z0-9]+)*$"),
    ("time of day", "pattern", "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"),
    ("telephone number", "pattern", r"^(\+?([ ().-]*[0-9]){7,15}[ ().-]*)?$"),
    ("ISO 3166-1 alpha-2", "pattern", "^[A-Za-z]{2}$"),
    ("An email address", "format", "email"),
    ("A date:", "format", "date"),
];

/// What may stand around a word or a number.
const PUNCTUATION: [char; 6] = [',', '.', ';', ':', '(', ')'];

/// Says all of it of an object's properties, and of what is within them.
pub(super) fn apply(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else { return };
    let mut optional = Vec::new();
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, property) in properties {
            let description = property["description"].as_str().unwrap_or_default().to_owned();
            if description.contains("(default: ") {
                optional.push(name.clone());
            }
            if name.contains("password") {
                property["format"] = json!("password");
            }
            constrain(property, &description);
            apply(property);
        }
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| name.as_str().is_none_or(|name| !optional.iter().any(|other| other == name)));
    }
    if schema.get("required").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        schema.remove("required");
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get_mut(inner) {
            apply(inner);
        }
    }
}

/// Says of one schema what its description does.
pub(super) fn constrain(schema: &mut Value, description: &str) {
    words::list(schema, description);
    let Some(schema) = schema.as_object_mut() else { return };
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let text = description.split_whitespace().collect::<Vec<_>>().join(" ");
    match kind.as_str() {
        "string" => constrain_text(schema, &text),
        "integer" | "number" => constrain_number(schema, &text),
        "array" => constrain_list(schema, &text),
        _ => {}
    }
    if text.contains("(nullable)") {
        schema.insert("nullable".to_owned(), json!(true));
        if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
            words.push(Value::Null);
        }
    }
    let default =
        between(&text, "(default: ", ")").and_then(|value| serde_json::from_str::<Value>(value).ok());
    schema.extend(default.map(|default| ("default".to_owned(), default)));
    if kind == "string"
        && let Some(example) = between(&text, "such as `", "`")
    {
        schema.insert("example".to_owned(), json!(example));
    }
}

fn constrain_text(schema: &mut Map<String, Value>, text: &str) {
    // Words are all there is to say; ids and times have a form of their own.
    let formed = schema.get("format").is_some_and(|format| format != "password");
    if formed || schema.contains_key("enum") {
        return;
    }
    let form = FORMS.iter().find(|(phrase, ..)| text.contains(phrase));
    schema.extend(form.map(|(_, keyword, value)| ((*keyword).to_owned(), json!(value))));
    let length = bounds(text).into_iter().find(|bounds| matches!(bounds.of, "characters" | "lowercase"));
    let Some(Bounds { least, most, .. }) = length else { return };
    schema.extend(most.map(|most| ("maxLength".to_owned(), json!(most))));
    schema.extend(least.map(|least| ("minLength".to_owned(), json!(least))));
    if let Some(least) = least
        && !schema.contains_key("format")
    {
        schema.entry("pattern").or_insert_with(|| json!(trimmed(least)));
    }
}

/// Blanks around a text do not count.
fn trimmed(least: i64) -> String {
    if least < 2 { r"\S".to_owned() } else { format!(r"\S[\s\S]{{{},}}\S", least - 2) }
}

fn constrain_number(schema: &mut Map<String, Value>, text: &str) {
    for Bounds { least, most, .. } in bounds(text) {
        schema.extend(least.map(|least| ("minimum".to_owned(), json!(least))));
        schema.extend(most.map(|most| ("maximum".to_owned(), json!(most))));
    }
    if text.contains("more than 0") {
        schema.extend([("minimum".to_owned(), json!(0)), ("exclusiveMinimum".to_owned(), json!(true))]);
    }
    let usual = text.split_once(" unless ").and_then(|(before, _)| parse(before.rsplit(' ').next()?));
    schema.extend(usual.map(|usual| ("default".to_owned(), json!(usual))));
}

fn constrain_list(schema: &mut Map<String, Value>, text: &str) {
    for Bounds { least, most, of, each } in bounds(text) {
        let Some(most) = most else { continue };
        if of != "characters" || !each {
            schema.insert("maxItems".to_owned(), json!(most));
        } else if let Some(items) = schema.get_mut("items").and_then(Value::as_object_mut) {
            items.insert("maxLength".to_owned(), json!(most));
            items.extend(least.map(|least| ("minLength".to_owned(), json!(least))));
            items.extend(least.map(|least| ("pattern".to_owned(), json!(trimmed(least)))));
        }
    }
}

#[derive(Debug, PartialEq)]
struct Bounds<'t> {
    least: Option<i64>,
    most: Option<i64>,
    /// The word behind it.
    of: &'t str,
    each: bool,
}

/// Every `<n> to <m>`, `up to <m>`, `at most <m>` and `at least <n>`.
fn bounds(text: &str) -> Vec<Bounds<'_>> {
    let words: Vec<&str> = text.split(' ').collect();
    let bare = |at: usize| words.get(at).map_or("", |word| word.trim_matches(PUNCTUATION));
    let mut found = Vec::new();
    for at in 1..words.len() {
        let Some(number) = parse(bare(at + 1)) else { continue };
        let before = words[at - 1].to_ascii_lowercase();
        let (least, most) = match (before.as_str(), bare(at)) {
            ("up", "to") | ("at", "most") => (None, Some(number)),
            ("at", "least") => (Some(number), None),
            (start, "to") if parse(start).is_some() => (parse(start), Some(number)),
            _ => continue,
        };
        found.push(Bounds { least, most, of: bare(at + 2), each: bare(at + 3) == "each" });
    }
    found
}

/// A number as people write it: `4,000`.
fn parse(word: &str) -> Option<i64> {
    word.trim_matches(PUNCTUATION).replace(',', "").parse().ok()
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let rest = &text[text.find(start)? + start.len()..];
    rest.split_once(end).map(|(inner, _)| inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: &str, description: &str) -> Value {
        let mut schema = json!({ "type": kind });
        if kind == "array" {
            schema["items"] = json!({ "type": "string" });
        }
        constrain(&mut schema, description);
        schema
    }

    #[test]
    fn marks_say_what_the_types_do_not() {
        let mut schema = json!({
            "required": ["a", "b"],
            "properties": { "a": { "description": "How many (default: 1)." }, "b": { "description": "It (nullable)." } },
        });
        apply(&mut schema);
        assert_eq!(schema["required"], json!(["b"]));
        assert_eq!(schema["properties"]["b"]["nullable"], json!(true));
        assert_eq!(schema["properties"]["a"]["default"], json!(1));
    }

    #[test]
    fn texts_have_lengths_words_and_forms() {
        let title = said("string", "1 to 160 characters; the plant's name unless given.");
        let expected = json!({ "type": "string", "minLength": 1, "maxLength": 160, "pattern": r"\S" });
        assert_eq!(title, expected);
        assert_eq!(said("string", "3 to 9 characters")["pattern"], json!(r"\S[\s\S]{1,}\S"));
        let prose = said("string", "Up to 4,000 characters.");
        assert_eq!(prose, json!({ "type": "string", "maxLength": 4000 }));
        let slug = said("string", "3 to 60 lowercase letters, digits and single\n hyphens.");
        assert_eq!((&slug["minLength"], &slug["maxLength"]), (&json!(3), &json!(60)));
        assert_eq!(slug["pattern"], json!("^[a-z0-9]+(-[a-z0-9]+)*$"));
        assert_eq!(said("string", "One of `each` or `lb`.")["enum"], json!(["each", "lb"]));
        assert_eq!(said("string", "How it was, 3 times, such as `x`.")["example"], json!("x"));
        assert_eq!(said("string", "How it was, 3 times."), json!({ "type": "string" }));
    }

    #[test]
    fn numbers_and_lists_have_bounds() {
        let limit = said("integer", "1 to 100, 24 unless asked.");
        assert_eq!(limit, json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 24 }));
        assert_eq!(said("number", "Degrees, -90 to 90.")["minimum"], json!(-90));
        let miles = said("number", "In miles, more than 0 and up to 201.");
        assert_eq!(
            miles,
            json!({ "type": "number", "minimum": 0, "exclusiveMinimum": true, "maximum": 201 })
        );
        assert_eq!(said("integer", "In cents, at least 0.")["minimum"], json!(0));
        assert_eq!(said("integer", "Its place, 0 unless given.")["default"], json!(0));
        let tags = said("array", "Up to 20 tags of 1 to 40 characters each.");
        let items = json!({ "type": "string", "minLength": 1, "maxLength": 40, "pattern": r"\S" });
        assert_eq!(tags, json!({ "type": "array", "maxItems": 20, "items": items }));
        assert_eq!(said("array", "Any of `pay`, `ship`.")["items"]["enum"], json!(["pay", "ship"]));
    }
}
