//! Availability from outside: against a minute-by-minute reference, through the clock changes of many
//! zones, and with input that makes no sense.

mod departures;
mod naive;
mod properties;
mod senseless;
mod zones;
