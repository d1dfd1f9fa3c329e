//! Categories, plants, offerings, sellers and reports.

use chrono::{DateTime, Utc};
use kernel::{CategoryId, FieldError, InvalidCode, Money, OfferingId, PlantId, Quantity, ReportId, UserId};
use serde_json::Value;
use uuid::Uuid;

/// Declares a closed set of words with their spelling in the database and on the wire.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// The word as it is stored and sent.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The meaning of a word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($text => Some(Self::$variant),)+ _ => None }
            }

            /// Reads a word as somebody wrote it.
            pub fn parse(word: &str) -> Result<Self, FieldError> {
                Self::from_word(word).ok_or_else(|| {
                    FieldError::new(InvalidCode::NotAllowed, concat!("must be one of:" $(, " ", $text)+))
                })
            }
        }
    };
}

words! {
    /// The kinds of offering.
    OfferingKind {
        /// Clippings, seeds or produce of a gardener's plant, picked up at a center.
        Listing = "listing",
        /// Handmade goods that ship.
        Product = "product",
    }
}

words! {
    /// What part of a plant a listing offers.
    ListingType {
        /// A cutting to grow.
        Clipping = "CLIPPING",
        /// Seeds.
        Seeds = "SEEDS",
        /// Something to eat.
        Produce = "PRODUCE",
    }
}

words! {
    /// The unit in which an offering is priced and counted.
    Unit {
        /// A piece; whole numbers only.
        Each = "each",
        /// A gram.
        Gram = "gram",
        /// A pound.
        Lb = "lb",
        /// A bundle; whole numbers only.
        Bundle = "bundle",
    }
}

impl Unit {
    /// Refuses amounts that the unit cannot be divided into.
    pub fn accept(self, quantity: Quantity) -> Result<Quantity, FieldError> {
        if matches!(self, Self::Each | Self::Bundle) && !quantity.is_whole() {
            let message = format!("must be a whole number: the unit is \"{}\"", self.as_str());
            return Err(FieldError::new(InvalidCode::NotAllowed, message));
        }
        Ok(quantity)
    }
}

words! {
    /// What the vendor has decided about an offering.
    SaleStatus {
        /// Not yet on sale.
        Draft = "draft",
        /// On sale.
        Active = "active",
        /// Taken off sale for now.
        Paused = "paused",
    }
}

words! {
    /// What a report is about.
    ReportSubject {
        /// An offering.
        Listing = "listing",
        /// A user.
        User = "user",
    }
}

words! {
    /// Why something is reported.
    ReportReason {
        /// Unwanted advertising.
        Spam = "spam",
        /// A swindle.
        Fraud = "fraud",
        /// A danger to health.
        Unsafe = "unsafe",
        /// An insult.
        Offensive = "offensive",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// What became of a report.
    ReportStatus {
        /// Nobody has decided yet.
        Open = "open",
        /// Something was done.
        Resolved = "resolved",
        /// Nothing had to be done.
        Dismissed = "dismissed",
    }
}

/// A category, possibly below another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Category {
    /// Its id.
    pub id: CategoryId,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// The category above it.
    pub parent_id: Option<CategoryId>,
    /// Its place among its siblings.
    pub sort_order: i32,
    /// Counts changes.
    pub version: i32,
}

/// A gardener's plant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plant {
    /// Its id.
    pub id: PlantId,
    /// Whose it is.
    pub gardener_id: UserId,
    /// What it is called.
    pub name: String,
    /// Its species.
    pub species: Option<String>,
    /// More about it.
    pub description: Option<String>,
    /// Conditions it grows in, such as `full-sun`.
    pub tags: Vec<String>,
    /// Counts changes.
    pub version: i32,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// What is special to a kind of offering.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Detail {
    /// Of a listing.
    Listing {
        /// The plant it is of.
        plant_id: PlantId,
        /// The part that is offered.
        listing_type: ListingType,
    },
    /// Of a product.
    Product {
        /// The vendor's own number for it.
        sku: String,
        /// At or below this free amount the vendor should make more.
        reorder_threshold: Quantity,
    },
}

