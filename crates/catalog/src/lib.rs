//! What is sold, and how it is found.
//!
//! Owns categories, plants, offerings (one id space; a *listing* of a plant is picked up, a *product*
//! ships), what the catalog knows of their sellers, and reports about them. Stock is kept by
//! `reservations`: an offering's pool has the offering's id.
//!
//! Invariants:
//! - an offering is browsable only while it is active, not hidden and in stock, and a listing only
//!   while its seller reaches an approved center;
//! - `offering_reach` has exactly one row per browsable offering and center its seller reaches;
//! - a page of browse is one statement, whatever the filters, and never scans or sorts the catalog.
//!
//! Where people and centers are is no business of the catalog: reach arrives as plain values.

mod browse;
mod check;
mod error;
mod jobs;
mod model;
mod publish;
mod schema;
mod service;
mod store;

pub use browse::{BrowseFilter, BrowseItem, BrowseKey, BrowsePlace, Sort};
pub use check::{CHECKS, check, repair};
pub use error::CatalogError;
pub use jobs::register;
pub use model::{
    Category, Detail, ForSale, ListingType, Offering, OfferingKind, Plant, Report, ReportReason,
    ReportStatus, ReportSubject, SaleStatus, Seller, SellerPlacement, Unit,
};
pub use publish::{NotPublishable, may_publish};
pub use service::browse::{browse, explain_browse, find_public_offering, storefront};
pub use service::bulk::{CatalogLoad, StockedOffering, count_offerings_of};
pub use service::categories::{
    CategoryDraft, change_category, create_category, find_category, list_categories, remove_category,
};
pub use service::offerings::{
    CreateListing, CreateProduct, OfferingChange, change_offering, count_published, create_listing,
    create_product, find_own_offering, hide_offering, hold_offering, hold_own_offering, list_own_offerings,
    list_showing_pictures, load_for_sale, pause_offering, pictures_of, publish_offering, remove_offering,
    set_in_stock, show_pictures, unhide_offering,
};
pub use service::plants::{
    PlantDraft, add_plant, change_plant, find_own_plant, list_own_plants, remove_plant,
};
pub use service::reports::{count_open_reports, list_reports, resolve_report, submit_report};
pub use service::sellers::{
    find_seller, find_seller_by_slug, list_sellers, place_seller, sellers_near, upsert_seller,
};
