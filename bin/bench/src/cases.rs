//! What is measured: the cases by name, and the requests of each.
//!
//! Owns the list of cases with their aims. Requests are made from what the gateway itself answers (ids, cursors,
//! words), and every answer is looked at once before anything is measured.

mod browse;
mod buying;
mod login;

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

pub use browse::Sort;

use crate::dataset::{Facts, Place};
use crate::http::{Body, Connection, Request};
use crate::load::{Transaction, Workload};

/// How much of an answer's beginning is compared each time.
const COMPARED: usize = 64;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Browse {
        sort: Sort,
        whereabouts: Whereabouts,
        with_words: bool,
    },
    Detail,
    AddToCart,
    CheckOut,
    LogIn,
    /// Browse while logins flood the gateway, beside browse alone.
    Flood,
}

/// Where the visitor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// Reaches half of the listings.
    Dense,
    /// Reaches less than one in two hundred.
    Sparse,
    /// Says nothing of it.
    Anywhere,
}

/// A case, and what it is to reach.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub name: &'static str,
    pub kind: Kind,
    /// The least ratio of the gateway's rate to that of the same SQL; for logins of the bare hash; for the flood of
    /// browse alone.
    pub aim: f64,
}

const READ: f64 = 0.6;
const WRITE: f64 = 0.7;

const fn browse(name: &'static str, sort: Sort, whereabouts: Whereabouts, with_words: bool) -> Case {
    Case { name, kind: Kind::Browse { sort, whereabouts, with_words }, aim: READ }
}

/// Reads first, so that they find the data as it was loaded.
pub const CASES: [Case; 16] = [
    browse("browse-newest-dense", Sort::Newest, Whereabouts::Dense, false),
    browse("browse-newest-sparse", Sort::Newest, Whereabouts::Sparse, false),
    browse("browse-newest-anywhere", Sort::Newest, Whereabouts::Anywhere, false),
    browse("browse-cheapest-dense", Sort::Cheapest, Whereabouts::Dense, false),
    browse("browse-cheapest-sparse", Sort::Cheapest, Whereabouts::Sparse, false),
    browse("browse-cheapest-anywhere", Sort::Cheapest, Whereabouts::Anywhere, false),
    browse("browse-nearest-dense", Sort::Nearest, Whereabouts::Dense, false),
    browse("browse-nearest-sparse", Sort::Nearest, Whereabouts::Sparse, false),
    browse("search-dense", Sort::Newest, Whereabouts::Dense, true),
    browse("search-sparse", Sort::Newest, Whereabouts::Sparse, true),
    browse("search-anywhere", Sort::Newest, Whereabouts::Anywhere, true),
    Case { name: "detail", kind: Kind::Detail, aim: READ },
    Case { name: "add-to-cart", kind: Kind::AddToCart, aim: WRITE },
    Case { name: "checkout", kind: Kind::CheckOut, aim: WRITE },
    Case { name: "login", kind: Kind::LogIn, aim: 0.95 },
    Case { name: "flood", kind: Kind::Flood, aim: 0.5 },
];

impl Case {
    pub fn reads_only(&self) -> bool {
        matches!(self.kind, Kind::Browse { .. } | Kind::Detail)
    }

    /// Whether the same SQL by pgbench is what it is compared with.
    pub fn has_script(&self) -> bool {
        !matches!(self.kind, Kind::LogIn | Kind::Flood)
    }

    /// Which request of a transaction the latencies are given of.
    pub fn timed_step(&self) -> usize {
        usize::from(self.kind == Kind::CheckOut)
    }
}

/// Whom to ask for what requests are made of.
#[derive(Debug)]
pub struct Scene<'a> {
    pub address: SocketAddr,
    pub facts: &'a Facts,
    pub connections: usize,
    /// The database, for what no request can bring about: plentiful stock.
    pub client: &'a tokio_postgres::Client,
}

impl Scene<'_> {
    /// The requests of a case, each answered well once.
    pub async fn workload(&self, kind: Kind) -> Result<Workload> {
        match kind {
            Kind::Browse { sort, whereabouts, with_words } => {
                browse::pages(self, sort, whereabouts, with_words).await
            }
            Kind::Flood => browse::pages(self, Sort::Newest, Whereabouts::Dense, false).await,
            Kind::Detail => browse::details(self).await,
            Kind::AddToCart => buying::additions(self).await,
            Kind::CheckOut => buying::checkouts(self).await,
            Kind::LogIn => login::logins(self).await,
        }
    }

    /// Logins, for the flood.
    pub async fn logins(&self) -> Result<Workload> {
        login::logins(self).await
    }

    async fn open(&self) -> Result<Connection> {
        Connection::open(self.address).await
    }

    fn place(&self, whereabouts: Whereabouts) -> Option<Place> {
        match whereabouts {
            Whereabouts::Dense => Some(self.facts.dense),
            Whereabouts::Sparse => Some(self.facts.sparse),
            Whereabouts::Anywhere => None,
        }
    }
}

/// Sends the request and reads the answer as JSON.
async fn ask(connection: &mut Connection, request: &Request) -> Result<Value> {
    let answer = connection.perform(request, crate::load::next_number()).await?;
    serde_json::from_slice(answer.body).context("an answer is not JSON")
}

/// A request whose answer is the same each time: the present one is what is expected from now on.
async fn pinned(connection: &mut Connection, mut request: Request) -> Result<(Transaction, Value)> {
    let answer = connection.perform(&request, 0).await?;
    let value = serde_json::from_slice(answer.body).context("an answer is not JSON")?;
    let beginning = answer.body[..answer.body.len().min(COMPARED)].to_vec();
    let length = answer.body.len();
    request.body = Body::Like { beginning, length };
    Ok((vec![request], value))
}

/// The member of that name, as text.
fn text<'v>(value: &'v Value, pointer: &str) -> Result<&'v str> {
    value.pointer(pointer).and_then(Value::as_str).with_context(|| format!("no {pointer} in {value}"))
}

/// The items of a page; there must be some.
fn items(page: &Value) -> Result<&[Value]> {
    let items = page.pointer("/items").and_then(Value::as_array).context("a page has no items")?;
    ensure!(!items.is_empty(), "a page is empty");
    Ok(items)
}
