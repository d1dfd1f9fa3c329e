//! What is said about an account.

use url::Url;

use super::{BRAND, Block, Fact, Wording};
use crate::LocalTime;

pub(super) fn welcome(link: &Url) -> Wording {
    Wording::new(
        format!("Welcome to {BRAND}"),
        "Your account is ready: fresh produce, seeds and handmade goods from people around you.",
    )
    .paragraph(
        "Tell us where you live to see what grows near you, or open a shop of your own from your profile.",
    )
    .action("Look around", link)
}

pub(super) fn verify_email(link: &Url, expires: &LocalTime) -> Wording {
    Wording::new(
        "Confirm your email address",
        format!("Somebody, hopefully you, gave this address to {BRAND}. Confirm that it is yours."),
    )
    .action("Confirm the address", link)
    .note(format!("The link works until {}.", expires.in_full()))
    .note("If it was not you, do nothing.")
}

pub(super) fn password_reset(link: &Url, expires: &LocalTime) -> Wording {
    Wording::new(
        "Set a new password",
        format!("Somebody, hopefully you, asked for a new password for your {BRAND} account."),
    )
    .action("Set a new password", link)
    .note(format!("The link works once, until {}.", expires.in_full()))
    .note(
        "If it was not you, do nothing: your password stays as it is. Nobody from us will ever ask you for this link.",
    )
}

pub(super) fn password_changed(at: &LocalTime, link: &Url) -> Wording {
    Wording::new("Your password was changed", format!("The password of your {BRAND} account was changed."))
        .and(Block::Facts(vec![Fact::new("When", at.in_full())]))
        .paragraph("If it was you, there is nothing to do.")
        .action("It was not me", link)
        .note("If it was not you, set a new password now.")
}
