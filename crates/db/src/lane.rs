//! Threads that keep to connections of their own.
//!
//! The task that carries a connection's bytes lives on the thread that opened it. Whoever uses a connection from
//! another thread wakes that thread for every statement and is woken by it for every answer, which costs more than
//! many a statement does. A pool is therefore divided into lanes, and a thread looks into its own one first.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

thread_local! {
    /// The number of this thread among those that keep to a lane.
    static NUMBER: Cell<Option<usize>> = const { Cell::new(None) };
}

static THREADS: AtomicUsize = AtomicUsize::new(0);

/// Makes the calling thread, which must have a runtime of its own, keep to one lane of every pool. Threads that do not
/// say so share the first lane.
pub fn keep_to_a_lane() {
    if NUMBER.get().is_none() {
        NUMBER.set(Some(THREADS.fetch_add(1, Ordering::Relaxed)));
    }
}

/// The calling thread's lane of as many.
pub(crate) fn own(lanes: usize) -> usize {
    match (NUMBER.get(), lanes) {
        (Some(number), 2..) => 1 + number % (lanes - 1),
        _ => 0,
    }
}

/// How many of `connections` belong to each of `lanes`: all, as evenly as can be.
pub(crate) fn divide(connections: usize, lanes: usize) -> impl Iterator<Item = usize> {
    let lanes = lanes.clamp(1, connections.max(1));
    (0..lanes).map(move |lane| connections / lanes + usize::from(lane < connections % lanes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_divided_without_a_rest() {
        for (connections, lanes, expected) in [
            (16, 3, vec![6, 5, 5]),
            (16, 1, vec![16]),
            (2, 3, vec![1, 1]),
            (1, 5, vec![1]),
            (9, 3, vec![3; 3]),
        ] {
            assert_eq!(divide(connections, lanes).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn the_first_lane_is_for_those_without_one() {
        assert_eq!(own(3), 0);
        let numbered = || {
            keep_to_a_lane();
            (own(1), own(3), own(3))
        };
        for _ in 0..4 {
            let (only, first, again) = std::thread::spawn(numbered).join().unwrap();
            assert_eq!(only, 0);
            assert!((1..3).contains(&first) && first == again);
        }
    }
}