impl Detail {
    /// The kind of offering it belongs to.
    #[must_use]
    pub fn kind(&self) -> OfferingKind {
        match self {
            Self::Listing { .. } => OfferingKind::Listing,
            Self::Product { .. } => OfferingKind::Product,
        }
    }
}

/// Anything sellable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offering {
    /// Its id, and that of its stock pool.
    pub id: OfferingId,
    /// Who sells it.
    pub vendor_id: UserId,
    /// Where it is filed.
    pub category_id: Option<CategoryId>,
    /// What it is called.
    pub title: String,
    /// More about it.
    pub description: Option<String>,
    /// The unit of price and quantity.
    pub unit: Unit,
    /// The price of one unit.
    pub price: Money,
    /// What the vendor decided.
    pub status: SaleStatus,
    /// Whether an admin has hidden it, and why.
    pub hidden: bool,
    /// The admin's reason.
    pub hidden_reason: Option<String>,
    /// What is special to its kind.
    pub detail: Detail,
    /// What is shown of its pictures, as whoever keeps them writes it: a list, in order.
    pub pictures: Value,
    /// When it was first put on sale.
    pub published_at: Option<DateTime<Utc>>,
    /// Counts changes of the vendor's and the admin's.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// What the catalog knows of a vendor's shop.
#[derive(Clone, PartialEq, Debug)]
pub struct Seller {
    /// The vendor.
    pub vendor_id: UserId,
    /// The shop's name.
    pub name: String,
    /// The shop's name in addresses.
    pub slug: String,
    /// gardener, maker, outfitter or restaurant.
    pub kind: String,
    /// Degrees of latitude and longitude, once located.
    pub place: Option<(f64, f64)>,
    /// The numbers of the approved centers within reach, ascending.
    pub reach: Vec<i32>,
    /// Whether the vendor's account is open.
    pub open: bool,
}

/// Where a seller is, which centers that reaches, and whether they sell at all.
#[derive(Clone, PartialEq, Debug)]
pub struct SellerPlacement {
    /// The vendor.
    pub vendor_id: UserId,
    /// Degrees of latitude and longitude; none while not located.
    pub place: Option<(f64, f64)>,
    /// The numbers of the approved centers within reach, ascending.
    pub reach: Vec<i32>,
    /// Whether the vendor's account is open.
    pub open: bool,
}

/// An offering as a checkout needs it: what it costs, whether it may be sold, who must be reached.
#[derive(Clone, PartialEq, Debug)]
pub struct ForSale {
    /// The offering.
    pub id: OfferingId,
    /// Its kind, which decides how it reaches the customer.
    pub kind: OfferingKind,
    /// Who sells it.
    pub vendor_id: UserId,
    /// The shop's name.
    pub vendor_name: String,
    /// What it is called.
    pub title: String,
    /// The unit of price and quantity.
    pub unit: Unit,
    /// The price of one unit.
    pub price: Money,
    /// Whether it is on sale: active, not hidden, not removed.
    pub on_sale: bool,
    /// Where the seller is, in degrees.
    pub place: Option<(f64, f64)>,
    /// The centers the seller reaches.
    pub reach: Vec<i32>,
}

/// A complaint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// Its id.
    pub id: ReportId,
    /// Who complains.
    pub reporter_id: UserId,
    /// What kind of thing it is about.
    pub subject: ReportSubject,
    /// Which one.
    pub subject_id: Uuid,
    /// Why.
    pub reason: ReportReason,
    /// In the reporter's words.
    pub details: Option<String>,
    /// What became of it.
    pub status: ReportStatus,
    /// In the admin's words.
    pub resolution: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_and_bundles_are_not_divided() {
        let half: Quantity = "0.5".parse().unwrap();
        assert!(Unit::Each.accept(half).is_err());
        assert!(Unit::Bundle.accept(half).is_err());
        assert_eq!(Unit::Lb.accept(half), Ok(half));
        assert_eq!(Unit::Gram.accept(half), Ok(half));
    }

    #[test]
    fn a_wrong_word_is_answered_with_the_right_ones() {
        let refusal = ListingType::parse("FRUIT").unwrap_err();
        assert_eq!(refusal.message, "must be one of: CLIPPING SEEDS PRODUCE");
    }
}
