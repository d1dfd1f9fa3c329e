//! The notification center, and what somebody wants to be told by which channel.

use actix_web::http::header::ETAG;
use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{FieldError, InvalidCode, NewestKey, NotificationId};
use notifications::{Channel, Kind, Notification, Preference, PreferenceChange};
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::extract::{Body, Id, IfMatch, IfNoneMatch, Params, Principal, etag_of};
use crate::wire::{PageView, Paging};
use crate::{AppState, NoContent, Ok200, Problem};

/// Choices are told one by one, so that no two changes of them can be in each other's way: their version is always the
/// same, and a tag tells what is shown.
const VERSION: i32 = 1;
/// As many as there are choices, and then some.
const MOST_CHANGES: usize = 100;

/// Something that somebody was told.
#[derive(Debug, Serialize, Apiv2Schema)]
pub(crate) struct NotificationView {
    /// Its id.
    id: Uuid,
    /// One of `account.welcome`, `account.verify_email`, `account.password_reset`, `account.password_changed`,
    /// `order.placed`, `order.paid`, `order.scheduled`, `order.shipped`, `order.delivered`, `order.completed`,
    /// `order.cancelled`, `pickup.reminder`, `order.received`, `sale.paid`, `sale.scheduled`, `stock.low`,
    /// `center.approved` or `center.rejected`.
    kind: String,
    /// One line.
    title: String,
    /// A sentence or two.
    body: String,
    /// Where it leads: a page of the frontend.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    /// When it was told.
    created_at: DateTime<Utc>,
    /// When it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_at: Option<DateTime<Utc>>,
}

/// Which notifications, and how many.
#[derive(Debug, Serialize, Deserialize, Apiv2Schema)]
struct NotificationParams {
    /// `true` for those only that have not been read.
    unread: Option<bool>,
    /// 1 to 100, 24 unless asked.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// How much has not been read.
#[derive(Debug, Serialize, Apiv2Schema)]
struct UnreadCountView {
    /// How many notifications.
    unread: i64,
}

/// What was marked.
#[derive(Debug, Serialize, Apiv2Schema)]
struct MarkedReadView {
    /// How many notifications had not been read.
    marked: i64,
}

/// What the caller is told, by which channel.
#[derive(Debug, Serialize, Apiv2Schema)]
struct NotificationPreferencesView {
    /// Every kind with every channel that it may go by, in the order of a page of settings.
    preferences: Vec<NotificationPreferenceView>,
}

/// Whether the caller is told of a kind by a channel.
#[derive(Debug, Serialize, Apiv2Schema)]
struct NotificationPreferenceView {
    /// One of `account.welcome`, `account.verify_email`, `account.password_reset`, `account.password_changed`,
    /// `order.placed`, `order.paid`, `order.scheduled`, `order.shipped`, `order.delivered`, `order.completed`,
    /// `order.cancelled`, `pickup.reminder`, `order.received`, `sale.paid`, `sale.scheduled`, `stock.low`,
    /// `center.approved` or `center.rejected`.
    kind: String,
    /// What it is about. One of `account`, `orders`, `selling` or `centers`.
    category: String,
    /// When one is told; goes on after "We tell you when".
    occasion: String,
    /// One of `in_app`, `email` or `sms`. Text messages need a telephone number in the profile.
    channel: String,
    /// Whether they are told.
    enabled: bool,
    /// Whether that is theirs to choose: what is about security, or says whether goods will come, is always mailed.
    changeable: bool,
}

/// What to change about what one is told.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct ChangePreferencesBody {
    /// Up to 100 changes; of several for the same the last counts.
    changes: Vec<PreferenceChangeBody>,
}

/// A choice.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct PreferenceChangeBody {
    /// One of `account.welcome`, `account.verify_email`, `account.password_reset`, `account.password_changed`,
    /// `order.placed`, `order.paid`, `order.scheduled`, `order.shipped`, `order.delivered`, `order.completed`,
    /// `order.cancelled`, `pickup.reminder`, `order.received`, `sale.paid`, `sale.scheduled`, `stock.low`,
    /// `center.approved` or `center.rejected`.
    kind: String,
    /// One of `in_app`, `email` or `sms`.
    channel: String,
    /// Whether to be told.
    enabled: bool,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/v1/notifications").route(web::get().to(list)))
        .service(web::resource("/api/v1/notifications/unread-count").route(web::get().to(count_unread)))
        .service(web::resource("/api/v1/notifications/read-all").route(web::post().to(mark_all_read)))
        .service(web::resource("/api/v1/notifications/{id}/read").route(web::post().to(mark_read)))
        .service(
            web::resource("/api/v1/me/notification-preferences")
                .route(web::get().to(show_preferences))
                .route(web::patch().to(change_preferences)),
        );
}

/// What the caller was told, newest first
///
/// What was read is kept for 90 days.
#[api_v2_operation(operation_id = "list_notifications")]
async fn list(
    state: AppState,
    principal: Principal,
    params: Params<NotificationParams>,
) -> Result<Ok200<PageView<NotificationView>>, Problem> {
    let paging: Paging<NewestKey> =
        Paging::read(&state.cursors, &format!("notifications of {principal}"), &params.0)?;
    let mut conn = state.conn().await?;
    let unread_only = params.0.unread.unwrap_or(false);
    let (after, limit) = (paging.after, paging.limit);
    let page = notifications::list(&mut conn, principal.user_id, unread_only, after, limit).await?;
    Ok(Ok200::new(paging.view(page, NotificationView::from)?))
}

