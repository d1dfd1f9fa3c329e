//! The gateway through HTTP, on a real database, with an example resource that uses every extractor.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without has failed it")]

mod accounts;
mod actors;
mod api_examples;
mod bad_input;
mod browse;
mod centers;
mod contract;
mod demo;
mod doctor;
mod document;
mod documents;
mod every_route;
mod guest;
mod hostile;
mod idempotency;
mod letters;
mod limits;
mod listings;
mod market_flow;
mod moderation;
mod notes;
mod pictures;
mod plants;
mod posts;
mod products;
mod races;
mod rejections;
mod resources;
mod shelf;
mod statements;
mod streams;
mod support;
mod system;
mod town;
