//! What the gateway really says to PostgreSQL, read from the server's log.
//!
//! Owns reading the log: which statements arrived in which order on which connection, with which values, and of which
//! types the gateway declared its parameters. The types come from the parse trees that the log also holds; nothing is
//! guessed from a value.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The gateway's name on its connections.
const GATEWAY: &str = "silkcart";

/// A statement as it was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub text: String,
    /// The values of `$1`, `$2`, ...; none is NULL.
    pub values: Vec<Option<String>>,
    /// Whether a statement prepared earlier was used, or one that is kept for later.
    pub kept: bool,
    /// The server process of its connection.
    pub process: u32,
}

impl Statement {
    pub fn begins(&self) -> bool {
        self.is("BEGIN") || self.is("START TRANSACTION")
    }

    pub fn ends(&self) -> bool {
        self.is("COMMIT") || self.is("ROLLBACK")
    }

    fn is(&self, word: &str) -> bool {
        self.text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
    }
}

/// Reads what the log gains.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    read: u64,
    /// The types of each statement's parameters, by its text.
    types: HashMap<String, Vec<u32>>,
    /// What the gateway also says when nobody asks it anything.
    background: HashSet<String>,
}

impl Log {
    /// From the present end of the log on.
    pub fn follow(path: &Path) -> Result<Self> {
        let read = path.metadata().with_context(|| format!("cannot read {}", path.display()))?.len();
        Ok(Self { path: path.to_owned(), read, types: HashMap::new(), background: HashSet::new() })
    }

    /// The gateway's statements since the last call.
    pub fn take(&mut self) -> Result<Vec<Statement>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.read))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        self.read += u64::try_from(bytes.len())?;
        let mut statements = Vec::new();
        for message in messages(&String::from_utf8_lossy(&bytes)) {
            if message.application != GATEWAY {
                continue;
            }
            if message.text == "parse tree:" {
                // A trigger's own statements come after the one that fires it, under the same text.
                let (Some(text), Some(tree)) = (message.statement, message.detail) else { continue };
                self.types.entry(text).or_insert_with(|| parameter_types(&tree));
            } else if let Some(statement) = executed(&message) {
                statements.push(statement);
            }
        }
        Ok(statements)
    }

    /// Takes what came since the last call for the gateway's own doings; whether anything came.
    pub fn learn_background(&mut self) -> Result<bool> {
        let said = self.take()?;
        let came = !said.is_empty();
        let own = said.into_iter().filter(|statement| !statement.begins() && !statement.ends());
        self.background.extend(own.map(|statement| statement.text));
        Ok(came)
    }

    /// The statements of the one request that was answered since the last call, without what else was going on.
    ///
    /// A request's work is on one connection; what the gateway does after its commit, it does on its own account.
    pub fn take_request(&mut self) -> Result<Vec<Statement>> {
        let all = self.take()?;
        let is_own = |statement: &&Statement| {
            !statement.begins() && !statement.ends() && !self.background.contains(&statement.text)
        };
        let Some(process) = all.iter().find(is_own).map(|statement| statement.process) else {
            return Ok(Vec::new());
        };
        let mut request: Vec<Statement> = Vec::new();
        let mut block: Vec<Statement> = Vec::new();
        for statement in all.into_iter().filter(|statement| statement.process == process) {
            let ends = statement.ends();
            let alone = block.is_empty() && !statement.begins();
            block.push(statement);
            if !(alone || ends) {
                continue;
            }
            let done = std::mem::take(&mut block);
            if done.iter().any(|statement| is_own(&statement)) {
                request.extend(done);
                if ends {
                    break;
                }
            }
        }
        Ok(request)
    }

    /// The object ids of the types that the gateway gave the parameters of this statement.
    pub fn types_of(&self, text: &str) -> Option<&[u32]> {
        self.types.get(text).map(Vec::as_slice)
    }
}

/// A record of the log.
#[derive(Debug, Default)]
struct Message {
    process: u32,
    application: String,
    text: String,
    detail: Option<String>,
    statement: Option<String>,
}

fn messages(log: &str) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((process, application, kind, first)) = beginning(line) else { continue };
        let mut text = first.to_owned();
        while let Some(more) = lines.next_if(|line| line.starts_with('\t')) {
            text.push('\n');
            text.push_str(&more[1..]);
        }
        let same = messages.last_mut().filter(|last| last.process == process);
        match (kind, same) {
            ("DETAIL", Some(last)) => last.detail = Some(text),
            ("STATEMENT", Some(last)) => last.statement = Some(text),
            ("LOG", _) => messages.push(Message {
                process,
                application: application.to_owned(),
                text,
                ..Message::default()
            }),
            _ => {}
        }
    }
    messages
}

