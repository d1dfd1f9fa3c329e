//! Who lives in the demonstration.

use accounts::{AccountsError, AddressDetails, Password, Register, Superuser, VendorDetails, VendorKind};
use anyhow::Result;
use kernel::UserId;

use super::shelves::{self, Shelf};
use super::{ADMIN, CUSTOMER, GARDENER, MAKER, PASSWORD, Seller};
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

/// The admin, or none when the demonstration has been set up before.
pub(super) async fn admin(state: &AppState) -> Result<Option<UserId>> {
    match register(state, ADMIN, "Ada Admin").await {
        Ok(id) => {
            let request = Superuser { email: ADMIN.to_owned(), password: Password::new(PASSWORD) };
            accounts::make_superuser(&state.database, &state.hasher, state.clock.now(), request).await?;
            Ok(Some(id))
        }
        Err(AccountsError::EmailTaken) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn sellers(state: &AppState) -> Result<Vec<Seller>> {
    let mut sellers = Vec::new();
    for shop in SHOPS {
        let id = settle(state, &shop.owner).await?;
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
        let now = state.clock.now();
        state
            .transact(async |tx: &mut db::Conn| {
                accounts::become_vendor(tx, now, id, details).await?;
                Ok(placement::open_shop(tx, now, id).await?)
            })
            .await?;
        sellers.push(Seller { id, shelf: shop.shelf });
    }
    Ok(sellers)
}

pub(super) async fn customers(state: &AppState) -> Result<()> {
    for person in CUSTOMERS {
        settle(state, person).await?;
    }
    Ok(())
}

/// Registers somebody and saves their address.
async fn settle(state: &AppState, person: &Person) -> Result<UserId> {
    let id = register(state, person.email, person.name).await?;
    let address = AddressDetails {
        label: Some("home".to_owned()),
        line1: person.street.to_owned(),
        line2: None,
        city: person.city.to_owned(),
        state: "CO".to_owned(),
        postal_code: person.postal_code.to_owned(),
        country: None,
    };
    let now = state.clock.now();
    state.transact(async |tx: &mut db::Conn| Ok(accounts::add_address(tx, now, id, address).await?)).await?;
    Ok(id)
}

async fn register(state: &AppState, email: &str, name: &str) -> Result<UserId, AccountsError> {
    let request = Register {
        email: email.to_owned(),
        password: Password::new(PASSWORD),
        display_name: name.to_owned(),
        phone: None,
        user_agent: None,
    };
    let now = state.clock.now();
    let signed_in = accounts::register(&state.database, &state.hasher, &state.signer, now, request).await?;
    Ok(signed_in.account.user.id)
}
