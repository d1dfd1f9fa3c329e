//! pgbench scripts that say what the gateway said.
//!
//! Owns the translation: the same texts, with the values as parameters of the types that the gateway declares; and, for
//! requests that write, fresh values where the gateway made fresh ones (ids, order numbers, idempotency keys), so that
//! the same rows are made, indexes kept and constraints checked each time a script runs.
//!
//! Which values are fresh is found by comparing two captures of the same request.

mod fresh;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use anyhow::{Context, Result, bail, ensure};

use fresh::Piece;
pub use fresh::{Fresh, difference};

use crate::capture::{Log, Statement};

/// As many parameters as pgbench takes in a statement, less one for luck.
const MOST_PARAMETERS: usize = 250;

/// A pgbench script, and what its variables stand for.
#[derive(Clone, Debug, Default)]
pub struct Scripts {
    pub files: Vec<String>,
    pub variables: BTreeMap<String, String>,
}

/// Names of types by object id.
pub type TypeNames = HashMap<u32, String>;

/// Makes scripts of captured statements.
#[derive(Debug)]
pub struct Writer<'a> {
    pub log: &'a Log,
    pub type_names: &'a TypeNames,
    pub scripts: Scripts,
}

impl<'a> Writer<'a> {
    pub fn new(log: &'a Log, type_names: &'a TypeNames) -> Self {
        Self { log, type_names, scripts: Scripts::default() }
    }

    /// A script of its own for each request: pgbench chooses among them at random.
    pub fn one_each(mut self, requests: &[Vec<Statement>]) -> Result<Scripts> {
        for (number, statements) in requests.iter().enumerate() {
            let file = self.translate(statements, &Fresh::default(), &format!("r{number}"))?;
            self.scripts.files.push(file);
        }
        Ok(self.scripts)
    }

    /// One script in which each client has transactions of its own, as each of the gateway's callers has: no two
    /// wait for each other's rows that would not wait there. Each transaction comes as two captures.
    pub fn by_client(mut self, clients: &[Vec<(Vec<Statement>, Vec<Statement>)>]) -> Result<Scripts> {
        // `u` is another number in each transaction; fresh values are made of it.
        let mut file =
            "\\set n :n + 1\n\\set u :base + :client_id * 1000000 + :n\n\\set t random(0, 1000000)\n"
                .to_owned();
        let mut client_word = "if";
        for (client, transactions) in clients.iter().enumerate() {
            writeln!(file, "\\{client_word} :client_id = {client}")?;
            client_word = "elif";
            let mut word = "if";
            for (number, (first, second)) in transactions.iter().enumerate() {
                writeln!(file, "\\{word} :t % {} = {number}", transactions.len())?;
                word = "elif";
                let fresh = Fresh::between(first, second)?;
                file.push_str(&self.translate(second, &fresh, &format!("c{client}_{number}"))?);
            }
            file.push_str("\\endif\n");
        }
        file.push_str("\\endif\n");
        self.scripts.files.push(file);
        self.scripts.variables.insert("n".to_owned(), "0".to_owned());
        Ok(self.scripts)
    }

    fn translate(&mut self, statements: &[Statement], fresh: &Fresh, prefix: &str) -> Result<String> {
        ensure!(!statements.is_empty(), "a request said nothing to the database");
        let mut file = String::new();
        for (number, statement) in statements.iter().enumerate() {
            let text = self
                .translate_one(statement, fresh, &format!("{prefix}_{number}"))
                .with_context(|| format!("cannot make a script of `{}`", statement.text))?;
            file.push_str(&text);
            file.push_str(";\n");
        }
        Ok(file)
    }

    fn translate_one(&mut self, statement: &Statement, fresh: &Fresh, prefix: &str) -> Result<String> {
        ensure!(!looks_like_a_variable(&statement.text), "pgbench would take a part of it for a variable");
        let pieces = split_at_parameters(&statement.text);
        ensure!(pieces.len() <= MOST_PARAMETERS, "it has too many parameters for pgbench");
        let types = match pieces.len() {
            1 => &[],
            _ => self.log.types_of(&statement.text).context("the types of its parameters are not known")?,
        };
        let mut text = String::new();
        for (number, literal) in pieces {
            if let Some(index) = number.checked_sub(1) {
                let value = statement.values.get(index).context("a value is missing")?;
                let object_id = types.get(index).context("a type is missing")?;
                let type_name = self.type_names.get(object_id).context("a type is unknown")?;
                let name = format!("{prefix}_{number}");
                text.push_str(&self.parameter(value.as_deref(), fresh, type_name, &name));
            }
            text.push_str(literal);
        }
        Ok(text)
    }

    fn parameter(&mut self, value: Option<&str>, fresh: &Fresh, type_name: &str, name: &str) -> String {
        let Some(value) = value else { return format!("NULL::{type_name}") };
        let pieces = fresh.pieces(value);
        if let [Piece::Kept(_)] | [] = pieces[..] {
            return self.variable(value, type_name, name);
        }
        let parts: Vec<String> = (0..)
            .zip(pieces)
            .map(|(part, piece): (usize, _)| match piece {
                Piece::Kept(text) => self.variable(text, "text", &format!("{name}_{part}")),
                Piece::Fresh(expression) => expression,
            })
            .collect();
        format!("({})::{type_name}", parts.join(" || "))
    }

    /// pgbench knows no empty variables.
    fn variable(&mut self, value: &str, type_name: &str, name: &str) -> String {
        if value.is_empty() {
            return format!("''::{type_name}");
        }
        self.scripts.variables.insert(name.to_owned(), value.to_owned());
        format!(":{name}::{type_name}")
    }
}

/// The text in pieces, each with the number of the parameter before it; 0 where there is none.
fn split_at_parameters(text: &str) -> Vec<(usize, &str)> {
    let mut pieces = Vec::new();
    let mut number = 0;
    let mut begun = 0;
    let mut quoted = false;
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        match bytes[at] {
            b'\'' => quoted = !quoted,
            b'$' if !quoted && digits > 0 => {
                pieces.push((number, &text[begun..at]));
                number = text[at + 1..=at + digits].parse().unwrap_or_default();
                at += digits;
                begun = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    pieces.push((number, &text[begun..]));
    pieces
}

/// Whether pgbench would see a `:name`; `::type` is none.
fn looks_like_a_variable(text: &str) -> bool {
    let bytes = text.as_bytes();
    (0..bytes.len()).any(|at| {
        let begins = bytes[at] == b':' && (at == 0 || bytes[at - 1] != b':');
        begins && bytes.get(at + 1).is_some_and(|next| next.is_ascii_alphanumeric() || *next == b'_')
    })
}

/// The names that a cast understands, of every type the database knows.
pub async fn type_names(client: &tokio_postgres::Client) -> Result<TypeNames> {
    let rows = client.query("SELECT oid, format_type(oid, NULL) FROM pg_type", &[]).await?;
    if rows.is_empty() {
        bail!("the database knows no types");
    }
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_and_literals_left_alone() {
        let pieces = split_at_parameters("SELECT '$1 it''s', a::int + $12 FROM t WHERE b = ANY($1)");
        assert_eq!(pieces, [(0, "SELECT '$1 it''s', a::int + "), (12, " FROM t WHERE b = ANY("), (1, ")")]);
    }

    #[test]
    fn variables_are_told_from_casts() {
        assert!(!looks_like_a_variable("SELECT a::text, '{\"b\": 1}'"));
        assert!(looks_like_a_variable("SELECT '12:30'"));
    }
}
