//! Values that are new each time a request is made: which they are, and how pgbench makes others like them.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use anyhow::{Result, bail, ensure};

use crate::capture::Statement;

/// What the load client's idempotency keys begin with.
const KEY: &str = "bench-";
const KEY_LENGTH: usize = KEY.len() + crate::http::NUMBER_DIGITS;
const UUID_LENGTH: usize = 36;
const UUID_DASHES: [usize; 4] = [8, 13, 18, 23];
const ORDER_NUMBER_LENGTH: usize = 11;
const ORDER_NUMBER_DASH: usize = 5;

/// The fresh values of a transaction, numbered.
#[derive(Clone, Debug, Default)]
pub struct Fresh(HashMap<String, usize>);

/// A part of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Stays as it was captured.
    Kept(&'a str),
    /// An expression for one that is new in each transaction.
    Fresh(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Uuid,
    OrderNumber,
    Key,
}

impl Fresh {
    /// What the second capture of a request has that the first had otherwise.
    pub fn between(first: &[Statement], second: &[Statement]) -> Result<Self> {
        if let Some(odd) = difference(first, second) {
            bail!("the same request said different things: `{odd}` only once");
        }
        let mut known = HashSet::new();
        for value in first.iter().flat_map(|statement| statement.values.iter().flatten()) {
            known.extend(tokens(value).into_iter().map(|(range, _)| &value[range]));
        }
        let mut fresh = HashMap::new();
        for (one, other) in first.iter().zip(second) {
            for (before, after) in one.values.iter().zip(&other.values) {
                let (Some(before), Some(after)) = (before, after) else { continue };
                if !is_alike(before, after) {
                    bail!(
                        "`{}` has `{before}` and then `{after}`: how that comes about is unknown",
                        one.text
                    );
                }
                for (range, _) in tokens(after) {
                    let token = &after[range];
                    let number = fresh.len() + 1;
                    if !known.contains(token) {
                        fresh.entry(token.to_owned()).or_insert(number);
                    }
                }
            }
        }
        // Fresh values of one transaction are told apart by this many numbers.
        ensure!(fresh.len() < 64, "a request makes {} fresh values", fresh.len());
        Ok(Self(fresh))
    }

    /// The value, cut where fresh values stand in it.
    pub fn pieces<'v>(&self, value: &'v str) -> Vec<Piece<'v>> {
        if self.0.is_empty() {
            return vec![Piece::Kept(value)];
        }
        let mut pieces = Vec::new();
        let mut done = 0;
        for (range, kind) in tokens(value) {
            let Some(number) = self.0.get(&value[range.clone()]) else { continue };
            if range.start > done {
                pieces.push(Piece::Kept(&value[done..range.start]));
            }
            pieces.push(Piece::Fresh(expression(kind, *number)));
            done = range.end;
        }
        if done < value.len() {
            pieces.push(Piece::Kept(&value[done..]));
        }
        pieces
    }
}

/// The first statement that is not in both at the same place.
pub fn difference<'s>(first: &'s [Statement], second: &'s [Statement]) -> Option<&'s str> {
    let same = first.iter().zip(second).take_while(|(one, other)| one.text == other.text).count();
    let longer = if first.len() > second.len() { first } else { second };
    longer.get(same).map(|statement| statement.text.as_str())
}

/// Made of the script's `u`, which is another number in each transaction. Ids ascend for each client, as those of the
/// gateway do: they come at the end of an index, not all over it.
fn expression(kind: Kind, number: usize) -> String {
    match kind {
        Kind::Uuid => format!("lpad((:u::bigint * 64 + {number})::text, 32, 'f')"),
        Kind::OrderNumber => {
            let digits = format!("upper(lpad(to_hex(:u::bigint * 64 + {number}), 10, '0'))");
            format!("overlay({digits} placing '-' from 6 for 0)")
        }
        Kind::Key => "'pgbench-' || :u::bigint::text".to_owned(),
    }
}

/// Whether two values are the same but for ids, numbers and times; of bytes, which hold whole answers, nothing is
/// asked.
fn is_alike(before: &str, after: &str) -> bool {
    let is_bytes = before.starts_with("\\x") && after.starts_with("\\x");
    is_bytes || masked(before) == masked(after)
}

