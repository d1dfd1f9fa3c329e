//! Pictures of what is for sale and what grows: from the bytes that somebody uploaded to what is shown.
//!
//! Owns what a picture is (which files are taken for one, how large it may be, which sizes of it are shown), the objects
//! that its bytes are, who uploaded it, what it is attached to, and gardeners' posts. [`inspect`] and [`render`] compute
//! and do no I/O; everything else goes to the database and to the [`ObjectStore`].
//!
//! Invariants:
//! - the same bytes are stored and rendered once, whoever uploads them and however many do at once;
//! - what was uploaded is shown to nobody: what is served was encoded anew and has nothing but pixels;
//! - an object is written down before it is stored, so that none is left behind, and is not removed once it is in use;
//! - an image is attached to one thing at most, and a thing has at most [`MOST_IMAGES`], in one order;
//! - neither an upload nor an object is held in memory whole; decoding is, for few pictures at once.
//!
//! Whether somebody may attach an image to a thing is a process's business.

mod check;
mod error;
mod hash;
mod image;
mod intake;
mod jobs;
mod model;
mod object;
mod parts;
mod schema;
mod service;
mod store;

pub use check::{CHECKS, check, repair};
pub use error::MediaError;
pub use hash::{NameError, PictureHash, SizeName};
pub use image::{
    Format, Header, ImageError, Limits, MASTER_SIDE, MEDIA_TYPE, Orientation, Picture, Rendered,
    THUMBNAIL_SIDES, inspect, inspect_whole, render, thumbnails,
};
pub use intake::{Intake, Received};
pub use jobs::{CleanUp, RenderPicture, register};
pub use model::{
    Image, MOST_IMAGES, PictureState, Post, ShownPicture, Size, StoredPicture, Subject, UploadGrant,
};
pub use object::{
    Content, FolderStore, Object, ObjectKey, ObjectStore, Reader, S3Settings, S3Store, StoreError,
};
pub use parts::Media;
pub use service::cleaning::{Cleaned, LOOSE_FOR, clean_up};
pub use service::images::{
    arrange_images, describe_image, detach_images, find_own_image, images_of, images_of_offerings,
    list_own_images, list_pictured_offerings, remove_image, subjects_of, take_turn,
};
pub use service::posts::{
    PostChange, PostDraft, change_post, create_post, find_post, hide_posts_of, list_posts, list_writers,
    remove_post, take_down_post,
};
pub use service::uploads::{expect_room, finalize_upload, grant_upload, upload};
