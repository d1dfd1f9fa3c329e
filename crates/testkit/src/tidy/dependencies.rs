//! Rules about which crate may depend on which: the layers of the workspace, and where the web and I/O may be.
//!
//! Only direct dependencies are looked at; an indirect one passes through a crate that has rules of its own.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::Breach;

/// How far up a crate stands. Each depends on what is below it only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Layer {
    /// Knows no domain.
    Ground,
    /// Knows the ground floor and no other domain.
    Domain,
    /// Brings domains together and knows no other process.
    Process,
    /// Puts all of them together, for the programs.
    Assembly,
    /// For development and tests.
    Tool,
    /// Is run.
    Program,
}

/// Every crate of the workspace.
const LAYERS: &[(&str, Layer)] = &[
    ("kernel", Layer::Ground),
    ("db", Layer::Ground),
    ("outbox", Layer::Ground),
    ("broker", Layer::Ground),
    ("migrations", Layer::Ground),
    ("reservations", Layer::Ground),
    ("eligibility-core", Layer::Ground),
    ("availability-core", Layer::Ground),
    ("accounts", Layer::Domain),
    ("logistics", Layer::Domain),
    ("catalog", Layer::Domain),
    ("market", Layer::Domain),
    ("notifications", Layer::Domain),
    ("media", Layer::Domain),
    ("placement", Layer::Process),
    ("checkout", Layer::Process),
    ("correspondence", Layer::Process),
    ("live", Layer::Process),
    ("gallery", Layer::Process),
    ("assembly", Layer::Assembly),
    ("devstack", Layer::Tool),
    ("testkit", Layer::Tool),
    ("bench", Layer::Program),
    ("gateway", Layer::Program),
    ("worker", Layer::Program),
    ("xtask", Layer::Program),
];

/// Crates that compute and do nothing else.
const PURE: [&str; 3] = ["kernel", "eligibility-core", "availability-core"];
/// The beginnings of the names of crates that do I/O, or are of use only to those that do.
const IO: [&str; 9] =
    ["tokio", "async-", "diesel-async", "deadpool", "reqwest", "hyper", "actix", "rustls", "tracing-actix"];
/// The beginnings of the names of crates that speak HTTP to callers.
const WEB: [&str; 3] = ["actix", "paperclip", "tracing-actix"];
/// The bench answers from memory, for comparison.
const SPEAK_HTTP: [&str; 2] = ["gateway", "bench"];

const KNOWN_LAYER: &str =
    "every crate has its layer in crates/testkit/src/tidy/dependencies.rs, and every layer's crate exists";
const DOWNWARD: &str =
    "a crate depends on layers below it only: a domain on no other domain, a process on no other process";
const NO_IO: &str =
    "kernel, eligibility-core and availability-core do no I/O and depend on no other crate of ours";
const NO_WEB: &str = "actix and paperclip are the gateway's alone, but for tests and the bench";
const TEST_ONLY: &str = "testkit is a dev-dependency only";

