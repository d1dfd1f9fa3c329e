//! What the thumbnails of a photograph of 12 million pixels cost, beside what they cost others.
//!
//! `cargo xtask bench thumbnails` prints pictures per second of CPU, with sizes, quality and sampling the same:
//! - ours, from the photograph and with a master;
//! - sharp's, on one thread, as its documentation asks for several sizes, and decoding once as we do;
//! - `vipsthumbnail`'s, which makes one size at a time.
//!
//! Time of CPU, since a worker renders as many pictures at once as it has cores.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench talks, and fails by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use media::{Limits, render, thumbnails};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

#[path = "../tests/it/photo.rs"]
mod photo;

/// Set by whoever installs what we compare with: a folder with `node` and sharp.
const TOOLS: &str = "SILKCART_BENCH_PICTURES";
const ROUNDS: u32 = 40;
const SIDES: [&str; 3] = ["1280", "640", "320"];
/// What the aim asks for, of sharp's rate.
const LEAST_OF_SHARP: f64 = 0.8;

/// 4000 x 3000 at quality 90: 3.9 MB.
fn camera_file() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 90);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.encode(&photo::photo(4000, 3000), 4000, 3000, ColorType::Rgb).unwrap();
    bytes
}

/// The seconds of CPU that `work` takes, of this process or of those that it waits for.
fn cpu_seconds(who: UsageWho, work: impl FnOnce()) -> f64 {
    let used = || {
        let usage = getrusage(who).unwrap();
        let time = usage.user_time() + usage.system_time();
        Duration::from_micros(time.num_microseconds().try_into().unwrap())
    };
    let before = used();
    work();
    used().saturating_sub(before).as_secs_f64()
}

/// Pictures per second of CPU.
fn ours<T>(work: impl Fn() -> T) -> f64 {
    let rounds = || (0..ROUNDS).for_each(|_| drop(black_box(work())));
    f64::from(ROUNDS) / cpu_seconds(UsageWho::RUSAGE_SELF, rounds)
}

/// Pictures per second of CPU, by way of asking.
fn sharps(tools: &Path, picture: &Path) -> BTreeMap<String, f64> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/pictures/measure.mjs");
    // Where Node looks for packages beside a program.
    let beside = tools.join("measure.mjs");
    fs::copy(script, &beside).unwrap();
    let mut node = Command::new(tools.join("node"));
    let output = node.arg(beside).arg(picture).arg(ROUNDS.to_string()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let seconds: BTreeMap<String, f64> = serde_json::from_slice(&output.stdout).unwrap();
    seconds.into_iter().map(|(way, seconds)| (way, 1.0 / seconds)).collect()
}

/// Pictures per second of CPU, of three processes that each make one size of all of them.
fn vips(folder: &Path, picture: &Path) -> f64 {
    let copies: Vec<PathBuf> = (0..ROUNDS)
        .map(|number| {
            let copy = folder.join(format!("{number}.jpg"));
            fs::hard_link(picture, &copy).unwrap();
            copy
        })
        .collect();
    let all = || {
        for side in SIDES {
            let mut command = Command::new("vipsthumbnail");
            command.args(["--size", side, "--output", "thumbnail_%s.jpg[Q=80,strip]"]).args(&copies);
            assert!(command.env("VIPS_CONCURRENCY", "1").status().unwrap().success());
        }
    };
    f64::from(ROUNDS) / cpu_seconds(UsageWho::RUSAGE_CHILDREN, all)
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let (file, limits) = (camera_file(), Limits::default());
    let picture = folder.path().join("photograph.jpg");
    fs::write(&picture, &file).unwrap();

    println!("pictures per second of CPU; 4000 x 3000 JPEG of {} bytes, three thumbnails each", file.len());
    let own = ours(|| thumbnails(&file, &limits).unwrap());
    println!("{own:>6.1}  ours");
    println!(
        "{:>6.1}  ours, with a master of 2560, the placeholder and the mean colour",
        ours(|| render(&file, &limits).unwrap())
    );
    let tools = PathBuf::from(std::env::var_os(TOOLS).expect("cargo xtask bench thumbnails"));
    for (way, rate) in sharps(&tools, &picture) {
        let met = if own >= LEAST_OF_SHARP * rate { "met" } else { "NOT MET" };
        println!("{rate:>6.1}  sharp, {way}: ours is {:.2} of it (aim {LEAST_OF_SHARP}: {met})", own / rate);
    }
    let rate = vips(folder.path(), &picture);
    println!("{rate:>6.1}  vipsthumbnail: ours is {:.2} of it", own / rate);
}
