//! The served OpenAPI document, as far as tests walk along it.

use reqwest::Method;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::support::Server;

const REFERENCE: &str = "#/components/schemas/";

/// The document as it is served.
pub struct Document(pub Value);

/// One operation of it.
#[derive(Clone, Debug)]
pub struct Operation {
    pub method: Method,
    pub path: String,
    pub id: String,
    /// Whether it answers without a token.
    pub public: bool,
    /// The security schemes that mean anything to it.
    pub schemes: Vec<String>,
    /// The names of its header parameters.
    pub headers: Vec<String>,
    /// The names and types of its query parameters.
    pub query: Vec<(String, String)>,
    /// The schema of its JSON body, without references.
    pub body: Option<Value>,
}

impl Operation {
    /// `GET /api/v1/me`.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The path with everything variable filled in.
    pub fn at(&self, id: &str) -> String {
        let mut path = self.path.clone();
        while let (Some(start), Some(end)) = (path.find('{'), path.find('}')) {
            let value = if &path[start..=end] == "{role}" { "rider" } else { id };
            path.replace_range(start..=end, value);
        }
        path
    }

    /// Whether an access token means anything to it.
    pub fn takes_token(&self) -> bool {
        self.schemes.iter().any(|scheme| scheme == "bearer")
    }

    /// Whether the token of a guest's order means anything to it.
    pub fn takes_order_token(&self) -> bool {
        self.schemes.iter().any(|scheme| scheme == "order_token")
    }

    /// Whether it is about a guest's cart.
    pub fn takes_cart_token(&self) -> bool {
        self.headers.iter().any(|header| header == "X-Cart-Token")
    }

    /// Whether it may be told which version is meant.
    pub fn is_conditional(&self) -> bool {
        self.headers.iter().any(|header| header == "If-Match")
    }

    pub fn is_templated(&self) -> bool {
        self.path.contains('{')
    }

    /// A body that looks right, where there is one.
    pub fn sample(&self) -> Option<Value> {
        self.body.as_ref().map(|schema| sample("", schema))
    }
}

impl Document {
    pub async fn of(server: &Server) -> Self {
        Self(server.get("/api/schema/").send().await.unwrap().json().await.unwrap())
    }

    /// Every operation, in the document's order.
    pub fn operations(&self) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (path, item) in self.0["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let Ok(method) = method.to_uppercase().parse() else { continue };
                operations.push(self.read(method, path, operation));
            }
        }
        assert!(operations.len() > 60, "the document has lost operations");
        operations
    }

    fn read(&self, method: Method, path: &str, operation: &Value) -> Operation {
        let requirements = operation["security"].as_array().unwrap();
        let parameters = || operation["parameters"].as_array().into_iter().flatten();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let named = |parameter: &Value| (text(&parameter["name"]), text(&parameter["schema"]["type"]));
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        Operation {
            method,
            path: path.to_owned(),
            id: operation["operationId"].as_str().unwrap().to_owned(),
            public: requirements.is_empty() || requirements.contains(&json!({})),
            schemes: requirements.iter().flat_map(|one| one.as_object().unwrap().keys().cloned()).collect(),
            headers: parameters()
                .filter(|parameter| parameter["in"] == "header")
                .map(|parameter| text(&parameter["name"]))
                .collect(),
            query: parameters().filter(|parameter| parameter["in"] == "query").map(named).collect(),
            body: (!body.is_null()).then(|| self.resolved(body)),
        }
    }

    /// The schema with its references followed.
    fn resolved(&self, schema: &Value) -> Value {
        match schema {
            Value::Object(members) => {
                let name =
                    members.get("$ref").and_then(Value::as_str).and_then(|at| at.strip_prefix(REFERENCE));
                if let Some(name) = name {
                    return self.resolved(&self.0["components"]["schemas"][name]);
                }
                // A reference that says something of its own stands alone in an `allOf`.
                if let Some([one]) = members.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
                    return self.resolved(one);
                }
                let resolved = members.iter().map(|(name, value)| (name.clone(), self.resolved(value)));
                Value::Object(resolved.collect::<Map<_, _>>())
            }
            Value::Array(items) => items.iter().map(|item| self.resolved(item)).collect(),
            other => other.clone(),
        }
    }
}

/// A value of the schema that a person might have sent, with every optional member.
fn sample(name: &str, schema: &Value) -> Value {
    match schema["type"].as_str() {
        Some("object") => {
            let members = schema["properties"].as_object().unwrap().iter();
            Value::Object(members.map(|(name, schema)| (name.clone(), sample(name, schema))).collect())
        }
        Some("array") => json!([sample(name, &schema["items"])]),
        Some("integer") => json!(5),
        Some("number") => json!(1.5),
        Some("boolean") => json!(true),
        _ if schema["format"] == "uuid" => json!(Uuid::new_v4()),
        _ => json!(text(name)),
    }
}

/// What somebody would write into a field of this name.
fn text(name: &str) -> &'static str {
    match name {
        "closes" => "11:00",
        "contact_email" | "email" => "somebody@example.com",
        "contact_phone" | "phone" => "+1 303 555 0100",
        "country" => "US",
        "currency" => "USD",
        "kind" => "gardener",
        "opens" => "09:00",
        "postal_code" => "80302",
        "expected_quantity" | "quantity" | "quantity_available" | "reorder_threshold" | "stock_quantity" => {
            "2"
        }
        "reason" => "spam",
        "slug" => "sunny-side",
        "state" => "CO",
        "subject_type" => "listing",
        "time_zone" => "America/Denver",
        "type" => "PRODUCE",
        "unit" => "lb",
        "window" => "2030-03-02T16:00:00Z/2030-03-02T20:00:00Z",
        _ => "something to say",
    }
}
