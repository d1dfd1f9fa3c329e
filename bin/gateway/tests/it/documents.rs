//! Files that are made from the code: `docs/problems.md` and `.env.example`. Run with `UPDATE_GOLDEN=1` to write them.

use std::path::PathBuf;

fn matches_file(path: &str, made: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, made).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == made,
        "{path} is not what the code says: run with UPDATE_GOLDEN=1 and look at the difference"
    );
}

#[test]
fn every_problem_is_documented() {
    matches_file("docs/problems.md", &gateway::render_markdown());
}

#[test]
fn every_setting_is_in_the_example() {
    matches_file(".env.example", &assembly::settings::render_env_example());
}
