//! Every route, one file per resource. Each file has its wire types, its handlers and a `configure`.
//!
//! Register with `web::resource(path).route(..)`, never with a scope's `route`: an unknown method then answers 405,
//! not 404. Write paths without a trailing slash; both spellings answer.

mod addresses;
mod admin_centers;
pub(crate) mod admin_summary;
mod admin_users;
mod arranging;
mod auth;
mod browse;
mod callers;
mod cart;
mod categories;
mod centers;
mod checkout;
mod eligibility;
mod health;
mod images;
mod listings;
pub(crate) mod live;
mod me;
mod moderation;
pub(crate) mod notifications;
mod offerings;
mod order_steps;
pub(crate) mod order_views;
mod orders;
mod passwords;
mod picture_views;
mod plants;
mod posts;
mod products;
mod publication;
mod reports;
pub(crate) mod served;
mod stock;
mod unsubscribe;
mod vendors;
mod visitor;

use paperclip::actix::web::ServiceConfig;

/// Registers every documented route.
pub(crate) fn configure(config: &mut ServiceConfig) {
    health::configure(config);
    offerings::configure(config);
    browse::configure(config);
    publication::configure(config);
    stock::configure(config);
    plants::configure(config);
    categories::configure(config);
    reports::configure(config);
    moderation::configure(config);
    auth::configure(config);
    passwords::configure(config);
    me::configure(config);
    notifications::configure(config);
    live::configure(config);
    unsubscribe::configure(config);
    addresses::configure(config);
    vendors::configure(config);
    images::configure(config);
    arranging::configure(config);
    posts::configure(config);
    admin_users::configure(config);
    cart::configure(config);
    checkout::configure(config);
    orders::configure(config);
    admin_summary::configure(config);
    order_steps::configure(config);
    centers::configure(config);
    admin_centers::configure(config);
}
