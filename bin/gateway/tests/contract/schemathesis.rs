//! Runs schemathesis as a child process, and reads what it found.

use std::env;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use crate::stage::Stage;

/// Says how many examples, and that the reports be shown.
const EXAMPLES: &str = "SILKCART_TEST_CONTRACT_EXAMPLES";
/// Says which operations, by a regular expression that their paths match.
const PATHS: &str = "SILKCART_TEST_CONTRACT_PATHS";
/// Among the other tests.
const FEW: &str = "4";

/// Fails with the report where the server and the document disagree.
pub async fn run(role: &str, stage: &Stage<'_>, token: Option<String>) {
    let given = env::var_os(EXAMPLES);
    let folder = tempfile::tempdir().unwrap();
    let known = folder.path().join("known.json");
    std::fs::write(&known, stage.known.to_string()).unwrap();
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract");

    // The configuration of a run: that of all runs, and whose it is.
    let mut settings = std::fs::read_to_string(here.join("schemathesis.toml")).unwrap();
    if let Some(token) = token {
        write!(settings, "\n[auth.openapi.bearer]\nbearer = \"{token}\"\n").unwrap();
    }
    let config = folder.path().join("schemathesis.toml");
    std::fs::write(&config, settings).unwrap();

    let mut command = Command::new(testkit::python());
    command.current_dir(folder.path()).args(["-m", "schemathesis.cli", "--config-file"]).arg(&config);
    command.arg("run").arg(stage.market.server.url("/api/schema/"));
    command.args(["--url", &stage.market.server.running.base_url, "--no-color"]);
    command.arg("--max-examples").arg(given.as_deref().unwrap_or(FEW.as_ref()));
    if let Some(paths) = env::var_os(PATHS) {
        command.arg("--include-path-regex").arg(paths);
    }
    if given.is_none() {
        command.args(["--phases", "examples,fuzzing"]);
    }
    command.env("SILKCART_CONTRACT_KNOWN", &known).env("SCHEMATHESIS_HOOKS", here.join("hooks.py"));
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let report =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "as {role}:\n{report}");
    if given.is_some() {
        println!("as {role}:\n{report}");
    }

    // What was asked for in the meantime can be done, too.
    stage.market.work().await;
    let ready = stage.market.get("/health/ready").await.done();
    assert_eq!(ready["dead_jobs"], 0, "as {role}: a job failed for good");
}
