//! What messages look like, for those who write and check them.

use kernel::UserId;
use uuid::Uuid;

use super::{LetterError, Rendered, Stationery};
use crate::wording::Wording;
use crate::{Channel, Content, Kind, Standing, texting};

/// All forms of a message with made-up content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preview {
    /// The mail.
    pub mail: Rendered,
    /// In the notification center, if it shows this kind.
    pub in_app: Option<InApp>,
    /// On a telephone, if this kind may go there.
    pub text_message: Option<String>,
}

/// What the notification center shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InApp {
    /// The title.
    pub title: String,
    /// A sentence or two.
    pub body: String,
    /// Where it leads.
    pub link: Option<String>,
}

/// What messages of a kind look like, with made-up content for somebody with an account.
pub fn preview(stationery: &Stationery, kind: Kind) -> Result<Preview, LetterError> {
    let content = Content::sample(kind);
    let user = UserId(Uuid::nil());
    Ok(Preview {
        mail: stationery.render(&content, Some(user), "Ana López")?,
        in_app: (kind.standing(Channel::InApp) != Standing::Never).then(|| InApp::of(&content)),
        text_message: texting::text(&content),
    })
}

impl InApp {
    /// What the notification center shows of a content.
    pub(crate) fn of(content: &Content) -> Self {
        let Wording { title, summary, action, .. } = Wording::of(content);
        Self { title, body: summary, link: action.map(|action| action.url.to_string()) }
    }
}
