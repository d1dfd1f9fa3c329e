//! Rules about migrations and the tables they make: who owns what, that every constraint has a name, how wide a
//! table is.

use std::collections::BTreeMap;

use super::{Breach, File};

/// As many as diesel is built for.
const MOST_COLUMNS: usize = 32;
const DIGITS: usize = 14;

const FOLDER: &str = "a migration's folder is named <14 digits>_<owning crate>_<what>";
const NAMED: &str = "every constraint has a name, so that its breach can become a business error";
const NARROW: &str = "a table has at most 32 columns";
const ONE_OWNER: &str = "a table is declared by exactly one crate, and made by that crate's migration";

/// A word, number or sign of SQL, with its line.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Token {
    text: String,
    line: usize,
}

/// A table as the migrations leave it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Table {
    /// The path of the migration that makes it.
    path: String,
    /// The crate that the migration is named for.
    owner: String,
    columns: usize,
}

pub(super) fn check(scripts: &[File], sources: &[File], crates: &[&str]) -> Vec<Breach> {
    let mut breaches: Vec<Breach> =
        scripts.iter().filter(|script| owner(script, crates).is_none()).map(misnamed).collect();
    breaches.extend(scripts.iter().flat_map(unnamed_constraints));
    let tables = tables(scripts, crates);
    breaches.extend(tables.iter().filter(|(_, table)| table.columns > MOST_COLUMNS).map(too_wide));
    breaches.extend(disowned_tables(&tables, sources));
    breaches
}

fn misnamed(script: &File) -> Breach {
    Breach::new(FOLDER, &script.path, "names no crate as its owner")
}

fn too_wide((name, table): (&String, &Table)) -> Breach {
    Breach::new(NARROW, &table.path, format!("{name} has {} columns", table.columns))
}

/// The crate whose migration it is: `migrations/20260101000600_market_carts_and_orders/up.sql` is the market's.
fn owner<'a>(script: &File, crates: &[&'a str]) -> Option<&'a str> {
    let folder = script.path.split('/').nth(1)?;
    let (digits, rest) = folder.split_at_checked(DIGITS)?;
    let rest = rest.strip_prefix('_').filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let names_it = |name: &&&str| {
        let what = rest.strip_prefix(name.replace('-', "_").as_str()).and_then(|rest| rest.strip_prefix('_'));
        what.is_some_and(|what| !what.is_empty())
    };
    crates.iter().find(names_it).copied()
}

fn unnamed_constraints(script: &File) -> Vec<Breach> {
    let tokens = tokens(&script.text);
    let found = |position: usize| {
        let token = &tokens[position];
        let names = |position: usize| position >= 2 && is(&tokens[position - 2], "CONSTRAINT");
        let next_is = |word| tokens.get(position + 1).is_some_and(|next| is(next, word));
        let constrains = match token.text.to_ascii_uppercase().as_str() {
            "CHECK" => next_is("("),
            "UNIQUE" => !next_is("INDEX"),
            "PRIMARY" | "FOREIGN" => next_is("KEY"),
            "REFERENCES" => !ends_foreign_key(&tokens[..position]),
            "EXCLUDE" => next_is("USING") || next_is("("),
            _ => false,
        };
        let broken = constrains && !names(position);
        broken.then(|| Breach::at_line(NAMED, script, token.line, format!("{} has none", token.text)))
    };
    (0..tokens.len()).filter_map(found).collect()
}

/// Whether the tokens end in `FOREIGN KEY (..)`, whose name is also that of the `REFERENCES` after it.
fn ends_foreign_key(tokens: &[Token]) -> bool {
    let Some(open) = tokens.iter().rposition(|token| is(token, "(")) else { return false };
    let ends = tokens.last().is_some_and(|token| is(token, ")"));
    ends && open >= 2 && is(&tokens[open - 1], "KEY") && is(&tokens[open - 2], "FOREIGN")
}

/// Every table that the migrations make, in their order, with the columns that later ones add and drop.
fn tables(scripts: &[File], crates: &[&str]) -> BTreeMap<String, Table> {
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for script in scripts {
        let tokens = tokens(&script.text);
        for statement in tokens.split(|token| is(token, ";")) {
            if let Some((name, columns)) = made_table(statement) {
                let owner = owner(script, crates).unwrap_or_default().to_owned();
                tables.insert(name, Table { path: script.path.clone(), owner, columns });
            } else if let Some((name, added, dropped)) = changed_table(statement)
                && let Some(table) = tables.get_mut(&name)
            {
                table.columns = (table.columns + added).saturating_sub(dropped);
            }
        }
    }
    tables
}

