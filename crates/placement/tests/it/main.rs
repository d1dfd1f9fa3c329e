//! People and centers move; reach stays true.

mod addresses;
mod races;
mod sellers;
mod support;
mod visitors;
