//! Vendors: who sells, under which name, and how they are reached.

use chrono::{DateTime, Utc};
use kernel::{FieldError, Fields, Invalid, InvalidCode, Slug, TextRule, UserId};

use super::{Change, EmailAddress, read_phone};

const BUSINESS_NAME: TextRule = TextRule::line(2, 120);
const BUSINESS_IDENTIFIER: TextRule = TextRule::line(1, 64);
const BIO: TextRule = TextRule::prose(2000);
const PAYOUT_NOTE: TextRule = TextRule::prose(500);

/// What a vendor sells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VendorKind {
    /// Garden produce, picked up at a distribution center.
    Gardener,
    /// Handmade goods that ship.
    Maker,
    /// Equipment rentals and guided adventures.
    Outfitter,
    /// Meals that a rider delivers.
    Restaurant,
}

impl VendorKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Gardener, Self::Maker, Self::Outfitter, Self::Restaurant];

    /// The kind's name, on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gardener => "gardener",
            Self::Maker => "maker",
            Self::Outfitter => "outfitter",
            Self::Restaurant => "restaurant",
        }
    }

    /// Reads a kind in any case.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let name = text.trim().to_ascii_lowercase();
        Self::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| {
            FieldError::new(InvalidCode::Unknown, "must be gardener, maker, outfitter or restaurant")
        })
    }
}

/// Who sells: one per user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VendorProfile {
    /// The user who sells; also the vendor's id.
    pub user_id: UserId,
    /// What they sell; settled when the storefront opens.
    pub kind: VendorKind,
    /// What buyers see.
    pub business_name: String,
    /// A tax or register number. Not public.
    pub business_identifier: Option<String>,
    /// For buyers.
    pub contact_email: Option<String>,
    /// For buyers.
    pub contact_phone: Option<String>,
    /// The storefront's address; unique.
    pub slug: Slug,
    /// For buyers.
    pub bio: Option<String>,
    /// How they wish to be paid. Not public.
    pub payout_note: Option<String>,
    /// Counts the changes, from 1.
    pub version: i32,
    /// When the storefront opened.
    pub created_at: DateTime<Utc>,
    /// When this record last changed.
    pub updated_at: DateTime<Utc>,
}

/// A storefront as somebody asks for it.
#[derive(Clone, Debug)]
pub struct VendorDetails {
    /// What they sell.
    pub kind: VendorKind,
    /// 2 to 120 characters.
    pub business_name: String,
    /// Up to 64 characters.
    pub business_identifier: Option<String>,
    /// An email address.
    pub contact_email: Option<String>,
    /// A telephone number.
    pub contact_phone: Option<String>,
    /// The storefront's address; made from the business name when absent.
    pub slug: Option<String>,
    /// Up to 2000 characters.
    pub bio: Option<String>,
    /// Up to 500 characters.
    pub payout_note: Option<String>,
}

/// What to change about a storefront.
#[derive(Clone, Debug, Default)]
pub struct VendorChanges {
    /// See [`VendorDetails::business_name`].
    pub business_name: Change<String>,
    /// See [`VendorDetails::business_identifier`].
    pub business_identifier: Change<Option<String>>,
    /// See [`VendorDetails::contact_email`].
    pub contact_email: Change<Option<String>>,
    /// See [`VendorDetails::contact_phone`].
    pub contact_phone: Change<Option<String>>,
    /// The storefront's new address; the old one stops answering.
    pub slug: Change<String>,
    /// See [`VendorDetails::bio`].
    pub bio: Change<Option<String>>,
    /// See [`VendorDetails::payout_note`].
    pub payout_note: Change<Option<String>>,
}

/// What a vendor may write themselves, checked.
#[derive(Clone, Debug)]
pub(crate) struct VendorText {
    pub business_name: String,
    pub business_identifier: Option<String>,
    pub contact_email: Option<String>,
    pub contact_phone: Option<String>,
    pub slug: Option<Slug>,
    pub bio: Option<String>,
    pub payout_note: Option<String>,
}

impl VendorDetails {
    /// Checks every field.
    pub(crate) fn check(self) -> Result<VendorText, Invalid> {
        let mut fields = Fields::default();
        let contact_email = match self.contact_email.as_deref() {
            None => Ok(None),
            Some(text) => EmailAddress::parse(text).map(|email| Some(email.as_str().to_owned())),
        };
        let text = VendorText {
            business_name: fields
                .take("business_name", BUSINESS_NAME.read(&self.business_name))
                .unwrap_or_default(),
            business_identifier: fields
                .take(
                    "business_identifier",
                    BUSINESS_IDENTIFIER.read_optional(self.business_identifier.as_deref()),
                )
                .flatten(),
            contact_email: fields.take("contact_email", contact_email).flatten(),
            contact_phone: fields.take("contact_phone", read_phone(self.contact_phone.as_deref())).flatten(),
            slug: fields.take("slug", self.slug.as_deref().map(Slug::parse).transpose()).flatten(),
            bio: fields.take("bio", BIO.read_optional(self.bio.as_deref())).flatten(),
            payout_note: fields
                .take("payout_note", PAYOUT_NOTE.read_optional(self.payout_note.as_deref()))
                .flatten(),
        };
        fields.finish().map(|()| text)
    }
}

impl VendorChanges {
    /// The storefront as it would be asked for after the changes.
    pub(crate) fn over(self, current: &VendorProfile) -> VendorDetails {
        VendorDetails {
            kind: current.kind,
            business_name: self.business_name.over(current.business_name.clone()),
            business_identifier: self.business_identifier.over(current.business_identifier.clone()),
            contact_email: self.contact_email.over(current.contact_email.clone()),
            contact_phone: self.contact_phone.over(current.contact_phone.clone()),
            slug: Some(self.slug.over(current.slug.as_str().to_owned())),
            bio: self.bio.over(current.bio.clone()),
            payout_note: self.payout_note.over(current.payout_note.clone()),
        }
    }
}
