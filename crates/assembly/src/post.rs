//! What it takes to write to people: who carries mail on, what links are made of, and where they lead.

use std::sync::Arc;

use accounts::ProofKey;
use anyhow::{Context, Result};
use correspondence::{Pages, ProofTokens};
use hmac::{Hmac, KeyInit, Mac};
use notifications::{
    Delivery, FolderMailer, FolderSms, Mailer, Sms, SmtpMailer, Stationery, StationerySettings,
    UnsubscribeKey,
};
use sha2::Sha256;

use crate::settings::{MailRoute, Secret, Settings};

/// What it takes to write to people, and to read what they answer with.
#[derive(Clone, Debug)]
pub struct Post {
    /// How messages leave.
    pub delivery: Delivery,
    /// Where their links lead.
    pub pages: Pages,
    /// What their links are made of.
    pub keys: LinkKeys,
}

/// The keys of links, all derived from one secret.
#[derive(Clone, Debug)]
pub struct LinkKeys {
    /// Of links to a new password and to a verified address.
    pub proofs: ProofKey,
    /// Of links that switch mail off.
    pub unsubscribe: UnsubscribeKey,
}

impl Post {
    /// What the settings choose. Must be made within the runtime that sends.
    ///
    /// # Errors
    /// The settings lack what [`complete`](crate::complete) would have filled in.
    pub fn of(settings: &Settings) -> Result<Self> {
        let secret = settings.secrets.token_secret.as_ref().context("no token secret is set")?;
        let keys = LinkKeys::of(secret)?;
        let pages = Pages::at(settings.server.pages_url.clone());
        let delivery = Delivery {
            stationery: Arc::new(stationery(settings, keys.unsubscribe.clone())?),
            mailer: mailer(settings)?,
            sms: sms(settings),
            tokens: Arc::new(ProofTokens(keys.proofs.clone())),
        };
        Ok(Self { delivery, pages, keys })
    }
}

/// What stands around a letter, by the settings; its links to switch mail off are made of `key`.
///
/// # Errors
/// A name or an address of the settings cannot stand in a mail.
pub fn stationery(settings: &Settings, key: UnsubscribeKey) -> Result<Stationery> {
    let (mail, pages) = (&settings.mail, Pages::at(settings.server.pages_url.clone()));
    let chosen = StationerySettings {
        from_address: mail.from_address.clone(),
        from_name: mail.from_name.clone(),
        reply_to: mail.reply_to.clone(),
        home: pages.home(),
        preferences: pages.notification_settings(),
        unsubscribe: settings.server.public_url.join("api/v1/unsubscribe")?,
    };
    Ok(Stationery::new(&chosen, key)?)
}

impl LinkKeys {
    fn of(secret: &Secret) -> Result<Self> {
        Ok(Self {
            proofs: ProofKey::new(derived(secret, "silkcart 1 accounts.proofs")?),
            unsubscribe: UnsubscribeKey::new(derived(secret, "silkcart 1 notifications.unsubscribe")?),
        })
    }
}

/// A key for one purpose: whoever has one can make none of the others.
fn derived(secret: &Secret, purpose: &str) -> Result<[u8; 32]> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.expose().as_bytes())?;
    mac.update(purpose.as_bytes());
    Ok(mac.finalize().into_bytes().into())
}

fn mailer(settings: &Settings) -> Result<Arc<dyn Mailer>> {
    Ok(match &settings.mail.route {
        Some(MailRoute::Smtp(smtp)) => Arc::new(SmtpMailer::new(smtp)?),
        Some(MailRoute::Folder(folder)) => Arc::new(FolderMailer::new(folder)),
        None => {
            anyhow::ensure!(!settings.is_production(), "set MAIL_URL");
            Arc::new(FolderMailer::new(settings.server.data_dir.join("mail")))
        }
    })
}

/// There is no carrier of text messages yet.
fn sms(settings: &Settings) -> Option<Arc<dyn Sms>> {
    (!settings.is_production()).then(|| Arc::new(FolderSms::new(settings.server.data_dir.join("sms"))) as _)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_has_a_key_of_its_own() {
        let secret = Secret::new("the secret of the tests, long enough");
        let one = derived(&secret, "one").unwrap();
        assert_eq!(one, derived(&secret, "one").unwrap());
        assert_ne!(one, derived(&secret, "two").unwrap());
        assert_ne!(one, derived(&Secret::new("another secret of the tests, as long"), "one").unwrap());
    }
}
