//! The OpenAPI document: paperclip derives it from the handlers, post-processing makes it a valid OpenAPI 3.0.3 document
//! with bearer security and the problems each operation can answer. Also the contract that requests are held to.

mod finish;
mod marks;
mod names;
mod parts;
mod problems;
mod responses;
mod tags;
mod ui;
mod words;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use actix_web::http::{Method, header};
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, HttpRequest, HttpResponse};
use assembly::settings::Settings;
use paperclip::actix::OpenApiExt;
use serde_json::Value;

pub(crate) use self::parts::define;
use crate::Routes;

/// The document of a set of routes, made once.
#[derive(Clone, PartialEq, Debug)]
pub struct Document {
    json: String,
    value: Value,
    /// By route pattern and method.
    query_parameters: HashMap<(String, Method), BTreeSet<String>>,
}

impl Document {
    /// Derives the document of `routes`.
    #[must_use]
    pub fn of(routes: &Routes, settings: &Settings) -> Self {
        let derived = RefCell::new(Value::Null);
        // Never served: paperclip can only be asked through an application.
        let _app = App::new().wrap_api().configure(|config| routes.configure(config)).with_raw_json_spec_v3(
            |app, document| {
                derived.replace(document);
                app
            },
        );
        let value = finish::finish(derived.into_inner(), settings);
        let json = serde_json::to_string_pretty(&value).unwrap_or_default();
        let query_parameters = query_parameters(&value);
        Self { json, value, query_parameters }
    }

    /// The document's text.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The document.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The names of the query parameters of an operation; none when there is no such operation.
    pub(crate) fn query_parameters(&self, pattern: &str, method: &Method) -> Option<&BTreeSet<String>> {
        self.query_parameters.get(&(pattern.to_owned(), method.clone()))
    }
}

fn query_parameters(document: &Value) -> HashMap<(String, Method), BTreeSet<String>> {
    let mut known = HashMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else { continue };
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let names = parameters
                .filter(|parameter| parameter["in"] == "query")
                .filter_map(|parameter| parameter["name"].as_str().map(ToOwned::to_owned))
                .collect();
            known.insert((path.clone(), method), names);
        }
    }
    known
}

/// Registers the document and its reader's page.
pub(crate) fn configure(config: &mut ServiceConfig) {
    for path in ["/api/schema", "/api/v1/schema"] {
        config.service(web::resource(path).route(web::get().to(show)));
    }
    ui::configure(config);
}

async fn show(request: HttpRequest) -> HttpResponse {
    let document = request.app_data::<Arc<Document>>().map(|document| document.json.clone());
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(document.unwrap_or_default())
}
