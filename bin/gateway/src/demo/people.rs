//! Who lives in the demonstration.

use accounts::{AddressDetails, HashedPassword, Located, Resident, Role, VendorDetails, VendorKind};
use anyhow::{Result, anyhow};
use chrono::{DateTime, Utc};
use db::Conn;
use kernel::UserId;
use logistics::{NormalizedAddress, PostalAddress};

use super::shelves::{self, Shelf};
use super::{ADMIN, CUSTOMER, GARDENER, MAKER, Seller};
use crate::AppState;

struct Person {
    email: &'static str,
    name: &'static str,
    street: &'static str,
    city: &'static str,
    postal_code: &'static str,
}

struct Shop {
    owner: Person,
    kind: VendorKind,
    name: &'static str,
    bio: &'static str,
    shelf: &'static Shelf,
}

const SHOPS: &[Shop] = &[
    Shop {
        owner: Person {
            email: GARDENER,
            name: "Gale Gardener",
            street: "1200 Pine Street",
            city: "Boulder",
            postal_code: "80302",
        },
        kind: VendorKind::Gardener,
        name: "Pine Street Garden",
        bio: "Greens and herbs from a backyard at 5,400 feet.",
        shelf: &shelves::GREENS,
    },
    Shop {
        owner: Person {
            email: "orchard@demo.silkcart.example",
            name: "Oren Orchard",
            street: "400 Remington Street",
            city: "Fort Collins",
            postal_code: "80524",
        },
        kind: VendorKind::Gardener,
        name: "Poudre Orchard",
        bio: "Apples, plums and grafting wood.",
        shelf: &shelves::ORCHARD,
    },
    Shop {
        owner: Person {
            email: MAKER,
            name: "Mina Maker",
            street: "900 Santa Fe Drive",
            city: "Denver",
            postal_code: "80204",
        },
        kind: VendorKind::Maker,
        name: "Santa Fe Clay",
        bio: "Stoneware, thrown and fired in Denver. Ships anywhere.",
        shelf: &shelves::CLAY,
    },
];

const CUSTOMERS: &[Person] = &[
    Person {
        email: CUSTOMER,
        name: "Casey Customer",
        street: "1777 Broadway",
        city: "Boulder",
        postal_code: "80302",
    },
    Person {
        email: "faraway@demo.silkcart.example",
        name: "Fay Faraway",
        street: "250 North 5th Street",
        city: "Grand Junction",
        postal_code: "81501",
    },
];

/// Whether the demonstration has been made before.
pub(super) async fn are_there(state: &AppState) -> Result<bool> {
    let mut conn = state.database.conn().await?;
    Ok(!accounts::list_residents(&mut conn, ADMIN).await?.is_empty())
}

/// Everybody, with their homes found on the map: the admin first, then the vendors, then the customers.
pub(super) async fn residents(state: &AppState) -> Result<Vec<Resident>> {
    let now = state.clock.now();
    let mut residents = vec![Resident {
        id: UserId::new(),
        email: ADMIN.to_owned(),
        display_name: "Ada Admin".to_owned(),
        roles: vec![Role::Customer, Role::Admin],
        home: None,
        shop: None,
        since: now,
    }];
    for person in SHOPS.iter().map(|shop| &shop.owner).chain(CUSTOMERS) {
        residents.push(Resident {
            id: UserId::new(),
            email: person.email.to_owned(),
            display_name: person.name.to_owned(),
            roles: vec![Role::Customer],
            home: Some(home(state, person).await?),
            shop: None,
            since: now,
        });
    }
    Ok(residents)
}

/// Settles everybody and opens the storefronts; returns the admin and the vendors.
pub(super) async fn settle(
    tx: &mut Conn,
    now: DateTime<Utc>,
    hash: &HashedPassword,
    residents: Vec<Resident>,
) -> Result<(UserId, Vec<Seller>)> {
    let ids: Vec<UserId> = residents.iter().map(|resident| resident.id).collect();
    accounts::load_residents(tx, hash, residents).await?;
    let (admin, others) = ids.split_first().ok_or_else(|| anyhow!("there is nobody"))?;
    let mut sellers = Vec::new();
    for (shop, id) in SHOPS.iter().zip(others) {
        let details = VendorDetails {
            kind: shop.kind,
            business_name: shop.name.to_owned(),
            business_identifier: None,
            contact_email: Some(shop.owner.email.to_owned()),
            contact_phone: None,
            slug: None,
            bio: Some(shop.bio.to_owned()),
            payout_note: None,
        };
        accounts::become_vendor(tx, now, *id, details).await?;
        sellers.push(Seller { id: *id, shelf: shop.shelf });
    }
    Ok((*admin, sellers))
}

/// Somebody's address, and where it is.
async fn home(state: &AppState, person: &Person) -> Result<(AddressDetails, Located)> {
    let postal = PostalAddress {
        line1: person.street.to_owned(),
        line2: None,
        city: person.city.to_owned(),
        state: "CO".to_owned(),
        postal_code: person.postal_code.to_owned(),
        country: "US".to_owned(),
    };
    let normalized = NormalizedAddress::from(&postal);
    let found = state.visitors.locate(&state.database, state.clock.now(), normalized).await;
    let found = found.map_err(|error| anyhow!("{}: {error}", person.email))?;
    let details = AddressDetails {
        label: Some("home".to_owned()),
        line1: postal.line1,
        line2: None,
        city: postal.city,
        state: postal.state,
        postal_code: postal.postal_code,
        country: None,
    };
    Ok((details, Located::new(found.place.lat(), found.place.lon(), found.confidence.as_str())?))
}
