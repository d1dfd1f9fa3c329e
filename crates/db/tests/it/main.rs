//! The pool on a real server, and on one that hangs.

mod cancelled;
mod silent;
mod support;
