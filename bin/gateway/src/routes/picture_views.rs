//! How pictures are shown: to everybody once they can be, to their owners before that as well.

use chrono::{DateTime, Utc};
use media::{Image, PictureState, ShownPicture};
use paperclip::actix::Apiv2Schema;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

/// A picture in one size.
#[derive(Debug, Serialize, Apiv2Schema)]
pub(super) struct PictureSizeView {
    /// Where it is: a JPEG that never changes.
    url: String,
    /// In pixels.
    width: u32,
    /// In pixels.
    height: u32,
}

/// A picture.
#[derive(Debug, Serialize, Apiv2Schema)]
pub(super) struct PictureView {
    /// Where its largest size is: a JPEG that never changes.
    url: String,
    /// Of the largest size, in pixels.
    width: u32,
    /// Of the largest size, in pixels.
    height: u32,
    /// For those who do not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    alt: Option<String>,
    /// What to show until it is there: a `ThumbHash` in base64.
    placeholder: String,
    /// Its sizes, from the smallest.
    sizes: Vec<PictureSizeView>,
}

/// What an image is attached to.
#[derive(Debug, Serialize, Apiv2Schema)]
struct ImageSubjectView {
    /// One of `offering`, `shop` or `post`.
    kind: String,
    /// Which one.
    id: Uuid,
    /// Its place there: 0 for the primary one.
    position: u16,
}

/// An image as its owner sees it.
#[derive(Debug, Serialize, Apiv2Schema)]
pub(super) struct ImageView {
    /// Its id.
    id: Uuid,
    /// Counts its changes; `If-Match: "v<version>"`.
    version: i32,
    /// `waiting` until it can be shown, `rendered`, or `refused` where it never can be. One of `waiting`, `rendered` or `refused`.
    state: String,
    /// Why it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
    /// What others see, once it is rendered.
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<PictureView>,
    /// For those who do not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    alt: Option<String>,
    /// What it is attached to. What is attached to nothing for 24 hours is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<ImageSubjectView>,
    /// What kind of file it is. One of `image/jpeg`, `image/png`, `image/webp` or `image/gif`.
    media_type: String,
    /// Of the file, in pixels.
    width: u32,
    /// Of the file, in pixels.
    height: u32,
    /// How many bytes the file has.
    bytes: u64,
    /// When it was uploaded.
    created_at: DateTime<Utc>,
}

/// A thing's images, in order.
#[derive(Debug, Serialize, Apiv2Schema)]
pub(super) struct ArrangedImagesView {
    /// The first is the primary one.
    items: Vec<ImageView>,
}

/// Which images a thing shall have.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
pub(super) struct ArrangeImagesBody {
    /// Up to 12 ids of your images, in order: the first is the primary one. What is not named is taken off.
    pub images: Vec<Uuid>,
}

impl PictureView {
    /// None where it has no size, which does not happen.
    pub(super) fn new(base: &Url, shown: ShownPicture) -> Option<Self> {
        let base = base.as_str().trim_end_matches('/');
        let largest = shown.sizes.last()?;
        let url = |name: &media::SizeName| format!("{base}/media/{}/{}", shown.hash, name.as_str());
        Some(Self {
            url: url(&largest.name),
            width: largest.width,
            height: largest.height,
            sizes: shown
                .sizes
                .iter()
                .map(|size| PictureSizeView { url: url(&size.name), width: size.width, height: size.height })
                .collect(),
            alt: shown.alt,
            placeholder: shown.placeholder,
        })
    }

    /// All of what the catalog keeps.
    pub(super) fn all(base: &Url, kept: serde_json::Value) -> Vec<Self> {
        gallery::read_pictures(kept).into_iter().filter_map(|shown| Self::new(base, shown)).collect()
    }

    /// One of what the catalog keeps.
    pub(super) fn one(base: &Url, kept: serde_json::Value) -> Option<Self> {
        gallery::read_picture(kept).and_then(|shown| Self::new(base, shown))
    }

    /// Those of a thing's images that can be shown.
    pub(super) fn of_images(base: &Url, images: &[Image]) -> Vec<Self> {
        images.iter().filter_map(Image::shown).filter_map(|shown| Self::new(base, shown)).collect()
    }
}

impl ImageView {
    pub(super) fn new(base: &Url, image: Image) -> Self {
        let picture = image.shown().and_then(|shown| PictureView::new(base, shown));
        let refusal = match &image.picture.state {
            PictureState::Refused { reason } => Some(reason.clone()),
            PictureState::Waiting | PictureState::Rendered { .. } => None,
        };
        Self {
            id: image.id.0,
            version: image.version,
            state: image.picture.state.as_str().to_owned(),
            refusal,
            picture,
            alt: image.alt,
            subject: image.place.map(|(subject, position)| ImageSubjectView {
                kind: subject.kind().to_owned(),
                id: subject.id(),
                position,
            }),
            media_type: image.picture.format.media_type().to_owned(),
            width: image.picture.width,
            height: image.picture.height,
            bytes: image.picture.bytes,
            created_at: image.created_at,
        }
    }
}

impl ArrangedImagesView {
    pub(super) fn new(base: &Url, images: Vec<Image>) -> Self {
        Self { items: images.into_iter().map(|image| ImageView::new(base, image)).collect() }
    }
}
