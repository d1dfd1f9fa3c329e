//! What can be booked: slots in order of time, worked out while they are asked for.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::civil::{elapsed, later};
use crate::sweep::{Sweep, whole_steps};

/// A booking that is allowed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Slot {
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// How many units are free for it, with its buffers.
    pub free: u32,
}

/// The slots of one duration, in order of time.
#[derive(Clone, Debug)]
pub struct Offer<'a> {
    sweep: Sweep<'a>,
    from: Timestamp,
    to: Timestamp,
    quantity: u32,
    /// The position of the window, and the next start on its grid.
    window: usize,
    next: Option<Timestamp>,
    /// The last date that is done with, if only one slot of each is wanted.
    done: Option<Date>,
    one_of_each: bool,
}

impl<'a> Offer<'a> {
    /// The slots that begin from `from` to `to`, both included.
    pub(crate) fn new(sweep: Sweep<'a>, from: Timestamp, to: Timestamp, quantity: u32) -> Self {
        Self { sweep, from, to, quantity, window: 0, next: None, done: None, one_of_each: false }
    }

    /// Only the first slot of each local date; the rest of a date is not looked at.
    #[must_use]
    pub fn first_of_each_date(mut self) -> Self {
        self.one_of_each = true;
        self
    }

    /// The next start on a grid, whether it can be booked or not.
    fn candidate(&mut self) -> Option<Timestamp> {
        while self.window < self.sweep.windows() {
            if let Some(grid) = self.sweep.grid(self.window) {
                let start = self.next.unwrap_or_else(|| {
                    // The grid stays where it is: what is too early is cut.
                    let early = elapsed(grid.start(), self.from);
                    let first = later(grid.start(), whole_steps(early, self.sweep.step()));
                    if first < self.from { later(first, self.sweep.step()) } else { first }
                });
                // Only what is on this grid tells that the rest is too late: the next grid may begin
                // before the next step of this one.
                if start < grid.end() {
                    if start > self.to {
                        return None;
                    }
                    self.next = Some(later(start, self.sweep.step()));
                    return Some(start);
                }
            }
            self.leave_window();
        }
        None
    }

    fn leave_window(&mut self) {
        self.window += 1;
        self.next = None;
    }
}

impl Iterator for Offer<'_> {
    type Item = Slot;

    fn next(&mut self) -> Option<Slot> {
        loop {
            let start = self.candidate()?;
            if self.one_of_each {
                let date = self.sweep.date(start);
                if self.done.is_some_and(|done| date <= done) {
                    if self.sweep.is_on_one_date() {
                        self.leave_window();
                    }
                    continue;
                }
            }
            let look = self.sweep.look(start);
            // Whatever ends when no instant can be told any more is no booking.
            let Ok(end) = start.checked_add(self.sweep.duration()) else { continue };
            if look.allows(self.quantity) {
                if self.one_of_each {
                    self.done = Some(self.sweep.date(start));
                }
                return Some(Slot { start, end, free: look.free });
            }
        }
    }
}
