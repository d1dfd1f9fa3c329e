//! Pictures of what is for sale: from the bytes that somebody uploaded to what is shown.
//!
//! Owns what a picture is: which files are taken for one, how large it may be, which sizes of it are shown, and that
//! nothing but its pixels survives. The part of it that is here computes and does no I/O: [`inspect`] says from the
//! beginning of a file what it will be, [`render`] makes everything that is shown, and neither keeps anything.

mod image;

pub use image::{
    Format, Header, ImageError, Limits, MASTER_SIDE, MEDIA_TYPE, Orientation, Picture, Rendered,
    THUMBNAIL_SIDES, inspect, inspect_whole, render, thumbnails,
};
