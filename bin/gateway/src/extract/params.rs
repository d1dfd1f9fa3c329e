//! The query's parameters.

use std::collections::HashSet;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::web::Query;
use actix_web::{FromRequest, HttpRequest};
use kernel::InvalidCode;
use paperclip::actix::OperationModifier;
use paperclip::v2::models::{DefaultOperationRaw, DefaultSchemaRaw};
use paperclip::v2::schema::Apiv2Schema;
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use super::serde_message::{INSTANT, explain};
use crate::{Problem, ProblemKind};

/// The query's parameters, read into a struct whose optional ones are `Option`s.
///
/// Repeated keys, text that is not UTF-8 and control characters are refused; unknown keys are refused for every route
/// by the contract middleware. `#[serde(flatten)]` does not work with numbers: declare each field.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Params<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(parse(request.query_string()).map(Self))
    }
}

/// The pairs of a query string, decoded as `application/x-www-form-urlencoded`.
pub(crate) fn pairs(query: &str) -> Result<Vec<(String, String)>, Problem> {
    let mut seen = HashSet::new();
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = decoded(key).ok_or_else(|| {
            Problem::new(ProblemKind::MalformedRequest).detail("a parameter's name is not readable text")
        })?;
        let Some(value) = decoded(value) else {
            let message = "must be UTF-8 without control characters";
            return Err(
                Problem::parameter(&key, InvalidCode::Malformed, message).detail(format!("{key}: {message}"))
            );
        };
        if !seen.insert(key.clone()) {
            let message = "must not be repeated";
            return Err(Problem::parameter(&key, InvalidCode::NotAllowed, message)
                .detail(format!("{key}: {message}")));
        }
        pairs.push((key, value));
    }
    Ok(pairs)
}

fn decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
    let readable = !decoded.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    readable.then(|| decoded.into_owned())
}

fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let given = pairs(query)?;
    let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&given).finish();
    let reader = serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(text.as_bytes()));
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let mut refusal = explain(&error.inner().to_string());
        let name = refusal.field.unwrap_or_else(|| error.path().to_string());
        if refusal.message == INSTANT && given.iter().any(|(key, value)| *key == name && lost_a_plus(value)) {
            refusal.message.push_str(", with the + of its offset written %2B");
        }
        let detail = format!("{name}: {}", refusal.message);
        Problem::parameter(&name, refusal.code, refusal.message).detail(detail)
    })
}

/// Whether a blank stands where an instant's offset begins: a `+` that was sent as it is.
fn lost_a_plus(instant: &str) -> bool {
    let parts = instant.split_once(' ');
    parts.is_some_and(|(time, offset)| time.contains(':') && offset.starts_with(|c: char| c.is_ascii_digit()))
}

impl<T: Apiv2Schema> Apiv2Schema for Params<T> {}

impl<T: Apiv2Schema> OperationModifier for Params<T> {
    fn update_parameter(op: &mut DefaultOperationRaw) {
        Query::<T>::update_parameter(op);
    }

    // Its properties become parameters; the struct itself is no schema of the document.
    fn update_definitions(_map: &mut std::collections::BTreeMap<String, DefaultSchemaRaw>) {}
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, Debug)]
    struct Filter {
        limit: Option<i64>,
        q: Option<String>,
        near: Option<f64>,
        since: Option<DateTime<Utc>>,
    }

    #[test]
    fn values_are_read() {
        let query: Filter = parse("limit=5&q=green+mint%26%C3%A9&near=1.5").unwrap();
        assert_eq!((query.limit, query.q.as_deref(), query.near), (Some(5), Some("green mint&é"), Some(1.5)));
    }

    #[test]
    fn the_problem_names_the_parameter() {
        for (query, pointer) in [
            ("limit=x", "query/limit"),
            ("limit=", "query/limit"),
            ("limit=1&limit=1", "query/limit"),
            ("since=yesterday", "query/since"),
            ("q=%FF", "query/q"),
            ("q=a%00b", "query/q"),
        ] {
            let problem = parse::<Filter>(query).unwrap_err();
            assert_eq!(problem.kind(), ProblemKind::InvalidParameter, "{query}");
            assert_eq!(problem.errors()[0].pointer, pointer, "{query}");
        }
    }

    #[test]
    fn the_message_says_what_is_expected() {
        let plus = "must be an instant such as 2030-03-02T17:00:00Z, with the + of its offset written %2B";
        for (query, code, message) in [
            ("limit=ten", "malformed", "must be a whole number"),
            ("limit=99999999999999999999", "too_large", "is too large"),
            ("near=north", "malformed", "must be a number"),
            ("since=2030-03-02", "malformed", INSTANT),
            ("since=2030-03-02+17:00:00", "malformed", INSTANT),
            ("q=2030-03-02T17:00:00+01:00&since=2030-03-02", "malformed", INSTANT),
            ("since=2030-03-02T17:00:00+01:00", "malformed", plus),
        ] {
            let problem = parse::<Filter>(query).unwrap_err();
            assert_eq!(problem.errors()[0].code, code, "{query}");
            assert_eq!(problem.errors()[0].message, message, "{query}");
        }
        let query: Filter = parse("since=2030-03-02T17:00:00%2B01:00").unwrap();
        assert_eq!(query.since, "2030-03-02T16:00:00Z".parse().ok());
    }
}
