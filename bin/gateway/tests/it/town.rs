//! The product with people in it: they register, log in and ask for things.

use kernel::ManualClock;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::support::Server;

pub const PASSWORD: &str = "kale, figs & a fence";

/// The product, at a clock of the test's.
pub struct Town {
    pub server: Server,
    pub clock: ManualClock,
}

/// Somebody who is logged in.
#[derive(Clone)]
pub struct Person {
    pub id: String,
    pub access: String,
    pub refresh: String,
}

impl Town {
    pub async fn start() -> Self {
        let clock = testkit::clock();
        Self { server: Server::start_product(&clock).await, clock }
    }

    pub async fn register(&self, email: &str) -> Response {
        let body = json!({ "email": email, "password": PASSWORD, "display_name": "Ana" });
        self.server.post("/api/v1/auth/register").json(&body).send().await.unwrap()
    }

    pub async fn log_in(&self, email: &str, password: &str) -> Response {
        let body = json!({ "email": email, "password": password });
        self.server.post("/api/v1/auth/login").json(&body).send().await.unwrap()
    }

    pub async fn refresh(&self, person: &Person) -> Response {
        let body = json!({ "refresh_token": person.refresh });
        self.server.post("/api/v1/auth/refresh").json(&body).send().await.unwrap()
    }

    pub async fn somebody(&self, email: &str) -> Person {
        Person::of(self.register(email).await).await
    }

    /// An admin, made so by the operator.
    pub async fn admin(&self, email: &str) -> Person {
        let request =
            ::accounts::Superuser { email: email.to_owned(), password: ::accounts::Password::new(PASSWORD) };
        let state = &self.server.running.state;
        ::accounts::make_superuser(&state.database, &state.hasher, state.clock.now(), request).await.unwrap();
        Person::of(self.log_in(email, PASSWORD).await).await
    }

    pub fn ask(&self, method: Method, path: &str, person: &Person) -> RequestBuilder {
        self.server.ask(method, path).bearer_auth(&person.access)
    }

    pub async fn get(&self, path: &str, person: &Person) -> Response {
        self.ask(Method::GET, path, person).send().await.unwrap()
    }

    pub async fn post(&self, path: &str, person: &Person, body: &Value) -> Response {
        self.ask(Method::POST, path, person).json(body).send().await.unwrap()
    }

    pub async fn patch(&self, path: &str, person: &Person, tag: &str, body: &Value) -> Response {
        self.ask(Method::PATCH, path, person).header("if-match", tag).json(body).send().await.unwrap()
    }

    pub async fn delete(&self, path: &str, person: &Person) -> Response {
        self.ask(Method::DELETE, path, person).send().await.unwrap()
    }

    /// Does what was asked for in the meantime.
    pub async fn work(&self) {
        self.server.running.state.runner.drain().await.unwrap();
    }
}

impl Person {
    /// Who an answer says is logged in.
    pub async fn of(answer: Response) -> Self {
        assert!(answer.status().is_success(), "{answer:?}");
        let body: Value = answer.json().await.unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            id: text(&body["user"]["id"]),
            access: text(&body["access_token"]),
            refresh: text(&body["refresh_token"]),
        }
    }
}

/// The body of an answer with this status.
pub async fn body(answer: Response, status: u16) -> Value {
    assert_eq!(answer.status().as_u16(), status, "{answer:?}");
    answer.json().await.unwrap()
}

pub fn tag(answer: &Response) -> String {
    answer.headers()["etag"].to_str().unwrap().to_owned()
}

pub fn pointers(problem: &Value) -> Vec<&str> {
    problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect()
}
