//! The API as a frontend's developers meet it: the document is linted by redocly, typed by openapi-typescript, and used
//! by a TypeScript program that tsc has checked and node runs.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without has failed it")]

mod document;
mod page;
mod shop;
mod workshop;