/// The name and the number of columns, where the statement makes a table.
fn made_table(statement: &[Token]) -> Option<(String, usize)> {
    let kind = statement.iter().take(3).position(|token| is(token, "TABLE"))?;
    if !is(&statement[0], "CREATE") {
        return None;
    }
    let exists = ["IF", "NOT", "EXISTS"];
    let name = statement[kind + 1..].iter().find(|token| exists.iter().all(|word| !is(token, word)))?;
    let open = statement.iter().position(|token| is(token, "("))?;
    let clauses = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "EXCLUDE", "LIKE"];
    let mut depth = 0_usize;
    let mut columns = 0;
    for (before, token) in statement[open..].iter().zip(&statement[open + 1..]) {
        match before.text.as_str() {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        let begins = depth == 1 && matches!(before.text.as_str(), "(" | ",");
        columns += usize::from(begins && clauses.iter().all(|clause| !is(token, clause)));
        if depth == 0 {
            break;
        }
    }
    Some((name.text.to_lowercase(), columns))
}

/// The name and how many columns are added and dropped, where the statement changes a table.
fn changed_table(statement: &[Token]) -> Option<(String, usize, usize)> {
    let [first, second, rest @ ..] = statement else { return None };
    if !is(first, "ALTER") || !is(second, "TABLE") {
        return None;
    }
    let name = rest.iter().find(|token| ["IF", "EXISTS", "ONLY"].iter().all(|word| !is(token, word)))?;
    let count =
        |action: &str| rest.windows(2).filter(|pair| is(&pair[0], action) && is(&pair[1], "COLUMN")).count();
    Some((name.text.to_lowercase(), count("ADD"), count("DROP")))
}

fn disowned_tables(tables: &BTreeMap<String, Table>, sources: &[File]) -> Vec<Breach> {
    let mut declared: BTreeMap<String, String> = BTreeMap::new();
    let mut breaches = Vec::new();
    for source in sources.iter().filter(|source| source.path.contains("/src/")) {
        let owner = source.path.split('/').nth(1).unwrap_or_default();
        for table in declarations(&source.text) {
            let mut refuse = |what: String| breaches.push(Breach::new(ONE_OWNER, &source.path, what));
            match tables.get(&table) {
                None => refuse(format!("{table} is made by no migration")),
                Some(made) if made.owner != owner => {
                    refuse(format!("{table} is made by the migration of {}", made.owner));
                }
                Some(_) => {}
            }
            if let Some(first) = declared.insert(table.clone(), source.path.clone()) {
                refuse(format!("{table} is declared in {first} too"));
            }
        }
    }
    breaches
}

/// The names of the tables that a source declares for diesel.
fn declarations(text: &str) -> Vec<String> {
    let name = |after: &str| {
        let lines = after.lines().map(str::trim).filter(|line| {
            !line.is_empty() && *line != "{" && !line.starts_with("//") && !line.starts_with("#[")
        });
        let name = lines.map(|line| line.split(['(', ' ']).next().unwrap_or_default()).next()?;
        (!name.is_empty()).then(|| name.to_owned())
    };
    // The macro's name, where it is called and not where it is written about.
    let calls = text.split("\ndiesel::table! ").skip(1);
    calls.filter_map(name).collect()
}

fn is(token: &Token, word: &str) -> bool {
    token.text.eq_ignore_ascii_case(word)
}

