//! Every job that a crate declares has somebody who does it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use assembly::Post;
use assembly::settings::Settings;
use logistics::{CenterIndex, Gazetteer, Geocoder};
use outbox::Registry;

/// The names in `impl Job for .. { const NAME: &'static str = ".."; .. }`, but for those of tests.
fn declared() -> BTreeSet<String> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates");
    let mut names = BTreeSet::new();
    let mut folders: Vec<PathBuf> =
        crates.read_dir().unwrap().map(|entry| entry.unwrap().path().join("src")).collect();
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for implementation in code.split("impl Job for ").skip(1) {
                let name = implementation.split('"').nth(1).expect("a job has a name");
                assert!(names.insert(name.to_owned()), "{name} is declared twice");
            }
        }
    }
    names
}

#[test]
fn every_job_that_is_declared_is_registered() {
    let geocoder: Arc<dyn Geocoder> = Arc::new(Gazetteer::embedded());
    let mut registry = Registry::default();
    let secret = ("TOKEN_SECRET".to_owned(), "the secret of the tests, long enough".to_owned());
    let settings = Settings::read_for_worker(&[secret].into()).unwrap();
    let (post, media) = (Post::of(&settings).unwrap(), assembly::media(&settings).unwrap());
    assembly::register_work(&mut registry, &geocoder, &Arc::new(CenterIndex::new()), &post, &media);
    let registered: BTreeSet<String> = registry.job_names().into_iter().map(ToOwned::to_owned).collect();
    let declared = declared();
    assert!(declared.contains("checkout.expire_order"), "{declared:?}");
    assert_eq!(registered, declared);
}
