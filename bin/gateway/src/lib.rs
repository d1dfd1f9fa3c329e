//! The REST gateway: routes, extractors, problems, the OpenAPI document and the middleware around them. Thin: what a
//! request means is decided by the domain crates.
//!
//! A handler extracts, authorizes, opens one transaction, calls one service and shows a view. A library beside the
//! binary, so that tests start it in process with [`start`].

mod answer;
mod app;
mod connection;
pub mod demo;
pub mod doctor;
pub mod extract;
mod live;
pub mod middleware;
pub mod openapi;
mod page;
mod problem;
mod routes;
mod running;
mod state;
mod tokens;
pub mod wire;

pub use answer::{Accepted, Answer, Created, NoContent, Ok200};
pub use app::Routes;
pub use problem::{FieldProblem, MEDIA_TYPE, Problem, ProblemKind, Spec, render_markdown};
pub use running::{GivenParts, Running, StartOptions, assemble, start};
pub use state::{AppState, Parts};
