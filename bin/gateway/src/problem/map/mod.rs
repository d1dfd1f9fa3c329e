//! From domain errors to problems: one file per domain, each an exhaustive match, so that a new error does not
//! compile until somebody has decided what the caller is told.

mod accounts;
mod catalog;
mod ground;
mod live;
mod logistics;
mod market;
mod media;
mod notifications;
mod reservations;
