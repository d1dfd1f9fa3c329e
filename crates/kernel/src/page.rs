//! Pages of a list: a bounded number of items and the cursor of the next page.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{FieldError, InvalidCode};

/// How many items a page may hold: 1 to 100, 24 unless asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit(u8);

impl Limit {
    /// The largest page.
    pub const MAX: u8 = 100;

    /// The limit somebody asked for, or the usual one.
    pub fn parse(asked: Option<i64>) -> Result<Self, FieldError> {
        match asked {
            None => Ok(Self::default()),
            Some(limit @ 1..=100) => Ok(Self(u8::try_from(limit).unwrap_or(Self::MAX))),
            Some(limit) if limit < 1 => Err(FieldError::new(InvalidCode::TooSmall, "must be at least 1")),
            Some(_) => Err(FieldError::new(InvalidCode::TooLarge, "must be at most 100")),
        }
    }

    /// The number of items.
    #[must_use]
    pub fn get(self) -> usize {
        usize::from(self.0)
    }

    /// The number of rows to fetch so that the last one tells whether another page follows.
    #[must_use]
    pub fn with_lookahead(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(24)
    }
}

/// Where a list that shows the newest first goes on: after the item made at `at` with this id.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewestKey {
    /// When the last item was made.
    pub at: DateTime<Utc>,
    /// Its id, which decides among items of one instant.
    pub id: Uuid,
}

/// A page of items, with the sort key from which the next page goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page<T, K> {
    /// The items, in order.
    pub items: Vec<T>,
    /// The key of the last item, when more follow.
    pub next: Option<K>,
}

impl<T, K> Page<T, K> {
    /// Cuts the row that was fetched to look ahead, and remembers where the next page begins.
    pub fn from_lookahead(mut rows: Vec<T>, limit: Limit, key: impl Fn(&T) -> K) -> Self {
        let more = rows.len() > limit.get();
        rows.truncate(limit.get());
        let next = if more { rows.last().map(key) } else { None };
        Self { items: rows, next }
    }

    /// The same page of other items.
    pub fn map<U>(self, view: impl FnMut(T) -> U) -> Page<U, K> {
        Page { items: self.items.into_iter().map(view).collect(), next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_whether_more_follow() {
        let limit = Limit::parse(Some(2)).unwrap();
        let page = Page::from_lookahead(vec![1, 2, 3], limit, |item| *item);
        assert_eq!((page.items, page.next), (vec![1, 2], Some(2)));
        let page = Page::from_lookahead(vec![1, 2], limit, |item| *item);
        assert_eq!((page.items, page.next), (vec![1, 2], None));
    }

    #[test]
    fn limits_are_bounded() {
        assert!(Limit::parse(Some(0)).is_err());
        assert!(Limit::parse(Some(101)).is_err());
        assert_eq!(Limit::parse(None).unwrap().get(), 24);
    }
}
