//! JSON bodies. The shape is checked here, the meaning (lengths, control characters, amounts) by the domain.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::web::{Bytes, Json};
use actix_web::{FromRequest, HttpRequest};
use paperclip::actix::OperationModifier;
use paperclip::v2::models::{DefaultOperationRaw, DefaultSchemaRaw};
use paperclip::v2::schema::Apiv2Schema;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};

use super::serde_message::explain;
use super::strict::Strict;
use crate::openapi::define;
use crate::{Problem, ProblemKind};

/// A JSON body, read. A request without any is read as one with an empty object: what is optional is then absent, and
/// what is required is named.
#[derive(Debug)]
pub struct Body<T> {
    /// What it says.
    pub data: T,
    /// As it was sent, for the fingerprint of an idempotent request.
    pub raw: Bytes,
}

impl<T: DeserializeOwned> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let json = is_json(request);
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async move {
            let raw = bytes.await.map_err(|error| unreadable(&error))?;
            let data = read(&raw, json)?;
            Ok(Self { data, raw })
        })
    }
}

fn is_json(request: &HttpRequest) -> bool {
    let Some(value) = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    let json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    json && parts.all(|parameter| {
        let parameter = parameter.to_ascii_lowercase();
        parameter.strip_prefix("charset=").is_none_or(|charset| charset.trim_matches('"') == "utf-8")
    })
}

/// What actix says of a body that it could not take in.
fn unreadable(error: &actix_web::Error) -> Problem {
    match error.as_error::<PayloadError>() {
        Some(PayloadError::Overflow) => Problem::new(ProblemKind::BodyTooLarge),
        _ if error.as_response_error().status_code() == ProblemKind::BodyTooLarge.status() => {
            Problem::new(ProblemKind::BodyTooLarge)
        }
        _ => Problem::new(ProblemKind::MalformedRequest).detail(format!("the body cannot be read: {error}")),
    }
}

fn read<T: DeserializeOwned>(raw: &[u8], json: bool) -> Result<T, Problem> {
    if raw.is_empty() {
        // Nothing has no type, whatever the head says.
        return parse(b"{}");
    }
    if !json {
        let detail = "send the body with Content-Type: application/json, in UTF-8";
        return Err(Problem::new(ProblemKind::UnsupportedMediaType).detail(detail));
    }
    parse(raw)
}

fn parse<T: DeserializeOwned>(raw: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(raw).map_err(|error| {
        let detail = format!("the body is not UTF-8 from byte {} on", error.valid_up_to());
        Problem::new(ProblemKind::MalformedJson).detail(detail)
    })?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let data = serde_path_to_error::deserialize(Strict::new(&mut reader)).map_err(|error| {
        let path = error.path().clone();
        refused(&path, &error.into_inner())
    })?;
    reader.end().map_err(|error| malformed(&error))?;
    Ok(data)
}

fn refused(path: &Path, error: &serde_json::Error) -> Problem {
    if error.classify() != Category::Data {
        return malformed(error);
    }
    let refusal = explain(&error.to_string());
    let mut pointer = pointer(path);
    if let Some(field) = refusal.field {
        let last = format!("/{}", escaped(&field));
        // An unknown field is the path's last segment already; a missing one cannot be.
        if refusal.code == kernel::InvalidCode::Required || !pointer.ends_with(&last) {
            pointer.push_str(&last);
        }
    }
    let name = if pointer.is_empty() { "the body" } else { &pointer[1..] };
    let detail = format!("{name}: {}", refusal.message);
    Problem::new(ProblemKind::InvalidInput).detail(detail).field(
        pointer,
        refusal.code.as_str(),
        refusal.message,
    )
}

fn malformed(error: &serde_json::Error) -> Problem {
    let detail = if error.is_eof() {
        format!("the body ends too soon, at line {} column {}", error.line(), error.column())
    } else {
        error.to_string()
    };
    Problem::new(ProblemKind::MalformedJson).detail(detail)
}

