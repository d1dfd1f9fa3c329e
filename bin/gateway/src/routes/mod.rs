//! Every route, one file per resource. Each file has its wire types, its handlers and a `configure`.
//!
//! Register with `web::resource(path).route(..)`, never with a scope's `route`: an unknown method then answers 405,
//! not 404. Write paths without a trailing slash; both spellings answer.

mod health;

use paperclip::actix::web::ServiceConfig;

/// Registers every documented route.
pub(crate) fn configure(config: &mut ServiceConfig) {
    health::configure(config);
}
