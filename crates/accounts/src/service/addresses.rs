//! A user's addresses and where they are.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{Actor, AddressId, UserId};
use outbox::Event;
use serde_json::{Value, json};

use super::{about_user, lock_user};
use crate::address_book::AddressBook;
use crate::{
    AccountsError, Address, AddressChanges, AddressDetails, GeocodeAddress, Geocoded, Place, PostalAddress,
    PrimaryPlace, store,
};

/// Every address of the user, oldest first.
pub async fn list_addresses(conn: &mut Conn, user: UserId) -> Result<Vec<Address>, AccountsError> {
    Ok(store::list_addresses(conn, user).await?)
}

/// One of the user's addresses.
///
/// # Errors
/// [`AccountsError::AddressNotFound`].
pub async fn find_address(
    conn: &mut Conn,
    user: UserId,
    address: AddressId,
) -> Result<Address, AccountsError> {
    store::find_address(conn, user, address).await?.ok_or(AccountsError::AddressNotFound)
}

/// Saves an address; the first becomes primary. Emits `address.saved` and asks for its place with
/// [`GeocodeAddress`].
///
/// # Errors
/// [`AccountsError::Invalid`], [`AccountsError::TooManyAddresses`].
pub async fn add_address(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    details: AddressDetails,
) -> Result<Address, AccountsError> {
    let (label, postal) = details.check()?;
    let mut book = lock_book(tx, user).await?;
    let before = book.primary_place();
    let address = book.add(now, user, label, postal)?;
    store::insert_address(tx, &address).await?;
    ask_for_place(tx, now, &address).await?;
    let facts = vec![about_address("address.saved", &address, user.into(), json!({}))];
    announce(tx, now, user, user.into(), facts, (before, book.primary_place())).await?;
    Ok(address)
}

/// Changes an address that was read at `expected_version`. When it says another place than before,
/// the place is forgotten and asked for again, and `address.saved` emitted.
///
/// # Errors
/// [`AccountsError::AddressNotFound`], [`AccountsError::VersionMismatch`],
/// [`AccountsError::Invalid`].
pub async fn change_address(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    address: AddressId,
    expected_version: i32,
    changes: AddressChanges,
) -> Result<Address, AccountsError> {
    let mut book = lock_book(tx, user).await?;
    let before = book.primary_place();
    let edited = book.edit(now, address, expected_version, changes)?;
    store::update_address(tx, &edited.address).await?;
    let mut facts = Vec::new();
    if edited.elsewhere {
        ask_for_place(tx, now, &edited.address).await?;
        facts.push(about_address("address.saved", &edited.address, user.into(), json!({})));
    }
    announce(tx, now, user, user.into(), facts, (before, book.primary_place())).await?;
    Ok(edited.address)
}

/// Makes an address the one where the user is.
///
/// # Errors
/// [`AccountsError::AddressNotFound`].
pub async fn make_primary(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    address: AddressId,
) -> Result<Address, AccountsError> {
    let mut book = lock_book(tx, user).await?;
    let before = book.primary_place();
    for changed in book.make_primary(now, address)? {
        store::update_address(tx, &changed).await?;
    }
    announce(tx, now, user, user.into(), Vec::new(), (before, book.primary_place())).await?;
    Ok(book.get(address)?.clone())
}

/// Removes an address; when it was primary, the oldest other one becomes so.
///
/// # Errors
/// [`AccountsError::AddressNotFound`].
pub async fn remove_address(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    address: AddressId,
) -> Result<(), AccountsError> {
    let mut book = lock_book(tx, user).await?;
    let before = book.primary_place();
    let heir = book.remove(now, address)?;
    store::delete_address(tx, address).await?;
    if let Some(heir) = heir {
        store::update_address(tx, &heir).await?;
    }
    announce(tx, now, user, user.into(), Vec::new(), (before, book.primary_place())).await
}

/// What a geocoder should be asked about for version `place_version` of an address; nothing when the
/// address says something else by now, is gone, or has been found.
pub async fn find_address_to_locate(
    conn: &mut Conn,
    address: AddressId,
    place_version: i32,
) -> Result<Option<PostalAddress>, AccountsError> {
    let current = store::find_address_by_id(conn, address).await?;
    let wanted =
        |address: &Address| address.place_version == place_version && address.place.located().is_none();
    Ok(current.filter(wanted).map(|address| address.postal))
}

/// Records a geocoder's answer about version `place_version` of an address; false when it came too
/// late to matter or says nothing new. Emits `address.located` or `address.not_located`.
pub async fn set_place(
    tx: &mut Conn,
    now: DateTime<Utc>,
    address: AddressId,
    place_version: i32,
    answer: Geocoded,
) -> Result<bool, AccountsError> {
    let Some(found) = store::find_address_by_id(tx, address).await? else {
        return Ok(false);
    };
    let user = found.user_id;
    let mut book = lock_book(tx, user).await?;
    let before = book.primary_place();
    let Some(located) = book.locate(now, address, place_version, answer) else {
        return Ok(false);
    };
    store::update_address(tx, &located).await?;
    let fact = match &located.place {
        Place::Located(place) => about_address(
            "address.located",
            &located,
            Actor::System,
            json!({ "confidence": place.confidence() }),
        ),
        Place::NotLocated { problem } => {
            about_address("address.not_located", &located, Actor::System, json!({ "problem": problem }))
        }
        Place::Pending => return Ok(false),
    };
    announce(tx, now, user, Actor::System, vec![fact], (before, book.primary_place())).await?;
    Ok(true)
}

/// Where the user is, as far as reach is concerned; nothing without an address.
pub async fn primary_place(conn: &Conn, user: UserId) -> Result<Option<PrimaryPlace>, AccountsError> {
    Ok(primary_places(conn, &[user]).await?.remove(&user))
}

/// Where users are; who has no address is absent.
pub async fn primary_places(
    conn: &Conn,
    users: &[UserId],
) -> Result<HashMap<UserId, PrimaryPlace>, AccountsError> {
    Ok(store::list_primary_places(conn, users).await?)
}

/// The user's addresses, held together: whoever changes one of them holds the user first.
async fn lock_book(tx: &mut Conn, user: UserId) -> Result<AddressBook, AccountsError> {
    lock_user(tx, user).await?;
    Ok(AddressBook::new(store::list_addresses(tx, user).await?))
}

async fn ask_for_place(tx: &mut Conn, now: DateTime<Utc>, address: &Address) -> Result<(), AccountsError> {
    let job = GeocodeAddress { address_id: address.id, version: address.place_version };
    outbox::enqueue(tx, now, &job).await?;
    Ok(())
}

fn about_address(kind: &'static str, address: &Address, actor: Actor, more: Value) -> Event {
    let mut data = json!({ "address_id": address.id, "user_id": address.user_id });
    if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
        data.extend(more);
    }
    Event { kind, subject_type: "address", subject_id: address.id.0, actor, data }
}

/// Emits `facts`, and `user.moved` when the user's primary place is another than before.
async fn announce(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    actor: Actor,
    mut facts: Vec<Event>,
    (before, after): (Option<PrimaryPlace>, Option<PrimaryPlace>),
) -> Result<(), AccountsError> {
    if before != after {
        facts.push(about_user("user.moved", user, actor, json!({ "user_id": user })));
    }
    outbox::emit_all(tx, now, facts).await?;
    Ok(())
}
