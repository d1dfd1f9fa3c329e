//! The ceiling: an actix-web handler that gives the gateway's answers from memory.
//!
//! Its own process with as many workers as the gateway has. What it serves in a second is what the load client, HTTP
//! and the machine allow; the gateway adds its work and the database's to it.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use anyhow::{Context, Result, ensure};
use devstack::ProcessGroup;
use serde::{Deserialize, Serialize};

use crate::http::{Connection, Request};

const START_LIMIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(5);
/// The command of this program that serves.
pub const COMMAND: &str = "answer-from-memory";
/// Headers that every server writes itself.
const OF_THE_SERVER: [&str; 4] = ["content-length", "date", "connection", "transfer-encoding"];

/// An answer of the gateway's, by method and target.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stored {
    pub name: String,
    pub status: u16,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

/// Asks the gateway each request once and keeps the answers.
pub async fn collect(address: SocketAddr, requests: impl Iterator<Item = &Request>) -> Result<Vec<Stored>> {
    let mut connection = Connection::open(address).await?;
    let mut stored: Vec<Stored> = Vec::new();
    for request in requests {
        let name = request.name();
        if stored.iter().any(|answer| answer.name == name) {
            continue;
        }
        let answer = connection.perform(request, crate::load::next_number()).await?;
        let mut headers = answer.headers()?;
        headers.retain(|(name, _)| OF_THE_SERVER.iter().all(|own| !name.eq_ignore_ascii_case(own)));
        stored.push(Stored { name, status: answer.status, headers, body: answer.body.to_vec() });
    }
    Ok(stored)
}

/// A running memory server. Dropping it ends it.
#[derive(Debug)]
pub struct Memory {
    group: ProcessGroup,
    pub address: SocketAddr,
}

impl Memory {
    pub async fn start(answers: &[Stored], folder: &Path) -> Result<Self> {
        let file = folder.join("answers.json");
        std::fs::write(&file, serde_json::to_vec(answers)?)?;
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(COMMAND).arg("--answers").arg(&file).arg("--address").arg(address.to_string());
        command.stdin(Stdio::null());
        let memory = Self { group: ProcessGroup::spawn(command)?, address };
        let begun = Instant::now();
        while Connection::open(address).await.is_err() {
            ensure!(begun.elapsed() < START_LIMIT, "the memory server does not answer");
            tokio::time::sleep(POLL).await;
        }
        Ok(memory)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // It keeps nothing that could be lost.
        let _ = self.group.kill();
        let _ = self.group.try_wait();
    }
}

/// What the process is told.
#[derive(Debug, clap::Args)]
pub struct ServeOptions {
    #[arg(long)]
    answers: PathBuf,
    #[arg(long)]
    address: SocketAddr,
}

struct Prepared {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: web::Bytes,
}

type Answers = HashMap<String, Prepared>;

/// Serves until it is killed.
pub fn serve(options: &ServeOptions) -> Result<()> {
    let stored: Vec<Stored> = serde_json::from_slice(&std::fs::read(&options.answers)?)?;
    let answers: Result<Answers> = stored.into_iter().map(prepare).collect();
    let answers = Arc::new(answers.context("an answer cannot be given again")?);
    actix_web::rt::System::new().block_on(async {
        let server = HttpServer::new(move || {
            App::new().app_data(web::Data::from(Arc::clone(&answers))).default_service(web::to(answer))
        });
        server.bind(options.address)?.disable_signals().run().await
    })?;
    Ok(())
}

fn prepare(stored: Stored) -> Result<(String, Prepared)> {
    let headers: Result<Vec<_>> = stored
        .headers
        .iter()
        .map(|(name, value)| Ok((HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_bytes(value)?)))
        .collect();
    let prepared = Prepared {
        status: StatusCode::from_u16(stored.status)?,
        headers: headers?,
        body: stored.body.into(),
    };
    Ok((stored.name, prepared))
}

async fn answer(request: HttpRequest, answers: web::Data<Answers>, _body: web::Bytes) -> HttpResponse {
    let name = format!("{} {}", request.method(), request.uri());
    let Some(known) = answers.get(&name) else { return HttpResponse::NotFound().finish() };
    let mut response = HttpResponse::build(known.status);
    for (name, value) in &known.headers {
        response.append_header((name, value));
    }
    response.body(known.body.clone())
}