/// RFC 6901.
fn pointer(path: &Path) -> String {
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", escaped(key))),
            // The variant of an enum is no place in the document; an unknown place has no name.
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

impl<T: Apiv2Schema> Apiv2Schema for Body<T> {
    fn name() -> Option<String> {
        T::name()
    }

    fn raw_schema() -> DefaultSchemaRaw {
        T::raw_schema()
    }
}

impl<T: Apiv2Schema> OperationModifier for Body<T> {
    fn update_parameter(op: &mut DefaultOperationRaw) {
        Json::<T>::update_parameter(op);
    }

    fn update_definitions(definitions: &mut BTreeMap<String, DefaultSchemaRaw>) {
        define::<T>(definitions);
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::wire::Patch;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Price {
        #[serde(rename = "amount")]
        _amount: i64,
    }

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Item {
        #[serde(rename = "name")]
        _name: String,
        #[serde(rename = "price")]
        _price: Price,
        #[serde(rename = "tags", default)]
        _tags: Vec<String>,
        #[serde(rename = "discounts", default)]
        _discounts: Vec<Price>,
        #[serde(rename = "note")]
        _note: Option<String>,
        #[serde(rename = "former_price", default)]
        former_price: Patch<Price>,
    }

    #[test]
    fn the_pointer_names_the_very_field() {
        for (body, pointer, code) in [
            (r#"{"name":"x"}"#, "/price", "required"),
            (r#"{"name":"x","price":{}}"#, "/price/amount", "required"),
            (r#"{"name":"x","price":{"amount":"1"}}"#, "/price/amount", "malformed"),
            (r#"{"name":"x","price":{"amount":1,"cents":2}}"#, "/price/cents", "unknown"),
            (r#"{"name":"x","price":{"amount":1},"a/b":2}"#, "/a~1b", "unknown"),
            (r#"{"name":"x","name":"y","price":{"amount":1}}"#, "/name", "not_allowed"),
            (r#"{"name":"x","price":{"amount":1},"tags":["a",3]}"#, "/tags/1", "malformed"),
            (r#"{"name":"x","price":{"amount":99999999999999999999}}"#, "/price/amount", "too_large"),
            (r#""text""#, "", "malformed"),
            (r#"["x",{"amount":1},[]]"#, "", "malformed"),
            (r#"{"name":"x","price":[1]}"#, "/price", "malformed"),
            (
                r#"{"name":"x","price":{"amount":1},"discounts":[{"amount":1},[1]]}"#,
                "/discounts/1",
                "malformed",
            ),
            (r#"{"name":"x","price":null}"#, "/price", "malformed"),
            (r#"{"name":"x","price":{"amount":1},"note":null}"#, "/note", "malformed"),
            (r#"{"name":"x","price":{"amount":1},"former_price":[1]}"#, "/former_price", "malformed"),
        ] {
            let problem = parse::<Item>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.kind(), ProblemKind::InvalidInput, "{body}");
            assert_eq!(problem.errors()[0].pointer, pointer, "{body}");
            assert_eq!(problem.errors()[0].code, code, "{body}");
        }
    }

    #[test]
    fn null_clears_what_may_be_null_and_nothing_else() {
        let read = |member: &str| {
            parse::<Item>(format!(r#"{{"name":"x","price":{{"amount":1}}{member}}}"#).as_bytes()).unwrap()
        };
        assert!(matches!(read("").former_price, Patch::Keep));
        assert!(matches!(read(r#","former_price":null"#).former_price, Patch::Clear));
        assert!(matches!(read(r#","former_price":{"amount":2}"#).former_price, Patch::Set(_)));
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        let deep = "[".repeat(1000);
        for body in [b"".as_slice(), b"{", b"{} x", b"\"\xff\"", deep.as_bytes()] {
            let problem = parse::<serde_json::Value>(body).unwrap_err();
            assert_eq!(problem.kind(), ProblemKind::MalformedJson);
        }
    }

    #[test]
    fn the_message_says_what_is_expected() {
        for (price, message) in [
            (r#""1""#, "must be an object"),
            (r#"{"amount":1.5}"#, "must be a whole number"),
            (r#"{"amount":-99999999999999999999}"#, "is too small"),
            ("null", "must be an object"),
        ] {
            let body = format!(r#"{{"name":"x","price":{price}}}"#);
            assert_eq!(parse::<Item>(body.as_bytes()).unwrap_err().errors()[0].message, message, "{body}");
        }
    }

    #[test]
    fn no_body_at_all_is_an_empty_object() {
        #[derive(Deserialize, Debug)]
        struct Reason {
            reason: Option<String>,
        }
        for json in [true, false] {
            assert_eq!(read::<Reason>(b"", json).unwrap().reason, None);
            let problem = read::<Item>(b"", json).unwrap_err();
            assert_eq!(problem.kind(), ProblemKind::InvalidInput);
            assert_eq!(
                (problem.errors()[0].pointer.as_str(), problem.errors()[0].code.as_str()),
                ("/name", "required")
            );
        }
        assert_eq!(read::<Reason>(b" ", true).unwrap_err().kind(), ProblemKind::MalformedJson);
        assert_eq!(read::<Reason>(b"{}", false).unwrap_err().kind(), ProblemKind::UnsupportedMediaType);
    }
}
