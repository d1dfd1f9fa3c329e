//! Who lives in a big demonstration: customers of the city and of the corner, and vendors everywhere.

use accounts::{AddressDetails, Located, Resident, Role, VendorDetails, VendorKind};
use anyhow::Result;
use catalog::Seller;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::UserId;
use logistics::{Confidence, ZipPlace};
use rand::Rng;
use rand::rngs::StdRng;

use super::regions::{Homes, Region, degrees};
use super::words::pick;

/// What the email addresses of all vendors begin with.
pub(super) const VENDOR_PREFIX: &str = "scale-vendor-";
const DOMAIN: &str = "demo.silkcart.example";
const GIVEN: &[&str] = &[
    "Ada", "Ben", "Cora", "Dev", "Esme", "Finn", "Gale", "Hana", "Ivo", "June", "Kofi", "Lena", "Milo",
    "Nora", "Omar", "Pia", "Quinn", "Rosa", "Sven", "Tess", "Uma", "Vera", "Wes", "Yara", "Zeke",
];
const FAMILY: &[&str] = &[
    "Abbott", "Bauer", "Castillo", "Dubois", "Ellis", "Ferrari", "Garcia", "Haas", "Ito", "Jensen",
    "Kowalski", "Larsen", "Moreno", "Nguyen", "Okafor", "Petrov", "Quist", "Rossi", "Schmidt", "Tanaka",
    "Ueda", "Vance", "Walker", "Young", "Zamora",
];
const STREETS: &[&str] =
    &["Main Street", "Oak Avenue", "Mill Road", "Garden Lane", "Second Street", "River Road"];

/// The email address of the vendor with this number.
fn vendor_email(number: usize) -> String {
    format!("{VENDOR_PREFIX}{number:06}@{DOMAIN}")
}

/// The email address of a customer of the region; their numbers begin at 1.
pub(super) fn customer_email(region: &str, number: &str) -> String {
    format!("{}{number}@{DOMAIN}", customer_prefix(region))
}

pub(super) fn customer_prefix(region: &str) -> String {
    format!("scale-{region}-")
}

/// What the vendor with this number sells; whoever lives in the corner is a gardener.
pub(super) fn vendor_kind(number: usize) -> VendorKind {
    let is_maker = number >= 8 && number % 7 == 5 && Region::of_vendor(number) != Region::Sparse;
    if is_maker { VendorKind::Maker } else { VendorKind::Gardener }
}

/// The vendor with this number, and their shop, which does not know yet what it reaches.
pub(super) fn vendor(
    dice: &mut StdRng,
    now: DateTime<Utc>,
    number: usize,
    homes: &Homes<'_>,
) -> Result<(Resident, Seller)> {
    let zip = pick(dice, homes.of(Region::of_vendor(number)));
    let (kind, email) = (vendor_kind(number), vendor_email(number));
    let family = pick(dice, FAMILY);
    let (word, trade) = match kind {
        VendorKind::Maker => ("workshop", "Workshop"),
        _ => ("garden", "Garden"),
    };
    let slug = format!("scale-{word}-{number:06}");
    let (given, name) = (pick(dice, GIVEN), format!("{family} {trade} of {}", zip.city));
    let shop = VendorDetails {
        kind,
        business_name: name.clone(),
        business_identifier: None,
        contact_email: Some(email.clone()),
        contact_phone: None,
        slug: Some(slug.clone()),
        bio: Some(format!("A small {word} in {}, {}.", zip.city, zip.state)),
        payout_note: None,
    };
    let since = now - TimeDelta::days(dice.random_range(200..400));
    let resident = Resident {
        id: UserId::new(),
        email,
        display_name: format!("{given} {family}"),
        roles: vec![Role::Customer, Role::Vendor],
        home: Some(home(dice, zip)?),
        shop: Some(shop),
        since,
    };
    let seller = Seller {
        vendor_id: resident.id,
        name,
        slug,
        kind: kind.as_str().to_owned(),
        place: Some(degrees(zip.place)),
        reach: Vec::new(),
        open: true,
    };
    Ok((resident, seller))
}

/// A customer who lives where a visitor of the region is.
pub(super) fn customer(
    dice: &mut StdRng,
    now: DateTime<Utc>,
    region: &str,
    number: usize,
    zip: &ZipPlace,
) -> Result<Resident> {
    Ok(Resident {
        id: UserId::new(),
        email: customer_email(region, &format!("{number:04}")),
        display_name: format!("{} {}", pick(dice, GIVEN), pick(dice, FAMILY)),
        roles: vec![Role::Customer],
        home: Some(home(dice, zip)?),
        shop: None,
        since: now - TimeDelta::days(dice.random_range(1..200)),
    })
}

fn home(dice: &mut StdRng, zip: &ZipPlace) -> Result<(AddressDetails, Located)> {
    let details = AddressDetails {
        label: Some("home".to_owned()),
        line1: format!("{} {}", dice.random_range(1..2000), pick(dice, STREETS)),
        line2: None,
        city: zip.city.clone(),
        state: zip.state.clone(),
        postal_code: zip.zip.clone(),
        country: None,
    };
    let (lat, lon) = degrees(zip.place);
    Ok((details, Located::new(lat, lon, Confidence::PostalCode.as_str())?))
}
