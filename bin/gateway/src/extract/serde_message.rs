//! Reads the messages of serde and of the parsers beneath it: for the name of the field they are about, which serde
//! says in words only, and for what was expected there, which is said in words of ours.

use kernel::InvalidCode;

/// What an instant must be like.
pub(super) const INSTANT: &str = "must be an instant such as 2030-03-02T17:00:00Z";

const NUMBER: &str = "must be a number";
const WHOLE_NUMBER: &str = "must be a whole number";
const TOO_LARGE: (InvalidCode, &str) = (InvalidCode::TooLarge, "is too large");
const TOO_SMALL: (InvalidCode, &str) = (InvalidCode::TooSmall, "is too small");

/// What a number with a fraction may be at most: beyond it stands for a whole number of too many digits.
const MOST: f64 = 9e18;

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
    let message = without_place(message);
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
    let (code, message) = of_value(message);
    Refusal { field: None, code, message }
}

/// `serde_json` adds where in the text it stopped, which means nothing once the field is named.
fn without_place(message: &str) -> &str {
    let is_place = |place: &str| {
        let numbers = place.split_once(" column ");
        numbers.is_some_and(|(line, column)| line.parse::<u64>().is_ok() && column.parse::<u64>().is_ok())
    };
    // The last one: what was sent may be part of the message, and say the same.
    match message.rsplit_once(" at line ") {
        Some((said, place)) if is_place(place) => said,
        _ => message,
    }
}

/// What is wrong with a value.
fn of_value(message: &str) -> (InvalidCode, String) {
    if let Some((code, message)) = of_parser(message) {
        return (code, message.to_owned());
    }
    if let Some((_, known)) =
        message.strip_prefix("unknown variant `").and_then(|rest| rest.rsplit_once("`, expected "))
    {
        return (InvalidCode::NotAllowed, format!("must be {}", known.replace('`', "")));
    }
    let kinds = ["invalid type: ", "invalid value: "];
    let kinds = kinds.iter().find_map(|kind| message.strip_prefix(kind)?.rsplit_once(", expected "));
    let Some((found, expected)) = kinds else { return (InvalidCode::Malformed, message.to_owned()) };
    match demand(expected) {
        WHOLE_NUMBER => {
            let (code, message) = beyond(found).unwrap_or((InvalidCode::Malformed, WHOLE_NUMBER));
            (code, message.to_owned())
        }
        "" => (InvalidCode::Malformed, format!("must be {expected}")),
        demand => (InvalidCode::Malformed, demand.to_owned()),
    }
}

/// What the parsers of chrono, uuid and the standard library say.
fn of_parser(message: &str) -> Option<(InvalidCode, &'static str)> {
    let message = match message {
        "input is out of range"
        | "no possible date and time matching input"
        | "input is not enough for unique date and time"
        | "input contains invalid characters"
        | "premature end of input"
        | "trailing input" => INSTANT,
        "invalid float literal" | "cannot parse float from empty string" => NUMBER,
        "invalid digit found in string" | "cannot parse integer from empty string" => WHOLE_NUMBER,
        "number too large to fit in target type" => return Some(TOO_LARGE),
        "number too small to fit in target type" => return Some(TOO_SMALL),
        "provided string was not `true` or `false`" => "must be true or false",
        other if other.starts_with("UUID parsing failed") => "must be a UUID",
        _ => return None,
    };
    Some((InvalidCode::Malformed, message))
}

/// What serde's `expected` asks for; empty where that is nothing of ours.
fn demand(expected: &str) -> &'static str {
    match expected {
        "i8" | "i16" | "i32" | "i64" | "isize" | "u8" | "u16" | "u32" | "u64" | "usize" => WHOLE_NUMBER,
        "f32" | "f64" => NUMBER,
        "a boolean" => "must be true or false",
        "a string" => "must be a text",
        "a sequence" => "must be a list",
        "a map" => "must be an object",
        "a formatted UUID string" => "must be a UUID",
        "an RFC 3339 formatted date and time string" => INSTANT,
        // Its name is of no use to a caller.
        other if other.starts_with("struct ") => "must be an object",
        _ => "",
    }
}

