//! Reads serde's messages for the name of the field they are about: serde says it in words only.

use kernel::InvalidCode;

/// What a deserializer refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The field's name, when the message names one that the path may lack.
    pub field: Option<String>,
    pub code: InvalidCode,
    /// For people: lowercase, without types of ours.
    pub message: String,
}

/// Explains serde's `message`.
pub(super) fn explain(message: &str) -> Refusal {
    // serde_json adds where in the text it stopped, which means nothing once the field is named.
    let message = message.split(" at line ").next().unwrap_or(message);
    let quoted = |prefix: &str| {
        let rest = message.strip_prefix(prefix)?.strip_prefix('`')?;
        rest.split_once('`').map(|(field, rest)| (field.to_owned(), rest))
    };
    if let Some((field, _)) = quoted("missing field ") {
        return Refusal {
            field: Some(field),
            code: InvalidCode::Required,
            message: "is required".to_owned(),
        };
    }
    if let Some((field, rest)) = quoted("unknown field ") {
        let known = rest.trim_start_matches(", ").replace('`', "");
        let message = format!("is not known here: {known}");
        return Refusal { field: Some(field), code: InvalidCode::Unknown, message };
    }
    if let Some((field, _)) = quoted("duplicate field ") {
        let message = "is given more than once".to_owned();
        return Refusal { field: Some(field), code: InvalidCode::NotAllowed, message };
    }
    let code =
        if message.starts_with("unknown variant") { InvalidCode::NotAllowed } else { InvalidCode::Malformed };
    // A struct's name is of no use to a caller.
    let message = match message.split_once("expected struct ") {
        Some((found, _)) => format!("{found}expected an object"),
        None => message.to_owned(),
    };
    Refusal { field: None, code, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart() {
        let missing = explain("missing field `amount` at line 1 column 9");
        assert_eq!((missing.field.as_deref(), missing.code), (Some("amount"), InvalidCode::Required));
        let unknown = explain("unknown field `nmae`, expected `name` or `price` at line 1 column 9");
        assert_eq!((unknown.field.as_deref(), unknown.code), (Some("nmae"), InvalidCode::Unknown));
        assert_eq!(unknown.message, "is not known here: expected name or price");
        let kind = explain("invalid type: integer `1`, expected struct MoneyBody at line 1 column 9");
        assert_eq!(
            (kind.field, kind.message.as_str()),
            (None, "invalid type: integer `1`, expected an object")
        );
    }
}