/// A crate of the workspace with its direct dependencies.
#[derive(Clone, Debug)]
pub(super) struct Package {
    pub name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Dependency {
    name: String,
    /// Of tests, benchmarks and examples only.
    is_dev: bool,
}

/// The crates of the workspace, as cargo tells them.
pub(super) fn packages(root: &Path) -> Vec<Package> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["metadata", "--format-version", "1", "--no-deps"];
    let output = Command::new(cargo).args(arguments).current_dir(root).output().expect("cargo runs");
    assert!(output.status.success(), "cargo metadata fails: {}", String::from_utf8_lossy(&output.stderr));
    read(&serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON"))
}

fn read(metadata: &Value) -> Vec<Package> {
    let name = |value: &Value| value["name"].as_str().expect("a package has a name").to_owned();
    let list = |value: &Value| value.as_array().cloned().expect("cargo metadata has lists");
    let dependency =
        |value: Value| Dependency { name: name(&value), is_dev: value["kind"].as_str() == Some("dev") };
    list(&metadata["packages"])
        .into_iter()
        .map(|package| Package {
            name: name(&package),
            dependencies: list(&package["dependencies"]).into_iter().map(dependency).collect(),
        })
        .collect()
}

pub(super) fn check(packages: &[Package]) -> Vec<Breach> {
    let mut breaches = unknown_layers(packages);
    for package in packages {
        for dependency in &package.dependencies {
            let broken = [upward, impure, web, test_only].iter().filter_map(|rule| rule(package, dependency));
            breaches.extend(broken);
        }
    }
    breaches
}

fn layer_of(name: &str) -> Option<Layer> {
    LAYERS.iter().find(|(other, _)| *other == name).map(|(_, layer)| *layer)
}

fn unknown_layers(packages: &[Package]) -> Vec<Breach> {
    let without = packages.iter().filter(|package| layer_of(&package.name).is_none());
    let without = without.map(|package| Breach::new(KNOWN_LAYER, &package.name, "has no layer"));
    let gone = LAYERS.iter().filter(|(name, _)| packages.iter().all(|package| package.name != *name));
    let gone = gone.map(|(name, _)| Breach::new(KNOWN_LAYER, *name, "does not exist"));
    without.chain(gone).collect()
}

fn upward(package: &Package, dependency: &Dependency) -> Option<Breach> {
    let (from, to) = (layer_of(&package.name)?, layer_of(&dependency.name)?);
    let allowed = match from {
        Layer::Ground | Layer::Domain => to == Layer::Ground,
        Layer::Process => matches!(to, Layer::Ground | Layer::Domain),
        // Development's servers are among the parts.
        Layer::Assembly => !matches!(to, Layer::Assembly | Layer::Program),
        // What starts servers knows nothing of the product, and what tests share knows no domain.
        Layer::Tool => to == Layer::Ground && package.name != "devstack",
        // xtask and bench build, start and ask the product, and are no part of it.
        Layer::Program => {
            let is_outside = matches!(package.name.as_str(), "xtask" | "bench");
            to != Layer::Program && (!is_outside || dependency.name == "devstack")
        }
    };
    let for_tests = dependency.is_dev && to == Layer::Tool;
    (!allowed && !for_tests).then(|| breach(DOWNWARD, package, dependency))
}

fn impure(package: &Package, dependency: &Dependency) -> Option<Breach> {
    let does_io = begins_with_any(&dependency.name, &IO) || layer_of(&dependency.name).is_some();
    let broken = PURE.contains(&package.name.as_str()) && !dependency.is_dev && does_io;
    broken.then(|| breach(NO_IO, package, dependency))
}

fn web(package: &Package, dependency: &Dependency) -> Option<Breach> {
    let broken = begins_with_any(&dependency.name, &WEB)
        && !SPEAK_HTTP.contains(&package.name.as_str())
        && !dependency.is_dev;
    broken.then(|| breach(NO_WEB, package, dependency))
}

fn test_only(package: &Package, dependency: &Dependency) -> Option<Breach> {
    (dependency.name == "testkit" && !dependency.is_dev).then(|| breach(TEST_ONLY, package, dependency))
}

fn breach(rule: &'static str, package: &Package, dependency: &Dependency) -> Breach {
    let kind = if dependency.is_dev { "dev-depends" } else { "depends" };
    Breach::new(rule, &package.name, format!("{kind} on {}", dependency.name))
}

fn begins_with_any(name: &str, starts: &[&str]) -> bool {
    starts.iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rules(package: &str, dependency: &str, is_dev: bool) -> Vec<&'static str> {
        let kind = if is_dev { json!("dev") } else { Value::Null };
        let metadata = json!({ "packages": [
            { "name": package, "dependencies": [{ "name": dependency, "kind": kind }] },
        ] });
        let breaches = check(&read(&metadata)).into_iter();
        breaches.map(|breach| breach.rule).filter(|rule| *rule != KNOWN_LAYER).collect()
    }

    #[test]
    fn dependencies_point_downward() {
        for (package, dependency) in [
            ("outbox", "db"),
            ("market", "reservations"),
            ("checkout", "market"),
            ("gateway", "checkout"),
            ("gateway", "devstack"),
            ("xtask", "devstack"),
            ("testkit", "migrations"),
            ("market", "serde"),
        ] {
            assert!(rules(package, dependency, false).is_empty(), "{package} on {dependency}");
        }
        for (package, dependency) in [
            ("outbox", "market"),
            ("market", "catalog"),
            ("market", "checkout"),
            ("checkout", "placement"),
            ("market", "gateway"),
            ("market", "devstack"),
            ("xtask", "gateway"),
            ("bench", "accounts"),
            ("devstack", "db"),
            ("testkit", "market"),
        ] {
            assert_eq!(rules(package, dependency, false), [DOWNWARD], "{package} on {dependency}");
        }
        assert_eq!(rules("market", "catalog", true), [DOWNWARD], "not in tests either");
    }

    #[test]
    fn the_kit_is_for_tests() {
        assert!(rules("market", "testkit", true).is_empty());
        assert_eq!(rules("market", "testkit", false), [DOWNWARD, TEST_ONLY]);
        assert_eq!(rules("gateway", "testkit", false), [TEST_ONLY]);
    }

    #[test]
    fn some_crates_only_compute() {
        for dependency in ["tokio", "tokio-util", "diesel-async", "reqwest"] {
            assert_eq!(rules("kernel", dependency, false), [NO_IO], "{dependency}");
        }
        assert_eq!(rules("eligibility-core", "kernel", false), [NO_IO]);
        assert_eq!(rules("availability-core", "kernel", false), [NO_IO]);
        assert!(rules("kernel", "diesel", false).is_empty());
        assert!(rules("eligibility-core", "tokio", true).is_empty());
    }

    #[test]
    fn only_the_gateway_speaks_http() {
        assert_eq!(rules("market", "actix-web", false), [NO_WEB]);
        assert_eq!(rules("catalog", "paperclip", false), [NO_WEB]);
        assert!(rules("logistics", "actix-web", true).is_empty());
        assert!(rules("gateway", "paperclip", false).is_empty());
    }

    #[test]
    fn a_new_crate_needs_a_layer() {
        let packages = [Package { name: "sensors".to_owned(), dependencies: vec![] }];
        let breaches = check(&packages);
        assert!(breaches.contains(&Breach::new(KNOWN_LAYER, "sensors", "has no layer")));
        assert!(breaches.contains(&Breach::new(KNOWN_LAYER, "kernel", "does not exist")));
    }
}
