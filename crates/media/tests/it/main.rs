//! From the bytes of a file to what is shown of it: every format, every orientation, and everything that is sent to do
//! harm. The files are made here.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without has failed it")]

mod cleaning;
mod files;
mod formats;
mod hostile;
mod metadata;
mod mutations;
mod objects;
mod orientation;
mod photo;
mod schema;
mod sizes;
mod streaming;
mod support;
mod uploads;
