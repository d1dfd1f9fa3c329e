//! The trace that a piece of work belongs to, as other systems write it down.
//!
//! W3C Trace Context, `traceparent`, version 00: <https://www.w3.org/TR/trace-context/#traceparent-header>.

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};
use std::str::FromStr;

/// Whose spans are kept is decided where a trace begins; we keep none.
const NOT_SAMPLED: u8 = 0;
/// `00-<32 digits>-<16 digits>-<2 digits>`.
const LENGTH: usize = 55;

/// A trace, and one piece of work in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TraceParent {
    trace: NonZeroU128,
    span: NonZeroU64,
    flags: u8,
}

/// It is not written as the standard asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a traceparent")]
pub struct NotATraceParent;

impl TraceParent {
    /// The first piece of work of a trace of its own.
    #[must_use]
    pub fn begin() -> Self {
        Self { trace: rand::random(), span: rand::random(), flags: NOT_SAMPLED }
    }

    /// Another piece of work in the same trace.
    #[must_use]
    pub fn child(self) -> Self {
        Self { span: rand::random(), ..self }
    }

    /// The trace: 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace)
    }

    /// The piece of work: 16 hexadecimal digits.
    #[must_use]
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.span)
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags)
    }
}

impl FromStr for TraceParent {
    type Err = NotATraceParent;

    /// Reads versions to come as well, which begin as this one does.
    fn from_str(text: &str) -> Result<Self, NotATraceParent> {
        let mut parts = text.split('-');
        let mut part = |digits: usize| {
            let part = parts.next().filter(|part| part.len() == digits)?;
            part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)).then_some(part)
        };
        let (version, trace, span, flags) = part(2)
            .zip(part(32))
            .zip(part(16))
            .zip(part(2))
            .map(|(((v, t), s), f)| (v, t, s, f))
            .ok_or(NotATraceParent)?;
        if version == "ff" || (version == "00" && text.len() != LENGTH) {
            return Err(NotATraceParent);
        }
        let trace = u128::from_str_radix(trace, 16).ok().and_then(NonZeroU128::new);
        let span = u64::from_str_radix(span, 16).ok().and_then(NonZeroU64::new);
        let flags = u8::from_str_radix(flags, 16).ok();
        let ((trace, span), flags) = trace.zip(span).zip(flags).ok_or(NotATraceParent)?;
        Ok(Self { trace, span, flags })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn it_is_written_as_it_was_read() {
        let read: TraceParent = EXAMPLE.parse().unwrap();
        assert_eq!(read.to_string(), EXAMPLE);
        assert_eq!(read.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(read.span_id(), "00f067aa0ba902b7");
        let fresh = TraceParent::begin();
        assert_eq!(fresh.to_string().parse(), Ok(fresh));
    }

    #[test]
    fn a_child_is_other_work_of_the_same_trace() {
        let parent: TraceParent = EXAMPLE.parse().unwrap();
        let child = parent.child();
        assert_eq!((child.trace_id(), child.flags), (parent.trace_id(), parent.flags));
        assert_ne!(child.span_id(), parent.span_id());
    }

    #[test]
    fn versions_to_come_are_read_as_this_one() {
        let later = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes";
        assert_eq!(later.parse::<TraceParent>(), EXAMPLE.parse());
    }

    #[test]
    fn what_is_written_otherwise_is_refused() {
        for text in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(text.parse::<TraceParent>(), Err(NotATraceParent), "{text}");
        }
    }
}
