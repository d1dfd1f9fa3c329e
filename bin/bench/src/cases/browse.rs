//! Browsing: pages by sort and place, searches, and details of what was found.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{Scene, Whereabouts, ask, items, pinned, text};
use crate::dataset::Place;
use crate::http::{Connection, Request};
use crate::load::{Transaction, Workload};

const LISTINGS: &str = "/api/v1/listings";
/// Visitors of a case, a mile or so from each other.
const VISITORS: u8 = 12;
/// Words that are looked for in a case.
const WORDS: usize = 8;
/// Offerings whose details are shown.
const DETAILS: usize = 36;
const LARGEST_PAGE: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Newest,
    Cheapest,
    Nearest,
}

impl Sort {
    fn word(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Cheapest => "cheapest",
            Self::Nearest => "nearest",
        }
    }

    /// Whether `next` may come after `item` in a list.
    fn allows(self, item: &Value, next: &Value) -> Result<bool> {
        let number = |value: &Value, pointer: &str| {
            value.pointer(pointer).and_then(Value::as_f64).with_context(|| format!("no {pointer} in {value}"))
        };
        Ok(match self {
            Self::Newest => instant(text(item, "/published_at")?) >= instant(text(next, "/published_at")?),
            Self::Cheapest => number(item, "/price/amount")? <= number(next, "/price/amount")?,
            Self::Nearest => number(item, "/distance_miles")? <= number(next, "/distance_miles")?,
        })
    }
}

/// Times of the wire compare as text once they are equally long: `...00Z` has fewer places than `...00.5Z`.
fn instant(text: &str) -> String {
    let (seconds, fraction) =
        text.trim_end_matches('Z').split_once('.').unwrap_or((text.trim_end_matches('Z'), ""));
    format!("{seconds}.{fraction:0<9}")
}

/// First pages and those after them, of several visitors or for several words.
pub(super) async fn pages(
    scene: &Scene<'_>,
    sort: Sort,
    whereabouts: Whereabouts,
    with_words: bool,
) -> Result<Workload> {
    let mut connection = scene.open().await?;
    let place = scene.place(whereabouts);
    let mut queries: Vec<String> = match place {
        Some(place) => (0..VISITORS).map(|number| place.near(number).query()).collect(),
        None => vec![String::new()],
    };
    if with_words {
        let words = words(&mut connection, place).await?;
        queries =
            queries.iter().cycle().zip(&words).map(|(place, word)| format!("{place}&q={word}")).collect();
    }
    let mut transactions = Vec::new();
    for query in queries {
        let target = format!("{LISTINGS}?sort={}{query}", sort.word());
        // Where nobody says where they are, there is one first page: further ones make up for it.
        let deep = if place.is_none() && !with_words { usize::from(VISITORS) } else { 2 };
        follow(&mut connection, sort, &target, deep, &mut transactions).await?;
    }
    Ok(Workload::shared(transactions, scene.connections))
}

/// Adds the first `deep` pages, as long as there are more; they must be in order and meet.
async fn follow(
    connection: &mut Connection,
    sort: Sort,
    target: &str,
    deep: usize,
    transactions: &mut Vec<Transaction>,
) -> Result<()> {
    let mut cursor = String::new();
    let mut last: Option<Value> = None;
    let mut seen = BTreeSet::new();
    for _ in 0..deep {
        let (transaction, page) = pinned(connection, Request::get(&format!("{target}{cursor}"))).await?;
        let found = items(&page)?;
        for item in found {
            ensure!(seen.insert(text(item, "/id")?.to_owned()), "{target} shows {item} twice");
            let in_order = last.as_ref().map_or(Ok(true), |last| sort.allows(last, item))?;
            ensure!(in_order, "{target} is not in order: {last:?}, then {item}");
            last = Some(item.clone());
        }
        transactions.push(transaction);
        let Some(next) = page.pointer("/next_cursor").and_then(Value::as_str) else { break };
        cursor = format!("&cursor={}", utf8_percent_encode(next, NON_ALPHANUMERIC));
    }
    Ok(())
}

/// Words of titles, from the frequent to the rare.
async fn words(connection: &mut Connection, place: Option<Place>) -> Result<Vec<String>> {
    let place = place.map(Place::query).unwrap_or_default();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for sort in [Sort::Newest, Sort::Cheapest] {
        let target = format!("{LISTINGS}?limit={LARGEST_PAGE}&sort={}{place}", sort.word());
        let page = ask(connection, &Request::get(&target)).await?;
        for item in items(&page)? {
            let title = text(item, "/title")?.to_lowercase();
            for word in title.split(|letter: char| !letter.is_alphabetic()).filter(|word| word.len() > 3) {
                *counts.entry(word.to_owned()).or_default() += 1;
            }
        }
    }
    let mut words: Vec<(usize, String)> = counts.into_iter().map(|(word, count)| (count, word)).collect();
    words.sort_by(|a, b| b.cmp(a));
    ensure!(!words.is_empty(), "no title has a word to look for");
    let step = words.len().div_ceil(WORDS).max(1);
    Ok(words.into_iter().step_by(step).map(|(_, word)| word).collect())
}

/// What offerings look like, some near either visitor and some anywhere.
pub(super) async fn details(scene: &Scene<'_>) -> Result<Workload> {
    let mut connection = scene.open().await?;
    let mut transactions = Vec::new();
    for id in offerings(&mut connection, scene, DETAILS).await? {
        let (transaction, shown) = pinned(&mut connection, Request::get(&format!("{LISTINGS}/{id}"))).await?;
        ensure!(text(&shown, "/id")? == id, "the detail of {id} is of another");
        transactions.push(transaction);
    }
    Ok(Workload::shared(transactions, scene.connections))
}

async fn offerings(connection: &mut Connection, scene: &Scene<'_>, wanted: usize) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    for whereabouts in [Whereabouts::Dense, Whereabouts::Sparse, Whereabouts::Anywhere] {
        let found = available(connection, scene.place(whereabouts), wanted).await?;
        ids.extend(found.into_iter().take(wanted / 3));
    }
    Ok(ids)
}

/// Listings that can be had at a place, newest first.
pub(super) async fn available(
    connection: &mut Connection,
    place: Option<Place>,
    wanted: usize,
) -> Result<Vec<String>> {
    let place = place.map(Place::query).unwrap_or_default();
    let mut ids = Vec::new();
    let mut cursor = String::new();
    while ids.len() < wanted {
        let target = format!("{LISTINGS}?kind=listing&limit={LARGEST_PAGE}{place}{cursor}");
        let page = ask(connection, &Request::get(&target)).await?;
        for item in items(&page)? {
            ids.push(text(item, "/id")?.to_owned());
        }
        let Some(next) = page.pointer("/next_cursor").and_then(Value::as_str) else { break };
        cursor = format!("&cursor={}", utf8_percent_encode(next, NON_ALPHANUMERIC));
    }
    ids.truncate(wanted);
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn order_is_judged_by_the_sort() {
        let item = |at: &str, price: i64| json!({ "published_at": at, "price": { "amount": price } });
        let (older, newer) = (item("2026-01-01T00:00:00Z", 5), item("2026-01-01T00:00:00.5Z", 4));
        assert!(Sort::Newest.allows(&newer, &older).unwrap());
        assert!(!Sort::Newest.allows(&older, &newer).unwrap());
        assert!(Sort::Cheapest.allows(&newer, &older).unwrap());
        assert!(Sort::Nearest.allows(&newer, &older).is_err());
    }
}
