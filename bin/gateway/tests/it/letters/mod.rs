//! What people are told: mail with links that work, and the notification center.

mod accounts;
mod center;
mod orders;

use std::fs;

use crate::actors::Market;

/// A mail, as its reader sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Letter {
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// What was mailed to an address so far, oldest first.
pub fn mailbox(market: &Market, address: &str) -> Vec<Letter> {
    let Ok(folder) = fs::read_dir(market.server.folder().join("mail")) else { return Vec::new() };
    let mut files: Vec<_> = folder.map(|file| file.unwrap().path()).collect();
    files.sort();
    let letters = files.iter().map(|file| read(&fs::read_to_string(file).unwrap()));
    letters.filter(|letter| letter.to.contains(address)).collect()
}

/// The subjects of what was mailed to an address so far, sorted.
pub fn subjects(market: &Market, address: &str) -> Vec<String> {
    let mut subjects: Vec<_> = mailbox(market, address).into_iter().map(|letter| letter.subject).collect();
    subjects.sort();
    subjects
}

/// The one mail to an address with that subject.
#[track_caller]
pub fn letter(market: &Market, address: &str, subject: &str) -> Letter {
    let mut found: Vec<_> =
        mailbox(market, address).into_iter().filter(|letter| letter.subject.contains(subject)).collect();
    assert_eq!(found.len(), 1, "{subject:?} among {:?}", subjects(market, address));
    found.remove(0)
}

fn read(mail: &str) -> Letter {
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    let head = head.replace("\r\n ", " ");
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.strip_prefix(name));
        lines.map(|value| value.trim_start_matches(": ").to_owned()).next().unwrap_or_default()
    };
    // The first part is for those who read text.
    let text = body.split("text/html").next().unwrap_or_default();
    let text = text.replace("=\r\n", "").replace("=3D", "=").replace("\r\n", "\n");
    Letter { to: header("To"), subject: header("Subject"), text }
}

impl Letter {
    /// What follows `start` in a link of the mail.
    #[track_caller]
    pub fn after(&self, start: &str) -> String {
        let (_, rest) = self.text.split_once(start).unwrap_or_else(|| panic!("no {start} in {}", self.text));
        rest.split_whitespace().next().unwrap().to_owned()
    }
}
