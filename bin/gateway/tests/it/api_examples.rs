//! `docs/api_examples.md` does what it says, pasted once and pasted again.

use std::path::PathBuf;
use std::process::{Output, Stdio};

use tokio::process::Command;

use crate::actors::Answer;
use crate::support::Server;

/// Tells the status of every request, beside what the page itself prints.
const TELL: &str = "curl() { command curl -w '%{stderr}status %{http_code}\\n' \"$@\"; }\n";

fn page() -> String {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/api_examples.md");
    std::fs::read_to_string(file).unwrap()
}

/// Every bash block of the page, in order.
fn script(page: &str) -> String {
    let blocks = page.split("```bash\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect()
}

/// The statuses that the page promises. A loop asks more than once, so neighbours that are alike count as one.
fn promised(script: &str) -> Vec<String> {
    let comments = script.lines().filter_map(|line| line.rsplit_once("# ").map(|(_, comment)| comment));
    let statuses =
        comments.filter(|comment| comment.len() == 3 && comment.bytes().all(|c| c.is_ascii_digit()));
    let mut promised: Vec<String> = statuses.map(ToOwned::to_owned).collect();
    promised.dedup();
    promised
}

async fn pasted(server: &Server, script: &str) -> Output {
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", &format!("{TELL}{script}")]);
    bash.env("SILKCART_URL", &server.running.base_url).env("NO_PROXY", "127.0.0.1");
    bash.stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_work_as_they_are_written() {
    let (page, server) = (page(), Server::start_in_earnest().await);
    assert!(gateway::demo::seed(&server.running.state).await.unwrap());
    let script = script(&page);
    assert_eq!(script.matches("curl ").count(), script.matches(" # 20").count(), "each tells its status");
    for _ in 0..2 {
        let ran = pasted(&server, &script).await;
        let told = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(ran.status.success(), "{told}{}", String::from_utf8_lossy(&ran.stdout));
        let mut statuses: Vec<&str> = told.lines().filter_map(|line| line.strip_prefix("status ")).collect();
        statuses.dedup();
        assert_eq!(statuses, promised(&script));
        let said = String::from_utf8(ran.stdout).unwrap();
        assert!(said.lines().last().unwrap().contains("\"status\":\"COMPLETE\""), "{said}");
    }

    // The accounts that the page names are those of the demonstration.
    assert!(page.contains(gateway::demo::ADMIN) && page.contains(gateway::demo::PASSWORD));
    let answer = Answer::to(server.get("/api/v1/listings?address=80202")).await.done();
    assert!(
        answer["items"].as_array().unwrap().len() > 2,
        "beside what the demonstration has on its shelves"
    );
}
