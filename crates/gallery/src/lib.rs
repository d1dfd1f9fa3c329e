//! The process that puts pictures on offerings, shops and posts, and shows them there.
//!
//! It spans the domains that do not know each other: `catalog` and `accounts` say whose an offering or a shop is, `media`
//! keeps the images, and `catalog` shows what this process writes for it.
//!
//! Invariants:
//! - somebody puts their own images on their own things, and on nothing else;
//! - what is shown of an offering's pictures is written in the transaction that changes them, and when a picture becomes
//!   one that can be shown; it is computed from what is true at that moment, under the offering's lock;
//! - posts of those whose accounts are closed are hidden;
//! - the images of what is removed are attached to nothing, and so go after a while.
//!
//! It owns no tables.

mod check;
mod error;
mod handlers;
mod images;
mod posts;

pub use check::{CHECKS, check, repair};
pub use error::GalleryError;
pub use handlers::register;
pub use images::{
    arrange_offering_images, arrange_shop_images, describe_image, offering_images, read_picture,
    read_pictures, remove_image, shop_images,
};
pub use posts::{change_post, create_post};
