//! A server that answers as it is told to, one answer per request, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use futures_util::future::BoxFuture;
use kernel::ManualClock;
use logistics::{HttpSettings, Pause};

/// One answer.
pub struct Reply {
    status: u16,
    retry_after: Option<&'static str>,
    delay: Duration,
    body: String,
}

impl Reply {
    pub fn json(body: impl Into<String>) -> Self {
        Self { status: 200, retry_after: None, delay: Duration::ZERO, body: body.into() }
    }

    pub fn status(status: u16) -> Self {
        Self { status, ..Self::json("no") }
    }

    pub fn retry_after(self, value: &'static str) -> Self {
        Self { retry_after: Some(value), ..self }
    }

    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }
}

#[derive(Default)]
struct Script {
    replies: Mutex<VecDeque<Reply>>,
    asked: Mutex<Vec<(String, String)>>,
}

/// The server, the clock of whoever asks it, and the pauses that were made.
pub struct FakeProvider {
    script: Arc<Script>,
    server: ServerHandle,
    pub base_url: String,
    pub clock: ManualClock,
    pauses: Arc<Pauses>,
}

#[derive(Debug, Default)]
struct Pauses(Mutex<Vec<Duration>>);

impl Pause for Pauses {
    fn pause(&self, span: Duration) -> BoxFuture<'static, ()> {
        self.0.lock().unwrap().push(span);
        Box::pin(std::future::ready(()))
    }
}

impl FakeProvider {
    /// Starts a server that gives these answers, then 500.
    pub fn answering(replies: impl IntoIterator<Item = Reply>) -> Self {
        let script = Arc::new(Script::default());
        script.replies.lock().unwrap().extend(replies);
        let data = web::Data::from(Arc::clone(&script));
        let server =
            HttpServer::new(move || App::new().app_data(data.clone()).default_service(web::to(answer)))
                .workers(1)
                .disable_signals()
                .bind("127.0.0.1:0")
                .unwrap();
        let base_url = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { script, server: handle, base_url, clock: testkit::clock(), pauses: Arc::default() }
    }

    /// How to reach it, without waiting between tries and with little patience for slow answers.
    pub fn settings(&self) -> HttpSettings {
        HttpSettings {
            total_timeout: Duration::from_millis(400),
            pause: Arc::clone(&self.pauses) as Arc<dyn Pause>,
            ..HttpSettings::new(
                self.base_url.parse().unwrap(),
                "SilkCart/1.0 (tests@example.com)",
                Arc::new(self.clock.clone()),
            )
        }
    }

    pub fn add(&self, reply: Reply) {
        self.script.replies.lock().unwrap().push_back(reply);
    }

    /// Paths with their queries, and user agents.
    pub fn asked(&self) -> Vec<(String, String)> {
        self.script.asked.lock().unwrap().clone()
    }

    pub fn pauses(&self) -> Vec<Duration> {
        self.pauses.0.lock().unwrap().clone()
    }

    pub async fn stop(&self) {
        self.server.stop(false).await;
    }
}

async fn answer(request: HttpRequest, script: web::Data<Script>) -> HttpResponse {
    let agent = request.headers().get("user-agent").map_or("", |value| value.to_str().unwrap());
    script.asked.lock().unwrap().push((request.uri().to_string(), agent.to_owned()));
    let reply = script.replies.lock().unwrap().pop_front().unwrap_or(Reply::status(500));
    // A provider that takes its time: what is tested is that nobody waits for it.
    tokio::time::sleep(reply.delay).await;
    let mut response = HttpResponse::build(StatusCode::from_u16(reply.status).unwrap());
    if let Some(value) = reply.retry_after {
        response.insert_header(("retry-after", value));
    }
    response.content_type("application/json").body(reply.body)
}
