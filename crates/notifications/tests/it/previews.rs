//! What every message looks like, as files that somebody can open.

use std::fmt::Write;

use notifications::{Kind, Preview, preview};

use crate::support::stationery;

#[test]
fn every_message_looks_as_it_was_left() {
    for kind in Kind::ALL {
        let Preview { mail, in_app, text_message } = preview(&stationery(), kind).unwrap();
        let mut text = format!("Subject: {}\n\n{}", mail.subject, mail.text);
        if let Some(shown) = in_app {
            let link = shown.link.unwrap_or_default();
            write!(text, "\n== in the product\n{}\n{}\n{link}\n", shown.title, shown.body).unwrap();
        }
        if let Some(message) = text_message {
            write!(text, "\n== on a telephone\n{message}\n").unwrap();
        }
        let file = |extension| format!("crates/notifications/tests/golden/{}.{extension}", kind.as_str());
        testkit::assert_golden(&file("txt"), &text);
        testkit::assert_golden(&file("html"), &mail.html);
    }
}

#[test]
fn lines_of_text_are_short_and_nothing_comes_from_elsewhere() {
    for kind in Kind::ALL {
        let mail = preview(&stationery(), kind).unwrap().mail;
        let long = mail.text.lines().find(|line| line.chars().count() > 76 && !line.contains("https://"));
        assert_eq!(long, None, "{kind:?}");
        for foreign in ["<img", "<script", "<link", "@import", "url(", "javascript:"] {
            assert!(!mail.html.contains(foreign), "{kind:?} has {foreign}");
        }
    }
}