/// The words and signs of a script, without comments and texts.
fn tokens(script: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut in_text = false;
    for (index, line) in script.lines().enumerate() {
        let mut word = String::new();
        let mut characters = line.chars().peekable();
        let mut end = |word: &mut String| {
            if !word.is_empty() {
                tokens.push(Token { text: std::mem::take(word), line: index + 1 });
            }
        };
        while let Some(c) = characters.next() {
            if c == '\'' {
                // A doubled quote within a text ends it and begins it again.
                in_text = !in_text;
                end(&mut word);
            } else if in_text {
            } else if c == '-' && characters.peek() == Some(&'-') {
                break;
            } else if c.is_alphanumeric() || c == '_' || c == '.' {
                word.push(c);
            } else {
                end(&mut word);
                if !c.is_whitespace() && c != '"' {
                    end(&mut c.to_string());
                }
            }
        }
        end(&mut word);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "migrations/20260101000600_market_carts_and_orders/up.sql";
    const CRATES: [&str; 2] = ["market", "eligibility-core"];

    fn script(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    fn rules(text: &str) -> Vec<&'static str> {
        check(&[script(PATH, text)], &[], &CRATES).into_iter().map(|breach| breach.rule).collect()
    }

    #[test]
    fn a_migration_is_named_for_its_owner() {
        let owner_of = |folder: &str| owner(&script(&format!("migrations/{folder}/up.sql"), ""), &CRATES);
        assert_eq!(owner_of("20260101000600_market_carts"), Some("market"));
        assert_eq!(owner_of("20260101000600_eligibility_core_reach"), Some("eligibility-core"));
        for folder in ["20260101000600_carts", "2026_market_carts", "20260101000600_market", "x"] {
            assert_eq!(owner_of(folder), None, "{folder}");
        }
    }

    #[test]
    fn a_constraint_has_a_name() {
        for bare in [
            "id uuid PRIMARY KEY",
            "id uuid UNIQUE",
            "id uuid REFERENCES users",
            "n integer NOT NULL CHECK (n > 0)",
            "id uuid CONSTRAINT carts_pk PRIMARY KEY REFERENCES users",
            "id uuid, UNIQUE (id)",
            "id uuid, FOREIGN KEY (id) REFERENCES users",
        ] {
            assert_eq!(rules(&format!("CREATE TABLE carts ({bare});")), [NAMED], "{bare}");
        }
        for named in [
            "id uuid CONSTRAINT carts_pk PRIMARY KEY CONSTRAINT carts_user REFERENCES users",
            "n integer NOT NULL\n CONSTRAINT carts_n CHECK (n > 0)",
            "id uuid, CONSTRAINT carts_user FOREIGN KEY (id) REFERENCES users",
            "word text DEFAULT 'UNIQUE, it''s UNIQUE' -- UNIQUE",
        ] {
            assert!(rules(&format!("CREATE TABLE carts ({named});")).is_empty(), "{named}");
        }
        assert!(rules("CREATE UNIQUE INDEX carts_once ON carts (user_id);").is_empty());
        assert_eq!(rules("ALTER TABLE carts ADD UNIQUE (user_id);"), [NAMED]);
    }

    #[test]
    fn columns_are_counted_through_all_migrations() {
        let columns: Vec<String> = (0..32).map(|n| format!("c{n} numeric(10, 2) DEFAULT (1)")).collect();
        let wide = format!("CREATE TABLE carts ({}, CONSTRAINT c CHECK (c0 > 0));", columns.join(",\n"));
        assert!(rules(&wide).is_empty());
        let added = format!("{wide} ALTER TABLE carts ADD COLUMN more text, ADD CONSTRAINT m CHECK (true);");
        assert_eq!(rules(&added), [NARROW]);
        assert!(rules(&format!("{added} ALTER TABLE carts DROP COLUMN c1;")).is_empty());
    }

    #[test]
    fn the_tables_of_the_tree_are_read() {
        let root = crate::tidy::root();
        let tables = tables(&crate::tidy::read_all(&root, &["migrations"], "sql"), &CRATES);
        let cart_lines = &tables["cart_lines"];
        assert_eq!((cart_lines.owner.as_str(), cart_lines.columns), ("market", 6));
        let schema = std::fs::read_to_string(root.join("crates/market/src/schema.rs")).unwrap();
        assert!(declarations(&schema).contains(&"cart_lines".to_owned()));
    }

    #[test]
    fn a_table_has_one_owner() {
        let schema =
            |path: &str| script(path, "//! T.\n\ndiesel::table! {\n    /// Carts.\n    carts (id) {\n");
        let made = script(PATH, "CREATE TABLE carts (id uuid);");
        let check = |sources: &[File]| check(std::slice::from_ref(&made), sources, &CRATES);
        assert!(check(&[schema("crates/market/src/schema.rs")]).is_empty());
        let stranger = check(&[schema("crates/catalog/src/schema.rs")]);
        assert_eq!(stranger[0].what, "carts is made by the migration of market");
        let twice = check(&[schema("crates/market/src/schema.rs"), schema("crates/market/src/more.rs")]);
        assert_eq!(twice[0].what, "carts is declared in crates/market/src/schema.rs too");
    }
}
