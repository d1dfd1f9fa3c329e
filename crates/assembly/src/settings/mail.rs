//! The settings of mail: who carries it on, and who it is from.

use std::borrow::Cow;

use accounts::EmailAddress;
use notifications::{SmtpSecurity, SmtpSettings};
use percent_encoding::percent_decode_str;
use url::Url;

use super::read::Reader;
use super::{MailRoute, MailSettings};

const ROUTE: &str = "must be smtps://user:password@host:465, smtp://user:password@host:587 (with STARTTLS), \
                     smtp+plain://host:25 (without TLS, for a server on this machine) or file:///folder";

impl Reader<'_> {
    pub(super) fn mail(&mut self) -> Option<MailSettings> {
        let route = self.value("MAIL_URL").and_then(|text| {
            let route = route(&text);
            if route.is_none() {
                self.refuse("MAIL_URL", ROUTE);
            }
            route
        });
        let from = self.value("MAIL_FROM").as_deref().and_then(sender);
        if from.is_none() {
            self.refuse("MAIL_FROM", "must look like SilkCart <hello@example.org>");
        }
        let reply_to = self.value("MAIL_REPLY_TO");
        if reply_to.as_deref().is_some_and(|text| EmailAddress::parse(text).is_err()) {
            self.refuse("MAIL_REPLY_TO", "must look like help@example.org");
        }
        let (from_name, from_address) = from?;
        Some(MailSettings { route, from_name, from_address, reply_to })
    }
}

fn route(text: &str) -> Option<MailRoute> {
    let url = Url::parse(text).ok()?;
    let security = match url.scheme() {
        "file" => return url.to_file_path().ok().map(MailRoute::Folder),
        "smtps" => SmtpSecurity::Implicit,
        "smtp" => SmtpSecurity::StartTls,
        "smtp+plain" => SmtpSecurity::Plain,
        _ => return None,
    };
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().ok().map(Cow::into_owned);
    let credentials = match (url.username(), url.password()) {
        ("", None) => None,
        (name, password) => Some((decoded(name)?, decoded(password.unwrap_or_default())?)),
    };
    let host = url.host_str().filter(|host| !host.is_empty())?.to_owned();
    let settings = SmtpSettings {
        host,
        port: url.port(),
        security,
        credentials,
        hello_name: None,
        root_certificate: None,
    };
    Some(MailRoute::Smtp(settings))
}

/// The name, which may be empty, and the address.
fn sender(text: &str) -> Option<(String, String)> {
    let (name, address) = match text.trim().strip_suffix('>').and_then(|text| text.split_once('<')) {
        Some((name, address)) => (name.trim().trim_matches('"'), address),
        None => ("", text),
    };
    let address = EmailAddress::parse(address).ok()?;
    Some((name.to_owned(), address.as_str().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_goes_by_a_server_or_into_a_folder() {
        let smtp = |text| match route(text) {
            Some(MailRoute::Smtp(smtp)) => smtp,
            other => panic!("{other:?}"),
        };
        let relay = smtp("smtps://mail%40example.org:p%3Ass@relay.example.org");
        assert_eq!((relay.host.as_str(), relay.port), ("relay.example.org", None));
        assert_eq!(relay.security, SmtpSecurity::Implicit);
        assert_eq!(relay.credentials, Some(("mail@example.org".to_owned(), "p:ss".to_owned())));
        let local = smtp("smtp+plain://localhost:2525");
        assert_eq!((local.security, local.port, local.credentials), (SmtpSecurity::Plain, Some(2525), None));
        assert_eq!(smtp("smtp://relay.example.org:587").security, SmtpSecurity::StartTls);
        assert_eq!(route("file:///var/mail"), Some(MailRoute::Folder("/var/mail".into())));
        for wrong in ["relay.example.org", "https://relay.example.org", "smtp://", "smtps:relay"] {
            assert_eq!(route(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_sender_has_an_address_and_perhaps_a_name() {
        let told = |name: &str| Some((name.to_owned(), "hello@example.org".to_owned()));
        assert_eq!(sender("SilkCart <hello@example.org>"), told("SilkCart"));
        assert_eq!(sender("\"Silk, Cart\" <hello@example.org>"), told("Silk, Cart"));
        assert_eq!(sender(" hello@example.org "), told(""));
        for wrong in ["SilkCart", "SilkCart <hello>", "hello@example.org>", ""] {
            assert_eq!(sender(wrong), None, "{wrong}");
        }
    }
}
