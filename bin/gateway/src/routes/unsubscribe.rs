//! Switching a kind of mail off by the link in it, without a login (RFC 8058).
//!
//! Opening the link changes nothing, since programs open links too: it shows a page with a button. The button, and a
//! mail program on behalf of whoever reads it, send a POST, whose body says nothing that is needed.

use db::Conn;
use notifications::{Kind, NotificationsError};
use paperclip::actix::api_v2_operation;
use paperclip::actix::web::{self, ServiceConfig};

use crate::extract::Segment;
use crate::page::Page;
use crate::{AppState, Problem};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(
        web::resource("/api/v1/unsubscribe/{token}")
            .route(web::get().to(show))
            .route(web::post().to(unsubscribe)),
    );
}

/// A page on which a kind of mail can be switched off
///
/// Mails link to it. It changes nothing.
#[api_v2_operation(operation_id = "show_unsubscribe")]
async fn show(state: AppState, token: Segment) -> Result<Page, Problem> {
    let subscription = state.link_keys.unsubscribe.read(&token.0).map_err(NotificationsError::from)?;
    Ok(Page {
        heading: "Stop these mails?".to_owned(),
        paragraphs: vec![format!("We mail you when {}.", subscription.kind.occasion())],
        button: Some("Stop these mails".to_owned()),
        link: settings(&state),
    })
}

/// Switches a kind of mail off
///
/// Without a login, by the link in a mail: mail programs send it with the form `List-Unsubscribe=One-Click` (RFC 8058).
/// Once more changes nothing.
#[api_v2_operation(operation_id = "unsubscribe")]
async fn unsubscribe(state: AppState, token: Segment) -> Result<Page, Problem> {
    let (key, now) = (&state.link_keys.unsubscribe, state.clock.now());
    let work = async |tx: &mut Conn| Ok(notifications::unsubscribe(tx, now, key, &token.0).await?);
    let kind: Kind = state.transact(work).await?.kind;
    Ok(Page {
        heading: "Done".to_owned(),
        paragraphs: vec![format!("We no longer mail you when {}.", kind.occasion())],
        button: None,
        link: settings(&state),
    })
}

/// Where all of it is chosen.
fn settings(state: &AppState) -> (String, String) {
    ("Choose what we tell you".to_owned(), state.pages.notification_settings().to_string())
}
