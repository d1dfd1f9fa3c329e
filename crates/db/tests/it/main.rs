//! The pool on a real server, and on one that hangs.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod cancelled;
mod lanes;
mod silent;
mod support;
