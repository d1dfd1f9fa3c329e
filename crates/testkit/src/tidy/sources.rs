//! Rules about a single source file: its length, its name, its opening, and words that do not belong in it.

use std::path::Path;

use super::{Breach, File};

const MOST_LINES: usize = 500;
/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 7] = ["util", "utils", "common", "helper", "helpers", "manager", "misc"];
/// Marks of unfinished work. Put together here, so that this file does not break its own rule.
const UNFINISHED: [&str; 5] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("to", "do!"),
    concat!("unimple", "mented!"),
    concat!("#[ig", "nore"),
];
/// What asks or changes the database.
const QUERIES: [&str; 6] = [
    "diesel::insert_into",
    "diesel::update",
    "diesel::delete",
    "diesel::sql_query",
    "db::sql(",
    "RunQueryDsl",
];
/// Crates that are about the database itself.
const QUERIES_ANYWHERE: [&str; 4] = ["db", "outbox", "migrations", "testkit"];

const LENGTH: &str = "a source file has at most 500 lines";
const NAME: &str =
    "a file, folder or crate is named for what it holds, not utils, common, helpers or manager";
const OPENING: &str = "a module in src opens with //! and says what it owns";
const FINISHED: &str = "no unfinished work is committed, and no test is ignored";
const NO_SLEEP: &str = "a test does not sleep, unless the line above says why";
const STORE: &str = "queries stand in store.rs, below store/ or in schema.rs";

pub(super) fn check(file: &File) -> Vec<Breach> {
    let mut breaches = Vec::new();
    breaches.extend(length(file));
    breaches.extend(file.path.split('/').find_map(|part| check_name(&file.path, part)));
    breaches.extend(opening(file));
    breaches.extend(unfinished(file));
    breaches.extend(sleeps(file));
    breaches.extend(queries(file));
    breaches
}

/// Whether `name`, of a file, folder or crate, says nothing.
pub(super) fn check_name(place: &str, name: &str) -> Option<Breach> {
    let stem = name.strip_suffix(".rs").unwrap_or(name);
    EMPTY_NAMES.contains(&stem).then(|| Breach::new(NAME, place, format!("is named {stem}")))
}

fn length(file: &File) -> Option<Breach> {
    let lines = file.text.lines().count();
    (lines > MOST_LINES).then(|| Breach::new(LENGTH, &file.path, format!("{lines} lines")))
}

fn opening(file: &File) -> Option<Breach> {
    let opens = file.text.starts_with("//!");
    (is_in(file, "src") && !opens).then(|| Breach::new(OPENING, &file.path, "does not"))
}

fn unfinished(file: &File) -> Vec<Breach> {
    let found = |(number, line): (usize, &str)| {
        let word = UNFINISHED.iter().find(|word| has_word(line, word))?;
        Some(Breach::at_line(FINISHED, file, number, format!("says {word}")))
    };
    numbered(file).filter_map(found).collect()
}

fn sleeps(file: &File) -> Vec<Breach> {
    if !is_in(file, "tests") {
        return Vec::new();
    }
    let mut above = "";
    let mut breaches = Vec::new();
    for (number, line) in numbered(file) {
        let sleeps = line.contains("sleep(") && !line.contains("fn sleep(") && !is_comment(line);
        if sleeps && !is_comment(above) {
            breaches.push(Breach::at_line(NO_SLEEP, file, number, line.trim()));
        }
        above = line;
    }
    breaches
}

fn queries(file: &File) -> Vec<Breach> {
    let mut parts = file.path.split('/');
    let owner = parts.nth(1).unwrap_or_default();
    let is_store = parts.any(|part| matches!(part, "store" | "store.rs" | "schema.rs"));
    if !is_in(file, "src") || is_store || QUERIES_ANYWHERE.contains(&owner) {
        return Vec::new();
    }
    let found = |(number, line): (usize, &str)| {
        let query = QUERIES.iter().find(|query| !is_comment(line) && line.contains(**query))?;
        Some(Breach::at_line(STORE, file, number, format!("uses {query}")))
    };
    numbered(file).filter_map(found).collect()
}

fn numbered(file: &File) -> impl Iterator<Item = (usize, &str)> {
    file.text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

/// Whether the file lies in this folder of its package: `src`, `tests`.
fn is_in(file: &File, folder: &str) -> bool {
    Path::new(&file.path).iter().nth(2).is_some_and(|part| part == folder)
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

/// Whether `word` stands in the line, and not as a part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let goes_on = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(start, _)| {
        let (before, after) = (&line[..start], &line[start + word.len()..]);
        let begins = !(goes_on(word.chars().next()) && goes_on(before.chars().next_back()));
        let ends = !(goes_on(word.chars().next_back()) && goes_on(after.chars().next()));
        begins && ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        let file = File { path: path.to_owned(), text: text.to_owned() };
        check(&file).into_iter().map(|breach| breach.rule).collect()
    }

    #[test]
    fn a_sound_file_breaks_no_rule() {
        assert!(rules("crates/market/src/cart.rs", "//! Carts.\n\nfn todos() {}\n").is_empty());
        assert!(rules("crates/market/tests/it/carts.rs", "use market::Cart;\n").is_empty());
    }

    #[test]
    fn long_files_empty_names_and_bare_modules_are_found() {
        let long = format!("//! Long.\n{}", "\n".repeat(500));
        assert_eq!(rules("crates/market/src/cart.rs", &long), [LENGTH]);
        assert_eq!(rules("crates/market/src/utils.rs", "//! U.\n"), [NAME]);
        assert_eq!(rules("crates/market/src/helpers/text.rs", "//! T.\n"), [NAME]);
        assert_eq!(rules("bin/gateway/src/main.rs", "use std::fs;\n"), [OPENING]);
        assert!(check_name("order-manager", "order-manager").is_none());
        assert!(check_name("manager", "manager").is_some());
    }

    #[test]
    fn unfinished_work_is_found() {
        for word in UNFINISHED {
            let text = format!("//! M.\n{word}(x)\n");
            assert_eq!(rules("crates/market/src/cart.rs", &text), [FINISHED], "{word}");
            let longer = format!("//! M.\nmy_{word}\n");
            let is_a_word = !word.starts_with('#');
            assert_eq!(rules("crates/market/src/cart.rs", &longer).is_empty(), is_a_word, "{word}");
        }
    }

    #[test]
    fn a_test_says_why_it_sleeps() {
        let bare = "wait();\nthread::sleep(SOON);\n";
        assert_eq!(rules("crates/market/tests/it/carts.rs", bare), [NO_SLEEP]);
        let said = "// Another process is asked until it answers.\nthread::sleep(SOON);\n";
        assert!(rules("crates/market/tests/it/carts.rs", said).is_empty());
        assert!(rules("crates/market/src/cart.rs", &format!("//! C.\n{bare}")).is_empty());
    }

    #[test]
    fn queries_stand_in_stores() {
        let text = "//! Q.\nuse diesel_async::RunQueryDsl;\n";
        for path in ["crates/market/src/cart.rs", "bin/gateway/src/routes/cart.rs"] {
            assert_eq!(rules(path, text), [STORE], "{path}");
        }
        for path in [
            "crates/market/src/store.rs",
            "crates/market/src/store/carts.rs",
            "crates/market/tests/it/carts.rs",
            "crates/db/src/pool.rs",
        ] {
            assert!(rules(path, text).is_empty(), "{path}");
        }
    }
}