/// `~1234~silkcart~ LOG:  text` in its parts.
fn beginning(line: &str) -> Option<(u32, &str, &str, &str)> {
    let (process, rest) = line.strip_prefix('~')?.split_once('~')?;
    let (application, rest) = rest.split_once("~ ")?;
    let (kind, text) = rest.split_once(":  ")?;
    Some((process.parse().ok()?, application, kind, text))
}

fn executed(message: &Message) -> Option<Statement> {
    if let Some(text) = message.text.strip_prefix("statement: ") {
        return Some(Statement {
            text: text.to_owned(),
            values: Vec::new(),
            kept: true,
            process: message.process,
        });
    }
    let (name, text) = message.text.strip_prefix("execute ")?.split_once(": ")?;
    let detail = message.detail.as_deref().and_then(|detail| detail.strip_prefix("parameters: "));
    Some(Statement {
        text: text.to_owned(),
        values: detail.map(parameter_values).unwrap_or_default(),
        kept: name != "<unnamed>",
        process: message.process,
    })
}

/// `$1 = 'it''s', $2 = NULL` as values.
fn parameter_values(mut detail: &str) -> Vec<Option<String>> {
    let mut values = Vec::new();
    while let Some((_, rest)) = detail.split_once(" = ") {
        let Some(quoted) = rest.strip_prefix('\'') else {
            values.push(None);
            detail = rest;
            continue;
        };
        let mut value = String::new();
        let mut from = quoted;
        loop {
            let (piece, after) = from.split_once('\'').unwrap_or((from, ""));
            value.push_str(piece);
            from = after;
            match from.strip_prefix('\'') {
                Some(after) => {
                    value.push('\'');
                    from = after;
                }
                None => break,
            }
        }
        values.push(Some(value));
        detail = from;
    }
    values
}

/// The types by number of parameter: `{PARAM :paramkind 0 :paramid 2 :paramtype 2951 ...}`, broken into lines anywhere.
fn parameter_types(tree: &str) -> Vec<u32> {
    let mut types = Vec::new();
    let mut words = tree.split_ascii_whitespace();
    while words.by_ref().any(|word| word.ends_with("{PARAM")) {
        let external = words.by_ref().nth(1) == Some("0");
        let id = words.by_ref().nth(1).and_then(|word| word.parse::<usize>().ok()).unwrap_or_default();
        let of_type = words.by_ref().nth(1).and_then(|word| word.parse().ok()).unwrap_or_default();
        if !external || id == 0 {
            continue;
        }
        if types.len() < id {
            types.resize(id, 0);
        }
        types[id - 1] = of_type;
    }
    types
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
~7~silkcart~ LOG:  parse tree:
~7~silkcart~ DETAIL:  {QUERY ({PARAM :paramkind 0 :paramid 2 :paramtype 20 :paramtypmod -1} {PARAM :paramkind 1 :paramid 3 :paramtype 23}
\t{PARAM :paramkind 0
\t:paramid 1 :paramtype 2951 :paramtypmod -1})}
~7~silkcart~ STATEMENT:  SELECT 1
\tFROM t WHERE a = ANY($1) AND b = $2
~7~silkcart~ LOG:  statement: BEGIN
~8~silkcart~ LOG:  execute s1: SELECT background
~7~silkcart~ LOG:  execute s4: SELECT 1
\tFROM t WHERE a = ANY($1) AND b = $2
~7~silkcart~ DETAIL:  parameters: $1 = '{a,b}', $2 = NULL
~9~bench~ LOG:  statement: SELECT ours
~7~silkcart~ LOG:  execute <unnamed>: SELECT $1
~7~silkcart~ DETAIL:  parameters: $1 = 'it''s, $2 = ''no'''
~7~silkcart~ LOG:  statement: COMMIT
~7~silkcart~ LOG:  statement: BEGIN
~7~silkcart~ LOG:  execute s1: SELECT afterwards
~7~silkcart~ LOG:  statement: COMMIT
";

    fn log() -> Log {
        let file = tempfile_with(LOG);
        Log { path: file, read: 0, types: HashMap::new(), background: HashSet::new() }
    }

    fn tempfile_with(text: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("bench-log-{}-{}", std::process::id(), text.len()));
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn a_request_is_found_among_what_else_is_said() {
        let mut log = log();
        log.background.insert("SELECT background".to_owned());
        let request = log.take_request().unwrap();
        let texts: Vec<&str> = request.iter().map(|statement| statement.text.as_str()).collect();
        let select = "SELECT 1\nFROM t WHERE a = ANY($1) AND b = $2";
        assert_eq!(texts, ["BEGIN", select, "SELECT $1", "COMMIT"]);
        assert_eq!(request[1].values, [Some("{a,b}".to_owned()), None]);
        assert_eq!(request[2].values, [Some("it's, $2 = 'no'".to_owned())]);
        assert!(request[1].kept && !request[2].kept);
        assert_eq!(log.types_of(select), Some(&[2951, 20][..]));
    }
}
