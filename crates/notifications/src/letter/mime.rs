//! The message around a letter: addresses, headers and both forms of what it says (RFC 5322, RFC 2046).

use chrono::{DateTime, Utc};
use kernel::{MessageId, UserId};
use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Message, MultiPart, SinglePart};

use super::page::{self, Frame, Rendered};
use super::stationery::{mailable, mailbox};
use super::{LetterError, Stationery};
use crate::wording::{Wording, greeting};
use crate::{Content, Kind, Subscription};

/// A mail, ready to leave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mail {
    /// The message's id with us. The `Message-ID` is made of it, so that a mail that is sent again is known as the same.
    pub id: MessageId,
    /// When it was written.
    pub written_at: DateTime<Utc>,
    /// The subject, as people read it.
    pub subject: String,
    envelope: Envelope,
    bytes: Vec<u8>,
}

/// Whom a mail is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addressee<'a> {
    pub user_id: Option<UserId>,
    pub address: &'a str,
    pub display_name: &'a str,
}

impl Mail {
    /// The message with its headers, its lines ended by CR LF.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The address that the mail goes to.
    #[must_use]
    pub fn to(&self) -> String {
        self.envelope.to().iter().map(ToString::to_string).collect()
    }

    /// The addresses as the mail server is told them.
    pub(crate) fn envelope(&self) -> &Envelope {
        &self.envelope
    }
}

impl Stationery {
    /// What a mail says, to somebody.
    pub(super) fn render(
        &self,
        content: &Content,
        user_id: Option<UserId>,
        display_name: &str,
    ) -> Result<Rendered, LetterError> {
        let kind = content.kind();
        let subscription = user_id.map(|user_id| Subscription { user_id, kind });
        let frame = Frame {
            home: &self.home,
            reason: reason(kind, user_id),
            unsubscribe: subscription.and_then(|subscription| self.unsubscribe(subscription)),
            // What cannot be chosen is no place to offer a choice, least of all beside a link with a token.
            preferences: user_id.filter(|_user| !kind.is_secret()).map(|_user| self.preferences()),
        };
        page::render(&Wording::of(content), &greeting(display_name), &frame)
    }

    /// The mail of a content. The same arguments make the same bytes.
    pub(crate) fn mail(
        &self,
        id: MessageId,
        written_at: DateTime<Utc>,
        to: Addressee<'_>,
        content: &Content,
    ) -> Result<Mail, LetterError> {
        let rendered = self.render(content, to.user_id, to.display_name)?;
        let address = mailable(to.address)?;
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(mailbox(to.display_name, address))
            .subject(&rendered.subject)
            .date(written_at.into())
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            // No automatic answers, please (RFC 3834, section 5).
            .raw_header(header("Auto-Submitted", "auto-generated"));
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        let subscription = to.user_id.map(|user_id| Subscription { user_id, kind: content.kind() });
        let unsubscribe = subscription.and_then(|subscription| self.unsubscribe(subscription));
        if let Some(url) = unsubscribe.filter(|url| url.scheme() == "https") {
            builder = builder
                .raw_header(header("List-Unsubscribe", &format!("<{url}>")))
                .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
        }
        // Quoted-printable text never has "=_" in it, so neither part can end the other (RFC 2045, section 6.7).
        let parts = MultiPart::alternative()
            .boundary(format!("=_{id}"))
            .singlepart(part(ContentType::TEXT_PLAIN, rendered.text))
            .singlepart(part(ContentType::TEXT_HTML, rendered.html));
        let message = builder.multipart(parts)?;
        Ok(Mail {
            id,
            written_at,
            subject: rendered.subject,
            envelope: message.envelope().clone(),
            bytes: message.formatted(),
        })
    }
}

/// A line of text that is ASCII without line breaks: a constant, or a link, which is encoded so. A link has no blank to
/// fold it at, and is not folded.
fn header(name: &'static str, value: &str) -> HeaderValue {
    let name = HeaderName::new_from_ascii_str(name);
    HeaderValue::dangerous_new_pre_encoded(name, value.to_owned(), value.to_owned())
}

fn part(content_type: ContentType, text: String) -> SinglePart {
    SinglePart::builder().header(content_type).header(ContentTransferEncoding::QuotedPrintable).body(text)
}

fn reason(kind: Kind, user_id: Option<UserId>) -> String {
    match (kind, user_id) {
        (Kind::VerifyEmail | Kind::PasswordReset, _) => {
            "You get this mail because somebody asked for it with your address.".to_owned()
        }
        (_, Some(_)) => format!("You get this mail when {}.", kind.occasion()),
        (_, None) => "You get this mail because you ordered as a guest, with this address.".to_owned(),
    }
}
