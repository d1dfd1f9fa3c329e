//! `worker mail`: what people are written, with made-up content, as it would look with the settings there are.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use assembly::settings::Settings;
use clap::{Args, Subcommand};
use notifications::{Kind, Preview, UnsubscribeKey, preview};

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Shows a message, or writes all of them into a folder. Sends nothing.
    Preview(Choice),
}

#[derive(Args, Debug)]
pub struct Choice {
    /// Such as `order.paid`.
    #[arg(value_parser = kind, required_unless_present = "into", conflicts_with = "into")]
    kind: Option<Kind>,
    /// The mail's HTML rather than its text.
    #[arg(long, requires = "kind")]
    html: bool,
    /// Where to write every message as text and as HTML, with an index.html; made when it is missing.
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
}

fn kind(name: &str) -> Result<Kind, String> {
    let names = || Kind::ALL.map(Kind::as_str).join(", ");
    Kind::from_word(name).ok_or_else(|| format!("a message is one of {}", names()))
}

impl Command {
    pub fn execute(self, settings: &Settings) -> Result<()> {
        let Self::Preview(Choice { kind, html, into }) = self;
        // Its links to switch mail off lead nowhere.
        let stationery = assembly::stationery(settings, UnsubscribeKey::new([0; 32]))?;
        if let Some(folder) = into {
            let previews = Kind::ALL.map(|kind| preview(&stationery, kind).map(|shown| (kind, shown)));
            return write_all(&folder, &previews.into_iter().collect::<Result<Vec<_>, _>>()?);
        }
        if let Some(kind) = kind {
            let shown = preview(&stationery, kind)?;
            let text = if html { shown.mail.html } else { as_text(&shown) };
            write!(std::io::stdout(), "{text}")?;
        }
        Ok(())
    }
}

/// All forms of a message but its HTML.
fn as_text(Preview { mail, in_app, text_message }: &Preview) -> String {
    let mut text = format!("Subject: {}\n\n{}", mail.subject, mail.text);
    // Writing to a text does not fail.
    if let Some(shown) = in_app {
        let link = shown.link.as_deref().unwrap_or_default();
        let _ = write!(text, "\n== in the product\n{}\n{}\n{link}\n", shown.title, shown.body);
    }
    if let Some(message) = text_message {
        let _ = write!(text, "\n== on a telephone\n{message}\n");
    }
    text
}

fn write_all(folder: &Path, previews: &[(Kind, Preview)]) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let put = |name: &str, content: &str| {
        let path = folder.join(name);
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))
    };
    let mut index =
        "<!doctype html><meta charset=utf-8><title>What people are written</title><ul>".to_owned();
    for (kind, shown) in previews {
        let name = kind.as_str();
        put(&format!("{name}.html"), &shown.mail.html)?;
        put(&format!("{name}.txt"), &as_text(shown))?;
        let _ = write!(index, "<li><a href={name}.html>{name}</a> (<a href={name}.txt>text</a>)");
    }
    put("index.html", &index)?;
    writeln!(std::io::stdout(), "{} messages in {}", previews.len(), folder.display())?;
    Ok(())
}
