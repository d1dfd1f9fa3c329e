//! A gateway with a database of its own inside: when it is killed, the database ends with it, and the next start finds
//! everything in place.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::TURN;
use crate::machine::{Gateway, READY_LIMIT};
use crate::market_day::eventually;

/// `initdb` and the first migration.
const FIRST_START: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_gateway_leaves_no_database_and_starts_again_within_seconds() {
    let _turn = TURN.lock().await;
    let folder = devstack::scratch_folder().unwrap();
    let data = folder.path().join("data");
    let settings = [
        ("SILKCART_DATA_DIR", data.to_string_lossy().into_owned()),
        ("SILKCART_DEMO", "false".to_owned()),
        // A variable of the machine's must not matter.
        ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing".to_owned()),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value)).to_vec();
    let mut gateway = Gateway::new(folder.path().join("gateway.log"), settings);
    gateway.start_with(&["serve", "--embedded"]);
    gateway.ready_within(FIRST_START).await;
    let mut slowest = Duration::ZERO;
    for _ in 0..3 {
        let orphan = server(&data);
        gateway.kill();
        gateway.start_with(&["serve", "--embedded"]);
        slowest = slowest.max(gateway.ready_within(READY_LIMIT).await);
        assert_ne!(server(&data), orphan);
        eventually("the first database's end", async || (!orphan.exists()).then_some(())).await;
    }
    let orphan = server(&data);
    gateway.kill();
    eventually("the database's end", async || (!orphan.exists()).then_some(())).await;
    println!("embedded: ready after a kill and a start in at most {} ms", slowest.as_millis());
}

/// The process of the database server, as the kernel knows it.
fn server(data: &Path) -> PathBuf {
    let file = fs::read_to_string(data.join("postgres/postmaster.pid")).unwrap();
    let process = Path::new("/proc").join(file.lines().next().unwrap());
    assert!(process.exists());
    process
}