/// How much the caller has not read
#[api_v2_operation(operation_id = "count_unread_notifications")]
async fn count_unread(state: AppState, principal: Principal) -> Result<Ok200<UnreadCountView>, Problem> {
    let mut conn = state.conn().await?;
    let unread = notifications::unread_count(&mut conn, principal.user_id).await?;
    Ok(Ok200::new(UnreadCountView { unread }))
}

/// Marks a notification as read
///
/// Once more changes nothing.
#[api_v2_operation(operation_id = "mark_notification_read")]
async fn mark_read(
    state: AppState,
    principal: Principal,
    id: Id<NotificationId>,
) -> Result<NoContent, Problem> {
    let now = state.clock.now();
    let work = async |tx: &mut Conn| {
        notifications::mark_read(tx, now, principal.user_id, &[id.0]).await?;
        Ok(())
    };
    state.transact(work).await?;
    Ok(NoContent)
}

/// Marks everything as read that the caller was told so far
#[api_v2_operation(operation_id = "mark_all_notifications_read")]
async fn mark_all_read(state: AppState, principal: Principal) -> Result<Ok200<MarkedReadView>, Problem> {
    let now = state.clock.now();
    let work = async |tx: &mut Conn| Ok(notifications::mark_all_read(tx, now, principal.user_id, now).await?);
    let marked = i64::try_from(state.transact(work).await?).unwrap_or(i64::MAX);
    Ok(Ok200::new(MarkedReadView { marked }))
}

/// What the caller is told, by which channel
#[api_v2_operation(operation_id = "show_notification_preferences")]
async fn show_preferences(
    state: AppState,
    principal: Principal,
    _have: IfNoneMatch,
) -> Result<Ok200<NotificationPreferencesView>, Problem> {
    let mut conn = state.conn().await?;
    Ok(answer(notifications::preferences(&mut conn, principal.user_id).await?))
}

/// Changes what the caller is told, by which channel
///
/// What is not named stays as it is.
#[api_v2_operation(operation_id = "change_notification_preferences")]
async fn change_preferences(
    state: AppState,
    principal: Principal,
    if_match: IfMatch,
    body: Body<ChangePreferencesBody>,
) -> Result<Ok200<NotificationPreferencesView>, Problem> {
    if_match.check(VERSION)?;
    let changes = read(&body.data.changes)?;
    let now = state.clock.now();
    let work =
        async |tx: &mut Conn| Ok(notifications::set_preferences(tx, now, principal.user_id, &changes).await?);
    Ok(answer(state.transact(work).await?))
}

fn answer(preferences: Vec<Preference>) -> Ok200<NotificationPreferencesView> {
    let preferences = preferences.into_iter().map(NotificationPreferenceView::from).collect();
    let view = NotificationPreferencesView { preferences };
    let tag = etag_of(VERSION, &view);
    Ok200::new(view).with(&ETAG, tag)
}

fn read(changes: &[PreferenceChangeBody]) -> Result<Vec<PreferenceChange>, kernel::Invalid> {
    if changes.len() > MOST_CHANGES {
        let message = format!("must have at most {MOST_CHANGES} changes");
        return Err(FieldError::new(InvalidCode::TooLong, message).at("changes"));
    }
    let mut fields = kernel::Fields::default();
    let mut read = Vec::new();
    for (position, change) in changes.iter().enumerate() {
        let (kind, channel) = (Kind::from_word(&change.kind), Channel::from_word(&change.channel));
        if kind.is_none() {
            let words = Kind::ALL.map(Kind::as_str).join(" ");
            let message = format!("must be one of: {words}");
            fields.refuse(&format!("changes/{position}/kind"), InvalidCode::NotAllowed, message);
        }
        if channel.is_none() {
            let words = Channel::ALL.map(Channel::as_str).join(" ");
            let message = format!("must be one of: {words}");
            fields.refuse(&format!("changes/{position}/channel"), InvalidCode::NotAllowed, message);
        }
        if let (Some(kind), Some(channel)) = (kind, channel) {
            read.push(PreferenceChange { kind, channel, enabled: change.enabled });
        }
    }
    fields.finish().map(|()| read)
}

impl From<Notification> for NotificationView {
    fn from(shown: Notification) -> Self {
        Self {
            id: shown.id.0,
            kind: shown.kind.as_str().to_owned(),
            title: shown.title,
            body: shown.body,
            link: shown.link,
            created_at: shown.created_at,
            read_at: shown.read_at,
        }
    }
}

impl From<Preference> for NotificationPreferenceView {
    fn from(preference: Preference) -> Self {
        let Preference { kind, channel, enabled, changeable } = preference;
        Self {
            kind: kind.as_str().to_owned(),
            category: kind.category().as_str().to_owned(),
            occasion: kind.occasion().to_owned(),
            channel: channel.as_str().to_owned(),
            enabled,
            changeable,
        }
    }
}
