//! The rules of the tree that no compiler knows: how long a file is, which crate may use which, where queries
//! stand, how migrations are written. [`check`] reads the tree and lists every breach.
//!
//! Owns the rules and their exceptions; the rules themselves are in the submodules, one per subject. It reads text:
//! it does not parse Rust or SQL further than a rule needs.

mod dependencies;
mod migrations;
mod sources;

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::fs;
use std::path::{Path, PathBuf};

/// A rule that a place breaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Breach {
    /// The rule, as a sentence.
    pub rule: &'static str,
    /// Where: a path below the root, with a line where there is one, or a crate.
    pub place: String,
    /// What is there.
    pub what: String,
}

/// A breach that is meant to be there.
#[derive(Clone, Copy, Debug)]
struct Exception {
    rule: &'static str,
    /// The path or crate, without a line.
    place: &'static str,
    /// Why the rule does not hold here.
    reason: &'static str,
}

/// What is allowed although a rule forbids it. One that excuses nothing any more is itself a breach.
const EXCEPTIONS: &[Exception] = &[];

const NEEDLESS_EXCEPTION: &str = "an exception excuses something";

/// A text file of the tree.
#[derive(Clone, PartialEq, Eq, Debug)]
struct File {
    /// Below the root, with `/` between folders.
    path: String,
    text: String,
}

impl Breach {
    fn new(rule: &'static str, place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { rule, place: place.into(), what: what.into() }
    }

    fn at_line(rule: &'static str, file: &File, line: usize, what: impl Into<String>) -> Self {
        Self::new(rule, format!("{}:{line}", file.path), what)
    }

    fn is_excused_by(&self, exception: &Exception) -> bool {
        let place = self.place.split(':').next().unwrap_or_default();
        self.rule == exception.rule && place == exception.place
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Every breach in the workspace at `root`, but for the exceptions.
///
/// # Panics
/// When the tree cannot be read or cargo cannot describe it.
#[must_use]
pub fn check(root: &Path) -> Vec<Breach> {
    let sources = read_all(root, &["bin", "crates"], "rs");
    let scripts = read_all(root, &["migrations"], "sql");
    let packages = dependencies::packages(root);
    let crates: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let mut breaches: Vec<Breach> = sources.iter().flat_map(sources::check).collect();
    breaches.extend(crates.iter().filter_map(|name| sources::check_name(name, name)));
    breaches.extend(dependencies::check(&packages));
    breaches.extend(migrations::check(&scripts, &sources, &crates));
    without_exceptions(breaches, EXCEPTIONS)
}

/// The breaches by rule, as a person wants to read them.
#[must_use]
pub fn render(breaches: &[Breach]) -> String {
    let mut by_rule: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for breach in breaches {
        by_rule.entry(breach.rule).or_default().push(breach.to_string());
    }
    let mut text = String::new();
    for (rule, places) in by_rule {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "rule: {rule}\n    {}", places.join("\n    "));
    }
    text
}

/// The workspace's root.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn without_exceptions(mut breaches: Vec<Breach>, exceptions: &[Exception]) -> Vec<Breach> {
    let needless: Vec<Breach> = exceptions
        .iter()
        .filter(|exception| !breaches.iter().any(|breach| breach.is_excused_by(exception)))
        .map(|exception| {
            let what = format!("\"{}\" is not broken here; {}", exception.rule, exception.reason);
            Breach::new(NEEDLESS_EXCEPTION, exception.place, what)
        })
        .collect();
    breaches.retain(|breach| !exceptions.iter().any(|exception| breach.is_excused_by(exception)));
    breaches.extend(needless);
    breaches
}

/// Every file with this extension in these folders of the root, in order of path.
fn read_all(root: &Path, folders: &[&str], extension: &str) -> Vec<File> {
    let mut waiting: Vec<String> = folders.iter().map(ToString::to_string).collect();
    let mut files = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(root.join(&folder)).expect("the folder can be read") {
            let entry = entry.expect("the folder can be read");
            let name = entry.file_name().into_string().expect("names are text");
            let path = format!("{folder}/{name}");
            if entry.file_type().expect("the file can be read").is_dir() {
                // What tools leave behind is no source.
                if !name.starts_with('.') && name != "target" {
                    waiting.push(path);
                }
            } else if Path::new(&name).extension().is_some_and(|other| other == extension) {
                let text = fs::read_to_string(entry.path()).expect("sources are text");
                files.push(File { path, text });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "nothing is blue";

    #[test]
    fn an_exception_excuses_its_own_rule_and_place_only() {
        let exception = Exception { rule: RULE, place: "crates/a/src/lib.rs", reason: "it is the sky" };
        let breach = |place: &str| Breach::new(RULE, place, "blue");
        let left = without_exceptions(
            vec![breach("crates/a/src/lib.rs:7"), breach("crates/b/src/lib.rs:7")],
            &[exception],
        );
        assert_eq!(left, [breach("crates/b/src/lib.rs:7")]);
        let needless = without_exceptions(vec![], &[exception]);
        assert_eq!(needless[0].rule, NEEDLESS_EXCEPTION);
        assert!(needless[0].what.ends_with("it is the sky"));
    }

    #[test]
    fn breaches_are_listed_by_rule() {
        let breaches = [Breach::new(RULE, "a", "blue"), Breach::new(RULE, "b:3", "azure")];
        assert_eq!(render(&breaches), "rule: nothing is blue\n    a: blue\n    b:3: azure\n");
    }
}
