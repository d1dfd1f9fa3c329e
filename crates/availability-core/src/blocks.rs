//! Which units are taken when.
//!
//! Owns the sum over the units: for how many of them a booking of one length can begin at an instant.

use std::time::Duration;

use jiff::Timestamp;

use crate::civil::{earlier, later};
use crate::interval::{Interval, merged};

/// A time in which a unit cannot be had, with the buffers of whatever takes it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Block {
    /// The number of the unit.
    pub unit: u32,
    /// From when to when.
    pub interval: Interval,
}

/// Identical units by their numbers, and when each of them is blocked.
#[derive(Clone, Debug)]
pub(crate) struct Blocks {
    /// By number; of each, what is blocked, merged and in order.
    units: Vec<(u32, Vec<Interval>)>,
}

impl Blocks {
    /// Numbers and blocks in any order. A number that comes twice is one unit; blocks of other numbers
    /// are of no concern.
    pub fn new(units: &[u32], blocks: &[Block]) -> Self {
        let mut units: Vec<(u32, Vec<Interval>)> = units.iter().map(|unit| (*unit, Vec::new())).collect();
        units.sort_unstable_by_key(|(unit, _)| *unit);
        units.dedup_by_key(|(unit, _)| *unit);
        for block in blocks {
            if let Ok(position) = units.binary_search_by_key(&block.unit, |(unit, _)| *unit) {
                units[position].1.push(block.interval);
            }
        }
        for (_, blocked) in &mut units {
            *blocked = merged(std::mem::take(blocked));
        }
        Self { units }
    }

    /// How many units there are.
    pub fn count(&self) -> u32 {
        u32::try_from(self.units.len()).unwrap_or(u32::MAX)
    }

    /// The numbers of the units that are free for all of an interval.
    pub fn free(&self, wanted: Interval) -> Vec<u32> {
        let free = self.units.iter().filter(|(_, blocked)| first_in_the_way(blocked, wanted).is_none());
        free.map(|(unit, _)| *unit).collect()
    }

    /// When the first of the blocks ends that overlap an interval.
    pub fn first_end(&self, wanted: Interval) -> Option<Timestamp> {
        let ends = self.units.iter().filter_map(|(_, blocked)| first_in_the_way(blocked, wanted));
        ends.map(Interval::end).min()
    }

    /// When units are busy for bookings of a length that begin from `from` to `to`.
    pub fn busy(&self, length: Length, from: Timestamp, to: Timestamp) -> Busy {
        let mut busy = Busy::default();
        for (_, blocked) in &self.units {
            let mut last: Option<Timestamp> = None;
            for block in blocked {
                // Whatever begins between these two, both excluded, overlaps the block.
                let start = earlier(block.start(), length.duration.saturating_add(length.after));
                let end = later(block.end(), length.before);
                if end <= from || start >= to {
                    continue;
                }
                match last {
                    // Between two blocks there is no room for a booking: the unit stays busy. If there
                    // is just room for one, it is free for that one instant.
                    Some(last_end) if start < last_end => {
                        busy.ends.pop();
                    }
                    _ => busy.starts.push(start),
                }
                busy.ends.push(end);
                last = Some(end);
            }
        }
        busy.starts.sort_unstable();
        busy.ends.sort_unstable();
        busy
    }
}

fn first_in_the_way(blocked: &[Interval], wanted: Interval) -> Option<Interval> {
    let past = blocked.partition_point(|block| block.end() <= wanted.start());
    blocked.get(past).copied().filter(|block| block.overlaps(wanted))
}

/// How long a booking is, with its buffers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Length {
    pub before: Duration,
    pub duration: Duration,
    pub after: Duration,
}

/// When units are busy, for starts that are asked about in order of time.
#[derive(Clone, Default, Debug)]
pub(crate) struct Busy {
    /// A unit becomes busy after each of these.
    starts: Vec<Timestamp>,
    /// A unit becomes free at each of these.
    ends: Vec<Timestamp>,
    begun: usize,
    ended: usize,
}

impl Busy {
    /// How many units are busy for a booking that begins at `start`, which is not before the last one
    /// asked about.
    pub fn at(&mut self, start: Timestamp) -> u32 {
        while self.starts.get(self.begun).is_some_and(|busy| *busy < start) {
            self.begun += 1;
        }
        while self.ends.get(self.ended).is_some_and(|free| *free <= start) {
            self.ended += 1;
        }
        u32::try_from(self.begun.saturating_sub(self.ended)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn interval(start: i64, end: i64) -> Interval {
        Interval::new(at(start), at(end)).unwrap()
    }

    fn block(unit: u32, start: i64, end: i64) -> Block {
        Block { unit, interval: interval(start, end) }
    }

    fn length(before: u64, duration: u64, after: u64) -> Length {
        let [before, duration, after] = [before, duration, after].map(Duration::from_secs);
        Length { before, duration, after }
    }

    #[test]
    fn back_to_back_bookings_touch_without_conflict() {
        let blocks = Blocks::new(&[1], &[block(1, 10, 20)]);
        assert_eq!(blocks.free(interval(5, 10)), [1]);
        assert_eq!(blocks.free(interval(20, 25)), [1]);
        assert!(blocks.free(interval(19, 25)).is_empty());
        let mut busy = blocks.busy(length(0, 5, 0), at(0), at(50));
        assert_eq!([4, 5, 6, 19, 20].map(|start| busy.at(at(start))), [0, 0, 1, 1, 0]);
    }

    #[test]
    fn a_gap_that_just_fits_is_free_for_one_instant() {
        let blocks = Blocks::new(&[1], &[block(1, 10, 20), block(1, 25, 30)]);
        let mut busy = blocks.busy(length(1, 3, 1), at(0), at(50));
        assert_eq!([20, 21, 22].map(|start| busy.at(at(start))), [1, 0, 1]);
        let mut busy = blocks.busy(length(1, 4, 1), at(0), at(50));
        assert_eq!([20, 21, 22, 30, 31].map(|start| busy.at(at(start))), [1, 1, 1, 1, 0]);
    }

    #[test]
    fn unknown_and_repeated_numbers_do_no_harm() {
        let blocks = Blocks::new(&[7, 3, 7], &[block(9, 0, 10), block(7, 5, 8), block(7, 1, 6)]);
        assert_eq!(blocks.count(), 2);
        assert_eq!(blocks.free(interval(2, 3)), [3]);
        assert_eq!(blocks.first_end(interval(2, 3)), Some(at(8)));
    }
}
