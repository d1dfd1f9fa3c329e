//! People through HTTP: they register, log in, say where they live, open storefronts, and are looked after by admins.

mod addresses;
mod admin;
mod auth;
mod profile;
mod vendors;

use crate::town::{PASSWORD, Person, Town, body, pointers, tag};