/// Whether what was found is a whole number that does not fit.
fn beyond(found: &str) -> Option<(InvalidCode, &'static str)> {
    let (kind, number) = found.strip_suffix('`')?.split_once(" `")?;
    let number: f64 = number.parse().ok()?;
    if kind != "integer" && number.abs() < MOST {
        return None;
    }
    Some(if number < 0.0 { TOO_SMALL } else { TOO_LARGE })
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use serde::Deserialize;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    #[derive(Deserialize, Debug)]
    struct Pot {
        #[serde(rename = "size")]
        _size: Size,
    }

    #[derive(Deserialize, Debug)]
    #[serde(rename_all = "lowercase")]
    enum Size {
        Small,
        Large,
    }

    fn said<T: DeserializeOwned>(value: Value) -> (InvalidCode, String) {
        let Err(error) = serde_json::from_value::<T>(value) else { panic!("it was taken") };
        let refusal = explain(&error.to_string());
        (refusal.code, refusal.message)
    }

    fn asked<T: DeserializeOwned + std::fmt::Debug>(text: &str) -> (InvalidCode, String) {
        let query = format!("x={}", text.replace(' ', "+"));
        let error = serde_urlencoded::from_str::<Vec<(String, T)>>(&query).unwrap_err();
        let refusal = explain(&error.to_string());
        (refusal.code, refusal.message)
    }

    fn malformed(message: &str) -> (InvalidCode, String) {
        (InvalidCode::Malformed, message.to_owned())
    }

    #[test]
    fn messages_are_told_apart() {
        let missing = explain("missing field `amount` at line 1 column 9");
        assert_eq!((missing.field.as_deref(), missing.code), (Some("amount"), InvalidCode::Required));
        let unknown = explain("unknown field `nmae`, expected `name` or `price` at line 1 column 9");
        assert_eq!((unknown.field.as_deref(), unknown.code), (Some("nmae"), InvalidCode::Unknown));
        assert_eq!(unknown.message, "is not known here: expected name or price");
        let kind = explain("invalid type: integer `1`, expected struct MoneyBody at line 1 column 9");
        assert_eq!((kind.field, kind.message.as_str()), (None, "must be an object"));
        let ours = explain("must not be null: leave it out at line 1 column 9");
        assert_eq!(
            (ours.code, ours.message.as_str()),
            (InvalidCode::Malformed, "must not be null: leave it out")
        );
    }

    #[test]
    fn what_was_sent_is_not_taken_for_the_message() {
        let told = said::<i64>(json!("five, expected a map at line 2 column 3"));
        assert_eq!(told, malformed("must be a whole number"));
        let kind = explain("invalid type: string \"at line 2\", expected a map at line 1 column 9");
        assert_eq!(kind.message, "must be an object");
    }

    #[test]
    fn an_instant_is_asked_for_as_one() {
        let no_instants = [
            "",
            "yesterday",
            "2030-03-02",
            "2030-03-02T17:00",
            "2030-03-02T17:00:00",
            "2030-03-02T17:00:00 01:00",
            "2030-03-02T17:00:00Zulu",
            "2030-02-30T17:00:00Z",
            "2030-13-02T17:00:00Z",
            "-9999999-01-01T00:00:00Z",
        ];
        for text in no_instants {
            assert_eq!(asked::<DateTime<Utc>>(text), malformed(INSTANT), "{text}");
            assert_eq!(said::<DateTime<Utc>>(json!(text)), malformed(INSTANT), "{text}");
        }
        assert_eq!(said::<DateTime<Utc>>(json!(5)), malformed(INSTANT));
        for message in
            ["input is not enough for unique date and time", "no possible date and time matching input"]
        {
            assert_eq!(explain(message).message, INSTANT);
        }
    }

    #[test]
    fn a_number_is_asked_for_as_one() {
        for text in ["", "north", "1,5"] {
            assert_eq!(asked::<f64>(text), malformed("must be a number"), "{text}");
        }
        for text in ["", "ten", "1.5", "0x10", "-"] {
            assert_eq!(asked::<i64>(text), malformed("must be a whole number"), "{text}");
        }
        for value in [json!("5"), json!(1.5), json!(true), json!(null), json!([]), json!({})] {
            assert_eq!(said::<i64>(value), malformed("must be a whole number"));
        }
        assert_eq!(said::<f64>(json!("5")), malformed("must be a number"));
    }

    #[test]
    fn a_number_that_does_not_fit_is_told_on_which_side() {
        let large = (InvalidCode::TooLarge, "is too large".to_owned());
        let small = (InvalidCode::TooSmall, "is too small".to_owned());
        assert_eq!(asked::<i64>("99999999999999999999"), large);
        assert_eq!(asked::<i64>("-99999999999999999999"), small);
        for number in ["99999999999999999999", "18446744073709551615", "1e20", "1e300"] {
            assert_eq!(said::<i64>(number.parse().unwrap()), large, "{number}");
        }
        assert_eq!(said::<i64>(json!(-1e20)), small);
        assert_eq!((said::<i16>(json!(40_000)), said::<i16>(json!(-40_000))), (large, small.clone()));
        assert_eq!(said::<u32>(json!(-1)), small);
    }

    #[test]
    fn a_kind_of_value_is_named_in_our_words() {
        for value in [json!("x"), json!(5), json!({})] {
            assert_eq!(said::<Vec<String>>(value), malformed("must be a list"));
        }
        for value in [json!("x"), json!(5), json!(true)] {
            assert_eq!(said::<Pot>(value.clone()), malformed("must be an object"));
            assert_eq!(said::<serde_json::Map<String, Value>>(value), malformed("must be an object"));
        }
        assert_eq!(said::<String>(json!(5)), malformed("must be a text"));
        assert_eq!(said::<bool>(json!("true")), malformed("must be true or false"));
        assert_eq!(asked::<bool>("yes"), malformed("must be true or false"));
        assert_eq!(said::<Uuid>(json!(5)), malformed("must be a UUID"));
        assert_eq!(said::<Uuid>(json!("mint")), malformed("must be a UUID"));
        let sizes = (InvalidCode::NotAllowed, "must be small or large".to_owned());
        assert_eq!(said::<Pot>(json!({ "size": "middling" })), sizes);
    }
}
