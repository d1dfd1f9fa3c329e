//! What a telephone shows: the brand, a sentence and the link.

use crate::Content;
use crate::wording::{BRAND, Wording};

/// The text message of a content; none where its kind has none.
pub(crate) fn text(content: &Content) -> Option<String> {
    let Wording { text_message, action, .. } = Wording::of(content);
    let link = action.map(|action| format!(" {}", action.url)).unwrap_or_default();
    Some(format!("{BRAND}: {}{link}", text_message?))
}
