//! What every mail has in common: who it is from, and where its links lead.

use kernel::{FieldError, Fields, Invalid, InvalidCode};
use lettre::Address;
use lettre::address::AddressError;
use lettre::message::Mailbox;
use url::Url;

use crate::wording::one_line;
use crate::{Subscription, UnsubscribeKey};

/// What every mail has in common, as an operator sets it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StationerySettings {
    /// The address that mail comes from; its domain also stands in the messages' ids.
    pub from_address: String,
    /// The name beside it.
    pub from_name: String,
    /// Where answers go, if not to where mail comes from.
    pub reply_to: Option<String>,
    /// The front page.
    pub home: Url,
    /// Where somebody chooses what they are told.
    pub preferences: Url,
    /// Where mail is switched off: the token is added as the last part of the path. A GET shows what would be switched off, a POST does it (RFC
    /// 8058). Mail programs are told of it only if it is `https`.
    pub unsubscribe: Url,
}

/// What every mail has in common.
#[derive(Clone, Debug)]
pub struct Stationery {
    pub(super) from: Mailbox,
    pub(super) reply_to: Option<Mailbox>,
    pub(super) home: Url,
    preferences: Url,
    unsubscribe: Url,
    key: UnsubscribeKey,
}

impl Stationery {
    /// Checks the settings.
    ///
    /// # Errors
    /// An address is none; names the settings.
    pub fn new(settings: &StationerySettings, key: UnsubscribeKey) -> Result<Self, Invalid> {
        let mut fields = Fields::default();
        let from = fields.take("from_address", address(&settings.from_address));
        let reply_to = settings.reply_to.as_deref().map(address).transpose();
        let reply_to = fields.take("reply_to", reply_to);
        fields.finish()?;
        let missing = || FieldError::new(InvalidCode::Required, "must be given").at("from_address");
        Ok(Self {
            from: mailbox(&settings.from_name, from.ok_or_else(missing)?),
            reply_to: reply_to.flatten().map(|address| Mailbox::new(None, address)),
            home: settings.home.clone(),
            preferences: settings.preferences.clone(),
            unsubscribe: settings.unsubscribe.clone(),
            key,
        })
    }

    /// Where somebody chooses what they are told.
    pub(super) fn preferences(&self) -> &Url {
        &self.preferences
    }

    /// The link that switches a kind of mail off; none where it cannot be.
    pub(super) fn unsubscribe(&self, subscription: Subscription) -> Option<Url> {
        let token = self.key.token(subscription)?;
        let mut url = self.unsubscribe.clone();
        // An address that has no path, such as one of mail, has no such page.
        url.path_segments_mut().ok()?.pop_if_empty().push(&token);
        Some(url)
    }
}

fn address(text: &str) -> Result<Address, FieldError> {
    mailable(text)
        .map_err(|_not_one| FieldError::new(InvalidCode::Malformed, "must look like name@example.com"))
}

/// The address with its domain in ASCII: few mail servers take any other (RFC 5890; RFC 6531 is for those that do).
pub(super) fn mailable(text: &str) -> Result<Address, AddressError> {
    let address: Address = text.parse()?;
    match url::Host::parse(address.domain()) {
        Ok(url::Host::Domain(domain)) => Ok(Address::new(address.user(), domain)?),
        _ => Ok(address),
    }
}

/// An address with a name, which is kept from meaning anything to a mail program.
pub(super) fn mailbox(name: &str, address: Address) -> Mailbox {
    const LONGEST: usize = 100;
    let name: String = one_line(name).chars().take(LONGEST).collect();
    Mailbox::new((!name.is_empty()).then_some(name), address)
}