fn masked(value: &str) -> String {
    let mut text = String::new();
    let mut done = 0;
    for (range, _) in tokens(value) {
        text.push_str(&value[done..range.start]);
        text.push('*');
        done = range.end;
    }
    text.push_str(&value[done..]);
    let mut masked = String::new();
    for letter in text.chars() {
        let letter = if letter.is_ascii_digit() { '#' } else { letter };
        // A number may have more digits the next time, and a time more or fewer places.
        if !(letter == '#' && masked.ends_with('#')) {
            masked.push(letter);
        }
    }
    masked
}

/// What may be fresh, from left to right.
fn tokens(value: &str) -> Vec<(Range<usize>, Kind)> {
    let bytes = value.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let kind =
            if at > 0 && bytes[at - 1].is_ascii_alphanumeric() { None } else { token_at(&bytes[at..]) };
        match kind {
            Some((kind, length)) => {
                found.push((at..at + length, kind));
                at += length;
            }
            None => at += 1,
        }
    }
    found
}

fn token_at(bytes: &[u8]) -> Option<(Kind, usize)> {
    let kinds =
        [(Kind::Uuid, UUID_LENGTH), (Kind::OrderNumber, ORDER_NUMBER_LENGTH), (Kind::Key, KEY_LENGTH)];
    kinds.into_iter().find(|(kind, length)| {
        let Some(token) = bytes.get(..*length) else { return false };
        let ends = bytes.get(*length).is_none_or(|next| !next.is_ascii_alphanumeric() && *next != b'-');
        ends && is_of(*kind, token)
    })
}

fn is_of(kind: Kind, token: &[u8]) -> bool {
    let mut places = token.iter().enumerate();
    match kind {
        Kind::Uuid => {
            places.all(
                |(at, byte)| {
                    if UUID_DASHES.contains(&at) { *byte == b'-' } else { byte.is_ascii_hexdigit() }
                },
            )
        }
        Kind::OrderNumber => places.all(|(at, byte)| {
            if at == ORDER_NUMBER_DASH {
                *byte == b'-'
            } else {
                byte.is_ascii_digit() || byte.is_ascii_uppercase()
            }
        }),
        Kind::Key => token.starts_with(KEY.as_bytes()) && token[KEY.len()..].iter().all(u8::is_ascii_digit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
    const FIRST: &str = "0192d3a1-0000-7000-8000-000000000001";
    const SECOND: &str = "0192d3a1-0000-7000-8000-000000000002";

    fn saying(values: &[&str]) -> Vec<Statement> {
        let values = values.iter().map(|value| Some((*value).to_owned())).collect();
        vec![Statement { text: "INSERT".to_owned(), values, kept: true, process: 1 }]
    }

    #[test]
    fn only_what_differs_is_fresh() {
        let first =
            saying(&[KNOWN, FIRST, &format!("{{\"order\":\"{FIRST}\",\"by\":\"{KNOWN}\"}}"), "7K2QX-M40TB"]);
        let json = format!("{{\"order\":\"{SECOND}\",\"by\":\"{KNOWN}\"}}");
        let second = saying(&[KNOWN, SECOND, &json, "AAAAA-BBBBB"]);
        let fresh = Fresh::between(&first, &second).unwrap();
        assert_eq!(fresh.pieces(KNOWN), [Piece::Kept(KNOWN)]);
        assert!(matches!(&fresh.pieces(SECOND)[..], [Piece::Fresh(_)]));
        let pieces = fresh.pieces(&json);
        assert_eq!(pieces[0], Piece::Kept("{\"order\":\""));
        assert_eq!(pieces[1], fresh.pieces(SECOND)[0]);
        assert_eq!(pieces[2], Piece::Kept(&json[json.find("\",\"by").unwrap()..]));
        assert!(matches!(&fresh.pieces("AAAAA-BBBBB")[..], [Piece::Fresh(text)] if text.contains("to_hex")));
    }

    #[test]
    fn times_and_amounts_may_differ_and_words_may_not() {
        let at = |time: &str| saying(&[time, "1000"]);
        assert!(Fresh::between(&at("2026-01-01 10:00:00.1+00"), &at("2026-01-01 10:00:01.25+00")).is_ok());
        assert!(Fresh::between(&saying(&["kale"]), &saying(&["figs"])).is_err());
    }

    #[test]
    fn keys_are_recognized_inside_a_text() {
        let key = "bench-0000000000000042";
        assert_eq!(tokens(key), [(0..key.len(), Kind::Key)]);
        assert_eq!(tokens("x-00000-00000-0"), []);
    }
}
