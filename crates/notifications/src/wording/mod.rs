//! What is said about each kind of content, before anybody knows how it will look.
//!
//! Pure. Every form of a message (the mail's text and its HTML, the notification center, a telephone) is drawn from
//! the one [`Wording`], so that they cannot say different things.

mod account;
mod centers;
mod orders;
mod selling;
mod text;

use url::Url;

pub(crate) use text::{greeting, listed, money, one_line, wrap};

use crate::Content;

/// What the product calls itself.
pub(crate) const BRAND: &str = "SilkCart";

/// A message in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Wording {
    /// The subject of a mail, its heading, and the title in the notification center.
    pub title: String,
    /// One or two sentences that stand for the whole where there is no room for it.
    pub summary: String,
    /// What a mail says.
    pub blocks: Vec<Block>,
    /// Where to go from here.
    pub action: Option<Action>,
    /// What a mail says after that.
    pub notes: Vec<String>,
    /// What a telephone shows, without the brand and the link.
    pub text_message: Option<String>,
}

/// A part of a mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Block {
    /// Sentences.
    Paragraph(String),
    /// Names and values.
    Facts(Vec<Fact>),
    /// What was bought, or runs out.
    Rows(Vec<Row>),
}

/// A name and a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fact {
    pub name: String,
    pub value: String,
    /// Where the value leads.
    pub link: Option<Url>,
}

/// A thing, how much of it, and what that comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Row {
    pub what: String,
    pub detail: String,
    pub amount: String,
    /// Whether it sums up the rows before it.
    pub is_total: bool,
}

/// A link that stands out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Action {
    pub label: String,
    pub url: Url,
}

impl Wording {
    /// The words for a content. Whatever it holds, every text is on one line.
    pub(crate) fn of(content: &Content) -> Self {
        match content {
            Content::Welcome { link } => account::welcome(link),
            Content::VerifyEmail { link, expires, .. } => account::verify_email(link, expires),
            Content::PasswordReset { link, expires, .. } => account::password_reset(link, expires),
            Content::PasswordChanged { at, link } => account::password_changed(at, link),
            Content::OrderPlaced { order, pay_by } => orders::placed(order, pay_by.as_ref()),
            Content::OrderPaid { order, to_be_scheduled } => orders::paid(order, *to_be_scheduled),
            Content::OrderScheduled { order, pickup } => orders::scheduled(order, pickup),
            Content::OrderShipped { order, tracking } => orders::shipped(order, tracking.as_ref()),
            Content::OrderDelivered { order } => orders::delivered(order),
            Content::OrderCompleted { order } => orders::completed(order),
            Content::OrderCancelled { order, by, reason, refund } => {
                orders::cancelled(order, *by, reason.as_deref(), *refund)
            }
            Content::PickupReminder { order, pickup } => orders::reminder(order, pickup),
            Content::OrderReceived { order, handover } => selling::received(order, *handover),
            Content::SalePaid { order, handover } => selling::paid(order, *handover),
            Content::SaleScheduled { order, pickup } => selling::scheduled(order, pickup),
            Content::LowStock { items, link } => selling::low_stock(items, link),
            Content::CenterApproved { center, link } => centers::approved(center, link),
            Content::CenterRejected { center, reason, link } => {
                centers::rejected(center, reason.as_deref(), link)
            }
        }
        .tidied()
    }

    /// A message with a title and its gist, which is also the first paragraph of a mail.
    fn new(title: impl Into<String>, summary: impl Into<String>) -> Self {
        let summary = summary.into();
        Self {
            title: title.into(),
            blocks: vec![Block::Paragraph(summary.clone())],
            summary,
            action: None,
            notes: Vec::new(),
            text_message: None,
        }
    }

    fn and(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    fn paragraph(self, text: impl Into<String>) -> Self {
        self.and(Block::Paragraph(text.into()))
    }

    fn action(mut self, label: &str, url: &Url) -> Self {
        self.action = Some(Action { label: label.to_owned(), url: url.clone() });
        self
    }

    fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    fn texting(mut self, text: impl Into<String>) -> Self {
        self.text_message = Some(text.into());
        self
    }

    /// Without line breaks, control characters and links that are not of the web: whoever wrote the parts, the whole is
    /// what this crate says.
    fn tidied(self) -> Self {
        Self {
            title: one_line(&self.title),
            summary: one_line(&self.summary),
            blocks: self.blocks.into_iter().map(Block::tidied).collect(),
            action: self.action.filter(|action| is_of_the_web(&action.url)),
            notes: self.notes.iter().map(|note| one_line(note)).collect(),
            text_message: self.text_message.map(|text| one_line(&text)),
        }
    }
}

impl Block {
    fn tidied(self) -> Self {
        match self {
            Self::Paragraph(text) => Self::Paragraph(one_line(&text)),
            Self::Facts(facts) => Self::Facts(facts.into_iter().map(Fact::tidied).collect()),
            Self::Rows(rows) => Self::Rows(rows.into_iter().map(Row::tidied).collect()),
        }
    }
}

impl Fact {
    fn new(name: &str, value: impl Into<String>) -> Self {
        Self { name: name.to_owned(), value: value.into(), link: None }
    }

    fn tidied(self) -> Self {
        let link = self.link.filter(is_of_the_web);
        Self { name: one_line(&self.name), value: one_line(&self.value), link }
    }
}

impl Row {
    fn tidied(self) -> Self {
        let (what, detail, amount) = (one_line(&self.what), one_line(&self.detail), one_line(&self.amount));
        Self { what, detail, amount, ..self }
    }
}

/// What a mail program may open.
fn is_of_the_web(url: &Url) -> bool {
    matches!(url.scheme(), "https" | "http")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Channel, Kind, Standing};

    #[test]
    fn every_kind_says_something_on_every_channel_it_may_use() {
        for kind in Kind::ALL {
            let words = Wording::of(&Content::sample(kind));
            assert!(!words.title.is_empty() && !words.summary.is_empty(), "{kind:?}");
            assert!(words.title.chars().count() <= 78, "{kind:?}: the subject fits on a line");
            assert!(words.action.is_some(), "{kind:?} leads somewhere");
            let texts = kind.standing(Channel::Sms) != Standing::Never;
            assert_eq!(words.text_message.is_some(), texts, "{kind:?}");
        }
    }

    #[test]
    fn what_others_wrote_breaks_no_line_and_opens_no_program() {
        let Content::OrderShipped { mut order, tracking } = Content::sample(Kind::OrderShipped) else {
            panic!("another kind");
        };
        order.number = "1\r\nBcc: eve@example.com".to_owned();
        order.lines[0].title = "kale\n\u{202e}elak".to_owned();
        let mut tracking = tracking.unwrap();
        tracking.link = Some(Url::parse("javascript:alert(1)").unwrap());
        let words = Wording::of(&Content::OrderShipped { order, tracking: Some(tracking) });
        assert_eq!(words.title, "Order 1 Bcc: eve@example.com is on its way");
        let text = format!("{words:?}");
        assert!(
            !text.contains("\\n") && !text.contains("\\u{202e}") && !text.contains("javascript"),
            "{text}"
        );
    }
}
