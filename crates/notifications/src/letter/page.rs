//! The two forms of a letter, drawn by templates from the same words.

use askama::Template;
use url::Url;

use super::LetterError;
use crate::wording::{BRAND, Block, Wording};

/// A mail as people read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rendered {
    /// The subject.
    pub subject: String,
    /// For programs that show text, in lines of up to 76 characters but for links.
    pub text: String,
    /// For programs that show HTML; needs no image, script or file from elsewhere.
    pub html: String,
}

/// What stands around a letter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Frame<'a> {
    /// The front page.
    pub home: &'a Url,
    /// Why somebody gets it.
    pub reason: String,
    /// Switches this kind of mail off.
    pub unsubscribe: Option<Url>,
    /// Where somebody chooses what they are told.
    pub preferences: Option<&'a Url>,
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Html<'a> {
    brand: &'static str,
    title: &'a str,
    greeting: &'a str,
    words: &'a Wording,
    frame: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "letter.txt", escape = "none")]
struct Text<'a> {
    brand: &'static str,
    greeting: &'a str,
    words: &'a Wording,
    frame: &'a Frame<'a>,
}

pub(super) fn render(words: &Wording, greeting: &str, frame: &Frame<'_>) -> Result<Rendered, LetterError> {
    let html = Html { brand: BRAND, title: &words.title, greeting, words, frame };
    let text = Text { brand: BRAND, greeting, words, frame };
    Ok(Rendered {
        subject: words.title.clone(),
        text: with_single_blank_lines(&text.render()?),
        html: without_blank_lines(&html.render()?),
    })
}

/// Each part of the text brings blank lines of its own.
fn with_single_blank_lines(text: &str) -> String {
    let mut tidy = String::new();
    for line in text.trim().lines() {
        if !line.is_empty() || !tidy.ends_with("\n\n") {
            tidy.push_str(line);
            tidy.push('\n');
        }
    }
    tidy
}

/// The tags of the templates leave empty lines behind.
fn without_blank_lines(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.flat_map(|line| [line, "\n"]).collect()
}
