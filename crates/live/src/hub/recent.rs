//! What was published lately, for those who come back.

use std::collections::VecDeque;

use super::Frame;
use crate::Channel;

/// A few minutes of a busy platform; a frame has one or two kilobytes.
const MOST: usize = 5_000;

/// The last frames, in the feed's order.
#[derive(Debug, Default)]
pub(super) struct Recent {
    frames: VecDeque<Frame>,
    /// Every frame after this position is here.
    complete_after: i64,
    /// How far the feed was published.
    position: i64,
}

impl Recent {
    /// Nothing is known up to `position`.
    pub(super) fn begin(&mut self, position: i64) {
        *self = Self { frames: VecDeque::new(), complete_after: position, position };
    }

    pub(super) fn add(&mut self, frame: Frame) {
        self.frames.push_back(frame);
        if self.frames.len() > MOST
            && let Some(forgotten) = self.frames.pop_front()
        {
            self.complete_after = forgotten.position;
        }
    }

    pub(super) fn advance(&mut self, position: i64) {
        self.position = self.position.max(position);
    }

    pub(super) fn position(&self) -> i64 {
        self.position
    }

    /// The channel's frames after a position; none where some of them may have been forgotten.
    pub(super) fn after(&self, channel: Channel, position: i64) -> Option<Vec<Frame>> {
        if position < self.complete_after {
            return None;
        }
        let first = self.frames.partition_point(|frame| frame.position <= position);
        Some(self.frames.range(first..).filter(|frame| frame.channel == channel).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(position: i64) -> Frame {
        Frame { position, channel: Channel::Admin, text: position.to_string().into() }
    }

    fn known(recent: &Recent, after: i64) -> Option<Vec<i64>> {
        let frames = recent.after(Channel::Admin, after)?;
        Some(frames.into_iter().map(|frame| frame.position).collect())
    }

    #[test]
    fn what_was_forgotten_is_not_taken_for_nothing() {
        let mut recent = Recent::default();
        recent.begin(10);
        assert_eq!(known(&recent, 9), None);
        assert_eq!(known(&recent, 10), Some(vec![]));
        let most = i64::try_from(MOST).unwrap_or_default();
        for position in 11..=10 + most {
            recent.add(frame(position));
        }
        recent.advance(10 + most);
        assert_eq!(known(&recent, 10).map(|all| all.len()), Some(MOST));
        recent.add(frame(11 + most));
        recent.advance(11 + most);
        assert_eq!(known(&recent, 10), None);
        assert_eq!(known(&recent, 11).map(|all| all.len()), Some(MOST));
        assert_eq!(known(&recent, 10 + most), Some(vec![11 + most]));
        // From another process, which is further.
        assert_eq!(known(&recent, 12 + most), Some(vec![]));
        assert_eq!(recent.position(), 11 + most);
    }
}
