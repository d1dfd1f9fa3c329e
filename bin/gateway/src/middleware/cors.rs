//! Which pages may call the API. Credentials travel in the `Authorization` header, never in a cookie, so no page gains
//! anything by its user being logged in elsewhere.

use std::collections::BTreeSet;

use actix_cors::Cors;
use actix_web::http::header::{self, HeaderName};
use assembly::settings::Settings;
use serde_json::{Map, Value};

use crate::answer::REPLAYED;
use crate::middleware::origin::{REQUEST_ID, TRACE_PARENT};
use crate::openapi::Document;
use crate::routes::live::LAST_EVENT_ID;

pub(crate) fn policy(settings: &Settings, document: &Document) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
        .allowed_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT,
            REQUEST_ID,
            TRACE_PARENT,
        ])
        .allowed_headers(documented(document))
        // Of the streams, which the document has no words for.
        .allowed_header(LAST_EVENT_ID)
        .expose_headers([
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            HeaderName::from_static("ratelimit-limit"),
            HeaderName::from_static("ratelimit-policy"),
            HeaderName::from_static("ratelimit-remaining"),
            HeaderName::from_static("ratelimit-reset"),
            REPLAYED,
            REQUEST_ID,
        ])
        // A call from a page that is not listed is answered without the headers that would show it the answer; only
        // a preflight is refused outright. Callers other than browsers send an Origin too.
        .block_on_origin_mismatch(false)
        .max_age(600);
    let origins = &settings.server.cors_allowed_origins;
    if origins.is_empty() && !settings.is_production() {
        return cors.allowed_origin_fn(|origin, _request| origin.to_str().is_ok_and(is_of_this_machine));
    }
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

/// A frontend's development server, on whatever port.
fn is_of_this_machine(origin: &str) -> bool {
    let host = url::Url::parse(origin).ok().and_then(|url| url.host_str().map(ToOwned::to_owned));
    host.is_some_and(|host| matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]"))
}

/// The headers that operations take and credentials travel in, as the document says: a new one is not forgotten here.
fn documented(document: &Document) -> BTreeSet<&str> {
    let document = document.value();
    let items = document["paths"].as_object().into_iter().flatten().map(|(_, item)| item);
    let operations = items.filter_map(Value::as_object).flat_map(Map::values);
    let parameters = operations.filter_map(|operation| operation["parameters"].as_array()).flatten();
    let schemes = document["components"]["securitySchemes"].as_object().into_iter().flat_map(Map::values);
    parameters
        .chain(schemes)
        .filter(|parameter| parameter["in"] == "header")
        .filter_map(|parameter| parameter["name"].as_str())
        .collect()
}
