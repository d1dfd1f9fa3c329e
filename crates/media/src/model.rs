//! Pictures, images, uploads and posts.

use chrono::{DateTime, Utc};
use kernel::{ImageId, OfferingId, PictureId, PlantId, PostId, UploadId, UserId};
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use crate::{Format, PictureHash, SizeName};

/// The most images that one subject has.
pub const MOST_IMAGES: usize = 12;

/// What an image is attached to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Subject {
    /// A listing or a product.
    Offering(OfferingId),
    /// A vendor's shop.
    Shop(UserId),
    /// A gardener's post.
    Post(PostId),
}

impl Subject {
    /// What kind of thing it is.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Offering(_) => "offering",
            Self::Shop(_) => "shop",
            Self::Post(_) => "post",
        }
    }

    /// Which one.
    #[must_use]
    pub fn id(self) -> Uuid {
        match self {
            Self::Offering(id) => id.0,
            Self::Shop(id) => id.0,
            Self::Post(id) => id.0,
        }
    }

    pub(crate) fn read(kind: &str, id: Uuid) -> Option<Self> {
        match kind {
            "offering" => Some(Self::Offering(OfferingId(id))),
            "shop" => Some(Self::Shop(UserId(id))),
            "post" => Some(Self::Post(PostId(id))),
            _ => None,
        }
    }
}

/// One size in which a picture is shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Size {
    /// Its name among the picture's objects.
    #[serde(rename = "n")]
    pub name: SizeName,
    /// In pixels.
    #[serde(rename = "w")]
    pub width: u32,
    /// In pixels.
    #[serde(rename = "h")]
    pub height: u32,
}

/// What is shown of a picture, and how it is described there. Kept by others as JSON, with names of one letter since it
/// stands in every row of theirs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ShownPicture {
    /// Names its objects.
    #[serde(rename = "k")]
    pub hash: PictureHash,
    /// For those who do not see it.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
    /// What to show until it is there: a `ThumbHash` in base64.
    #[serde(rename = "p")]
    pub placeholder: String,
    /// From the smallest; the last one is the master.
    #[serde(rename = "s")]
    pub sizes: Vec<Size>,
}

/// How far a picture is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PictureState {
    /// What is shown of it has not been made yet.
    Waiting,
    /// It can be shown.
    Rendered {
        /// What to show until it is there: a `ThumbHash` in base64.
        placeholder: String,
        /// From the smallest; the last one is the master.
        sizes: Vec<Size>,
    },
    /// It cannot be shown.
    Refused {
        /// Why, for its uploader.
        reason: String,
    },
}

impl PictureState {
    /// `waiting`, `rendered` or `refused`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Rendered { .. } => "rendered",
            Self::Refused { .. } => "refused",
        }
    }
}

/// What was uploaded: one for the same bytes, whoever uploads them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredPicture {
    /// Its id.
    pub id: PictureId,
    /// Of its bytes.
    pub hash: PictureHash,
    /// What kind of file it is.
    pub format: Format,
    /// In pixels, as far as its header tells; as it is looked at, once it is rendered.
    pub width: u32,
    /// In pixels, likewise.
    pub height: u32,
    /// How many bytes it has.
    pub bytes: u64,
    /// How far it is.
    pub state: PictureState,
}

/// Somebody's use of a picture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Image {
    /// Its id.
    pub id: ImageId,
    /// Whose it is.
    pub owner_id: UserId,
    /// What it shows.
    pub picture: StoredPicture,
    /// For those who do not see it.
    pub alt: Option<String>,
    /// What it is attached to, and its place there, from 0.
    pub place: Option<(Subject, u16)>,
    /// Counts its owner's changes.
    pub version: i32,
    /// When it was uploaded.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl Image {
    /// What others see of it; nothing until it is rendered.
    #[must_use]
    pub fn shown(&self) -> Option<ShownPicture> {
        let PictureState::Rendered { placeholder, sizes } = &self.picture.state else { return None };
        Some(ShownPicture {
            hash: self.picture.hash.clone(),
            alt: self.alt.clone(),
            placeholder: placeholder.clone(),
            sizes: sizes.clone(),
        })
    }
}

/// Leave to send a file to the object store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UploadGrant {
    /// Its id.
    pub id: UploadId,
    /// Where to send it, with PUT and the headers `Content-Type` and `Content-Length` as they were announced.
    pub url: Url,
    /// Until when the file must have been sent, and the upload finalized.
    pub expires_at: DateTime<Utc>,
}

/// An upload, as it was granted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Upload {
    pub id: UploadId,
    pub owner_id: UserId,
    pub media_type: String,
    pub bytes: u64,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub finalized_at: Option<DateTime<Utc>>,
}

/// What a gardener tells of their garden.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Post {
    /// Its id.
    pub id: PostId,
    /// Whose it is.
    pub gardener_id: UserId,
    /// The plant it is about.
    pub plant_id: Option<PlantId>,
    /// What it says.
    pub body: String,
    /// Its images, in order.
    pub images: Vec<Image>,
    /// Counts its changes.
    pub version: i32,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl Format {
    pub(crate) fn as_word(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Gif => "gif",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Jpeg, Self::Png, Self::Webp, Self::Gif].into_iter().find(|format| format.as_word() == word)
    }

    /// The format of a media type, such as `image/png`.
    #[must_use]
    pub fn of_media_type(text: &str) -> Option<Self> {
        [Self::Jpeg, Self::Png, Self::Webp, Self::Gif].into_iter().find(|format| format.media_type() == text)
    }
}
