//! Files of the largest size: what they cost the process that takes them in, and what becomes of those that come too
//! slowly.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use devstack::S3;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use testkit::TestDatabase;
use tokio::time::sleep;

use crate::TURN;
use crate::stage::{EMAIL, PASSWORD, Stage};
use crate::wire::{Wire, statuses};

const LARGEST: usize = 25 * 1024 * 1024;
/// What one upload of the largest size may add to the process's memory, in KiB.
const EXTRA_KIB: u64 = 40 * 1024;

/// A GIF of one pixel, and after its end as much of nothing as makes it so large. The number makes it a file of its own.
fn picture(length: usize, number: u8) -> Vec<u8> {
    let mut gif =
        b"GIF89a\x01\0\x01\0\x80\0\0\xff\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;".to_vec();
    gif.resize(length - 1, 0);
    gif.push(number);
    gif
}

/// The gateway as a process of its own, which leaves the jobs to workers that there are none of.
struct Process {
    child: Child,
    address: String,
    client: Client,
    token: String,
}

impl Process {
    async fn start(database: &TestDatabase, folder: &std::path::Path, settings: &[(&str, String)]) -> Self {
        let bind = {
            let free = TcpListener::bind("127.0.0.1:0").unwrap();
            free.local_addr().unwrap().to_string()
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_gateway"));
        command.arg("serve").env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("DATABASE_URL", &database.url).env("SILKCART_BIND", &bind);
        command.env("SILKCART_DATA_DIR", folder).env("AMQP_URL", "amqp://127.0.0.1:1");
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        let mut process = Self {
            child: command.spawn().unwrap(),
            address: format!("http://{bind}"),
            client: Client::builder().build().unwrap(),
            token: String::new(),
        };
        let begun = Instant::now();
        while process.client.get(process.url("/health/ready")).send().await.is_err() {
            assert!(begun.elapsed() < Duration::from_mins(1), "the gateway does not start");
            // Another process tells nobody when it is ready.
            sleep(Duration::from_millis(50)).await;
        }
        let body = json!({ "email": EMAIL, "password": PASSWORD, "display_name": "Ana" });
        let registered = process.client.post(process.url("/api/v1/auth/register")).json(&body).send();
        let session: Value = registered.await.unwrap().json().await.unwrap();
        session["access_token"].as_str().unwrap().clone_into(&mut process.token);
        process
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    async fn upload(&self, file: Vec<u8>) {
        let request = self.client.post(self.url("/api/v1/images")).bearer_auth(&self.token);
        let answer = request.header("content-type", "image/gif").body(file).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
    }

    /// A line of what the system tells of the process's memory, in KiB.
    fn memory(&self, line: &str) -> u64 {
        let told = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = told.lines().find_map(|told| told.strip_prefix(line)).unwrap();
        line.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
    }

    /// Lets the greatest amount of memory be the present one.
    fn forget_the_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_file_is_never_in_memory_whole() {
    let _turn = TURN.lock().await;
    let objects = tempfile::tempdir().unwrap();
    let server = S3::start(objects.path()).unwrap();
    for (place, settings) in [("a folder", Vec::new()), ("a server", server.settings().to_vec())] {
        let (database, folder) = (TestDatabase::create().await, tempfile::tempdir().unwrap());
        let process = Process::start(&database, folder.path(), &settings).await;
        process.upload(picture(1000, 0)).await;
        process.forget_the_peak();
        let before = process.memory("VmRSS:");
        process.upload(picture(LARGEST, 1)).await;
        let peak = process.memory("VmHWM:");
        let extra = peak.saturating_sub(before);
        eprintln!("25 MiB into {place}: {before} KiB before, at most {peak} KiB, {extra} KiB more");
        assert!(extra < EXTRA_KIB, "into {place}: {extra} KiB more than {before} KiB");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_a_file_too_slowly_is_told_so() {
    let _turn = TURN.lock().await;
    let pictures = tempfile::tempdir().unwrap();
    let folder = pictures.path().to_str().unwrap();
    let stage = Stage::set(&[("HTTP_BODY_SECONDS", "2"), ("SILKCART_DATA_DIR", folder)]).await;
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    let session = stage.client.post(stage.url("/api/v1/auth/login")).json(&body).send().await.unwrap();
    let session: Value = session.json().await.unwrap();
    let mut wire = Wire::to(&stage.running.base_url).await;
    let head = format!(
        "POST /api/v1/images HTTP/1.1\r\nhost: x\r\ncontent-type: image/gif\r\nauthorization: Bearer {}\r\n\
         content-length: 1000000\r\n\r\nGIF89a",
        session["access_token"].as_str().unwrap()
    );
    let begun = Instant::now();
    assert!(wire.try_send(&head).await);
    let answers = wire.text().await;
    assert_eq!(statuses(&answers), [408]);
    assert!((2..8).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    // Who sends as fast as is asked for is let go on beyond the time of other bodies.
    let file = picture(300_000, 2);
    let pieces = file.chunks(60_000).map(<[u8]>::to_vec).collect::<Vec<_>>();
    let paced = futures_util::stream::unfold(pieces.into_iter(), |mut rest| async {
        // The pace is what is looked at.
        sleep(Duration::from_millis(700)).await;
        rest.next().map(|piece| (Ok::<_, std::io::Error>(piece), rest))
    });
    let request = stage.client.post(stage.url("/api/v1/images")).header("content-type", "image/gif");
    let request = request.bearer_auth(session["access_token"].as_str().unwrap());
    let sent = request.body(reqwest::Body::wrap_stream(paced)).send().await.unwrap();
    assert_eq!(sent.status(), StatusCode::CREATED);
}
