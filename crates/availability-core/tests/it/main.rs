//! Availability from outside: against a minute-by-minute reference, through the clock changes of many
//! zones, and with input that makes no sense.
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without has failed it")]

mod departures;
mod naive;
mod properties;
mod senseless;
mod zones;
