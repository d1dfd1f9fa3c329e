//! A user's addresses and which of them is primary: pure decisions over all of them at once.
//!
//! Invariant: exactly one address is primary, unless there is none.

use chrono::{DateTime, Utc};
use kernel::{AddressId, UserId};

use crate::{AccountsError, Address, AddressChanges, Geocoded, Place, PostalAddress, PrimaryPlace};

/// The most addresses an account can have.
const MOST: usize = 20;

/// Every address of one user, oldest first.
#[derive(Clone, Debug)]
pub(crate) struct AddressBook(Vec<Address>);

/// What an edit came to.
#[derive(Debug)]
pub(crate) struct Edited {
    pub address: Address,
    /// The postal address is another, so that its place must be found again.
    pub elsewhere: bool,
}

impl AddressBook {
    pub(crate) fn new(addresses: Vec<Address>) -> Self {
        Self(addresses)
    }

    /// Where the user is, as far as reach is concerned.
    pub(crate) fn primary_place(&self) -> Option<PrimaryPlace> {
        self.0.iter().find(|address| address.is_primary).map(PrimaryPlace::from)
    }

    /// Adds an address; the first becomes primary.
    pub(crate) fn add(
        &mut self,
        now: DateTime<Utc>,
        user_id: UserId,
        label: Option<String>,
        postal: PostalAddress,
    ) -> Result<Address, AccountsError> {
        if self.0.len() >= MOST {
            return Err(AccountsError::TooManyAddresses { most: MOST });
        }
        let address = Address {
            id: AddressId::new(),
            user_id,
            label,
            postal,
            is_primary: self.0.is_empty(),
            place: Place::Pending,
            geocoded_at: None,
            place_version: 1,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.0.push(address.clone());
        Ok(address)
    }

    /// Changes an address that the caller read at `expected_version`.
    pub(crate) fn edit(
        &mut self,
        now: DateTime<Utc>,
        id: AddressId,
        expected_version: i32,
        changes: AddressChanges,
    ) -> Result<Edited, AccountsError> {
        let address = self.get(id)?;
        if address.version != expected_version {
            return Err(AccountsError::VersionMismatch { current: address.version });
        }
        let (label, postal) = changes.over(address).check()?;
        let elsewhere = postal != address.postal;
        if elsewhere {
            address.place = Place::Pending;
            address.geocoded_at = None;
            address.place_version += 1;
        }
        address.label = label;
        address.postal = postal;
        touch(address, now);
        Ok(Edited { address: address.clone(), elsewhere })
    }

    /// Makes an address the primary one; returns what changed, in the order to save it: at no moment
    /// are two of them primary.
    pub(crate) fn make_primary(
        &mut self,
        now: DateTime<Utc>,
        id: AddressId,
    ) -> Result<Vec<Address>, AccountsError> {
        if self.get(id)?.is_primary {
            return Ok(Vec::new());
        }
        let mut changed = Vec::new();
        for address in self.0.iter_mut().filter(|address| address.is_primary) {
            address.is_primary = false;
            touch(address, now);
            changed.push(address.clone());
        }
        let chosen = self.get(id)?;
        chosen.is_primary = true;
        touch(chosen, now);
        changed.push(chosen.clone());
        Ok(changed)
    }

    /// Removes an address; returns the one that becomes primary in its stead, the oldest.
    pub(crate) fn remove(
        &mut self,
        now: DateTime<Utc>,
        id: AddressId,
    ) -> Result<Option<Address>, AccountsError> {
        let was_primary = self.get(id)?.is_primary;
        self.0.retain(|address| address.id != id);
        let Some(heir) = self.0.first_mut().filter(|_oldest| was_primary) else {
            return Ok(None);
        };
        heir.is_primary = true;
        touch(heir, now);
        Ok(Some(heir.clone()))
    }

    /// Takes a geocoder's answer about `place_version` of an address; returns the address if it
    /// changed. An answer about what the address no longer says is worth nothing, and a place once
    /// found is not lost to a repeated question.
    pub(crate) fn locate(
        &mut self,
        now: DateTime<Utc>,
        id: AddressId,
        place_version: i32,
        answer: Geocoded,
    ) -> Option<Address> {
        let place = Place::from(answer);
        let address = self.get(id).ok()?;
        let settled = address.place.located().is_some() || address.place == place;
        if address.place_version != place_version || settled {
            return None;
        }
        address.place = place;
        address.geocoded_at = Some(now);
        touch(address, now);
        Some(address.clone())
    }

    pub(crate) fn get(&mut self, id: AddressId) -> Result<&mut Address, AccountsError> {
        self.0.iter_mut().find(|address| address.id == id).ok_or(AccountsError::AddressNotFound)
    }
}

fn touch(address: &mut Address, now: DateTime<Utc>) {
    address.version += 1;
    address.updated_at = now;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Change, Located};

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_900_000_000, 0).unwrap()
    }

    fn book(lines: &[&str]) -> (AddressBook, Vec<AddressId>) {
        let (mut book, user) = (AddressBook::new(Vec::new()), UserId::new());
        let ids = lines.iter().map(|line| {
            let postal = PostalAddress {
                line1: (*line).to_owned(),
                line2: None,
                city: "Denver".to_owned(),
                state: "CO".to_owned(),
                postal_code: "80202".to_owned(),
                country: "US".to_owned(),
            };
            book.add(now(), user, None, postal).unwrap().id
        });
        let ids = ids.collect();
        (book, ids)
    }

    fn primary(book: &AddressBook) -> Option<AddressId> {
        assert!(book.0.iter().filter(|address| address.is_primary).count() <= 1);
        book.primary_place().map(|place| place.address_id)
    }

    fn denver() -> Geocoded {
        Geocoded::Located(Located::new(39.75, -104.99, "zip").unwrap())
    }

    #[test]
    fn the_first_address_is_primary_until_another_is_chosen() {
        let (mut book, ids) = book(&["1 A St", "2 B St", "3 C St"]);
        assert_eq!(primary(&book), Some(ids[0]));
        let saved = book.make_primary(now(), ids[2]).unwrap();
        assert_eq!(
            saved.iter().map(|a| (a.id, a.is_primary)).collect::<Vec<_>>(),
            [(ids[0], false), (ids[2], true)]
        );
        assert_eq!(primary(&book), Some(ids[2]));
        assert!(book.make_primary(now(), ids[2]).unwrap().is_empty(), "nothing to save");
    }

    #[test]
    fn the_oldest_other_address_inherits() {
        let (mut book, ids) = book(&["1 A St", "2 B St", "3 C St"]);
        book.make_primary(now(), ids[2]).unwrap();
        assert!(book.remove(now(), ids[1]).unwrap().is_none());
        assert_eq!(book.remove(now(), ids[2]).unwrap().unwrap().id, ids[0]);
        assert!(book.remove(now(), ids[0]).unwrap().is_none());
        assert_eq!(primary(&book), None);
        assert!(matches!(book.remove(now(), ids[0]), Err(AccountsError::AddressNotFound)));
    }

    #[test]
    fn a_new_label_keeps_the_place_and_a_new_street_does_not() {
        let (mut book, ids) = book(&["1 A St"]);
        book.locate(now(), ids[0], 1, denver()).unwrap();
        let label = AddressChanges { label: Change::Set(Some("home".to_owned())), ..Default::default() };
        let edited = book.edit(now(), ids[0], 2, label).unwrap();
        assert!(!edited.elsewhere && edited.address.place.located().is_some());

        let street = || AddressChanges { line1: Change::Set("9 Z St".to_owned()), ..Default::default() };
        assert!(matches!(
            book.edit(now(), ids[0], 2, street()),
            Err(AccountsError::VersionMismatch { current: 3 })
        ));
        let edited = book.edit(now(), ids[0], 3, street()).unwrap();
        assert!(edited.elsewhere);
        assert_eq!((edited.address.place, edited.address.place_version), (Place::Pending, 2));
    }

    #[test]
    fn an_answer_about_what_the_address_no_longer_says_is_ignored() {
        let (mut book, ids) = book(&["1 A St"]);
        let street = AddressChanges { line1: Change::Set("9 Z St".to_owned()), ..Default::default() };
        book.edit(now(), ids[0], 1, street).unwrap();
        assert!(book.locate(now(), ids[0], 1, denver()).is_none());
        assert!(book.locate(now(), ids[0], 2, denver()).is_some());
    }

    #[test]
    fn a_failure_may_be_corrected_and_a_place_may_not() {
        let (mut book, ids) = book(&["1 A St"]);
        let failure = || Geocoded::Failed { problem: "no such postal code".to_owned() };
        assert!(book.locate(now(), ids[0], 1, failure()).is_some());
        assert!(book.locate(now(), ids[0], 1, failure()).is_none(), "nothing new");
        assert!(book.locate(now(), ids[0], 1, denver()).is_some());
        assert!(book.locate(now(), ids[0], 1, failure()).is_none());
    }

    #[test]
    fn a_label_does_not_spoil_a_pending_answer() {
        let (mut book, ids) = book(&["1 A St", "2 B St"]);
        let label = AddressChanges { label: Change::Set(Some("home".to_owned())), ..Default::default() };
        book.edit(now(), ids[0], 1, label).unwrap();
        book.make_primary(now(), ids[1]).unwrap();
        assert!(book.locate(now(), ids[0], 1, denver()).is_some());
    }

    #[test]
    fn the_book_is_bounded() {
        let (mut book, _) = book(&["1 A St"; MOST]);
        let postal = book.0[0].postal.clone();
        let outcome = book.add(now(), UserId::new(), None, postal);
        assert!(matches!(outcome, Err(AccountsError::TooManyAddresses { most: MOST })));
    }
}
