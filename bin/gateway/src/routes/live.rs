//! Live updates: the ticket that opens them, the WebSocket and the stream of events.
//!
//! The two streams are not in the OpenAPI document, which has no words for them: `docs/frontend.md` describes them.

use std::time::Duration;

use accounts::{AccountsError, Standing, StreamTicket};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use actix_ws::handle;
use chrono::{DateTime, Utc};
use kernel::InvalidCode;
use live::{Connection, TooManyConnections, Topic};
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::extract::{MaybePrincipal, Params, Principal};
use crate::live::listener::Listener;
use crate::live::{socket, stream};
use crate::middleware::delivery::Endless;
use crate::{AppState, Created, Problem, ProblemKind};

/// The pattern of the WebSocket's route.
pub(crate) const SOCKET: &str = "/api/v1/live";
const STREAM: &str = "/api/v1/events/stream";
/// How long somebody waits for a server that has just begun.
const READY: Duration = Duration::from_secs(2);
/// By which a client says where it was.
pub(crate) const LAST_EVENT_ID: &str = "last-event-id";

/// What opens a live stream, once.
#[derive(Debug, Serialize, Apiv2Schema)]
struct StreamTicketView {
    /// The ticket, for the parameter `ticket`.
    ticket: String,
    /// Until when it can be used.
    expires_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SocketParams {
    ticket: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StreamParams {
    ticket: Option<String>,
    topics: Option<String>,
    after: Option<i64>,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(web::resource("/api/v1/live/tickets").route(web::post().to(issue_ticket)));
}

/// Registers the streams.
pub(crate) fn configure_streams(config: &mut actix_web::web::ServiceConfig) {
    use actix_web::web::{get, resource};
    config
        .service(resource(SOCKET).route(get().to(open_socket)))
        .service(resource(STREAM).route(get().to(open_stream)));
}

/// A ticket that opens a live stream
///
/// Works once and for 30 seconds, as the parameter `ticket` of the WebSocket at `/api/v1/live` or of the server-sent
/// events at `/api/v1/events/stream`: a browser sends no access token with either, and an address is no place for one.
/// `docs/frontend.md` says what is sent there.
#[api_v2_operation(operation_id = "issue_stream_ticket")]
async fn issue_ticket(state: AppState, principal: Principal) -> Result<Created<StreamTicketView>, Problem> {
    let mut conn = state.conn().await?;
    let issued = accounts::issue_ticket(&mut conn, state.clock.now(), principal.session).await;
    let issued = issued.map_err(|error| match error {
        // The access token is good for a while longer, but opens nothing that lasts.
        AccountsError::SessionNotFound => session_ended(),
        other => other.into(),
    })?;
    let view = StreamTicketView { ticket: issued.ticket.expose().to_owned(), expires_at: issued.expires_at };
    Ok(Created::new(view).with(&header::CACHE_CONTROL, "no-store".to_owned()))
}

/// The WebSocket: says hello, and from then on answers what it is told.
async fn open_socket(
    state: AppState,
    params: Params<SocketParams>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    if !asks_for_socket(request.headers()) {
        let upgrade = HeaderValue::from_static("websocket");
        let detail = "this is a WebSocket: ask for it with Upgrade: websocket";
        return Err(Problem::new(ProblemKind::UpgradeRequired)
            .detail(detail)
            .header(header::UPGRADE, upgrade));
    }
    let Some(ticket) = params.0.ticket else { return Err(no_ticket()) };
    let standing = redeem(&state, ticket).await?;
    let connection = connect(&state, standing).await?;
    let listener = Listener::new(state, standing, connection);
    let (mut response, session, messages) = handle(&request, payload)
        .map_err(|error| Problem::new(ProblemKind::MalformedRequest).detail(error.to_string()))?;
    let messages = messages
        .max_frame_size(socket::MOST_BYTES)
        .aggregate_continuations()
        .max_continuation_size(socket::MOST_BYTES);
    actix_web::rt::spawn(socket::converse(listener, session, messages));
    response.extensions_mut().insert(Endless);
    Ok(response)
}

/// Server-sent events (HTML Living Standard, section 9.2).
async fn open_stream(
    state: AppState,
    principal: MaybePrincipal,
    params: Params<StreamParams>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let StreamParams { ticket, topics, after } = params.0;
    let after = match last_event_id(request.headers())? {
        Some(position) => Some(position),
        None => after,
    };
    let topics = read_topics(topics.as_deref())?;
    let standing = match (ticket, principal.0) {
        (Some(ticket), _) => redeem(&state, ticket).await?,
        (None, Some(principal)) => {
            let found = accounts::find_standing(&mut *state.conn().await?, principal.session).await?;
            found.ok_or_else(session_ended)?
        }
        (None, None) => return Err(no_ticket()),
    };
    let connection = connect(&state, standing).await?;
    let listener = Listener::new(state, standing, connection);
    let topics = topics.unwrap_or_else(|| listener.open_topics());
    if topics.iter().any(|topic| !listener.may_hear(*topic)) {
        return Err(Problem::new(ProblemKind::Forbidden).detail("only an admin may listen to admin"));
    }
    let events = stream::events(listener, &topics, after).await?;
    let mut response = HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Packed, events would wait for one another.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(events);
    response.extensions_mut().insert(Endless);
    Ok(response)
}

/// A connection of theirs, once it is known what happened before.
async fn connect(state: &AppState, standing: Standing) -> Result<Connection, Problem> {
    if timeout(READY, state.live.ready()).await.is_err() {
        let detail = "this server does not know yet what has happened";
        return Err(Problem::new(ProblemKind::Unavailable).detail(detail).retry_after(2));
    }
    Ok(state.live.connect(standing.user_id)?)
}

async fn redeem(state: &AppState, ticket: String) -> Result<Standing, Problem> {
    let (ticket, now) = (StreamTicket::presented(ticket), state.clock.now());
    Ok(accounts::redeem_ticket(&mut *state.conn().await?, now, &ticket).await?)
}

fn asks_for_socket(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE).map(HeaderValue::as_bytes);
    upgrade.is_some_and(|value| value.eq_ignore_ascii_case(b"websocket"))
}

fn session_ended() -> Problem {
    Problem::new(ProblemKind::Unauthenticated).detail("the session has ended; log in again")
}

fn no_ticket() -> Problem {
    Problem::new(ProblemKind::Unauthenticated).detail("send a ticket: POST /api/v1/live/tickets makes one")
}

/// The position in the header by which a browser goes on.
fn last_event_id(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let position = value.to_str().ok().and_then(|text| text.parse().ok());
    position.map(Some).ok_or_else(|| {
        Problem::new(ProblemKind::MalformedRequest).detail("Last-Event-ID: must be the id of an event").field(
            "header/Last-Event-ID",
            InvalidCode::Malformed.as_str(),
            "must be the id of an event",
        )
    })
}

/// The topics of a list with commas, each once; none for all that are the caller's to hear.
fn read_topics(names: Option<&str>) -> Result<Option<Vec<Topic>>, Problem> {
    let Some(names) = names else { return Ok(None) };
    let mut topics = Vec::new();
    for name in names.split(',') {
        let topic = Topic::from_name(name.trim()).ok_or_else(|| {
            let known = Topic::ALL.map(Topic::as_str).join(", ");
            Problem::parameter(
                "topics",
                InvalidCode::NotAllowed,
                format!("must be among {known}, with commas"),
            )
        })?;
        if !topics.contains(&topic) {
            topics.push(topic);
        }
    }
    Ok(Some(topics))
}

impl From<TooManyConnections> for Problem {
    fn from(error: TooManyConnections) -> Self {
        Self::new(ProblemKind::TooManyStreams).detail(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_named_once_and_known() {
        let read = |names| read_topics(Some(names)).ok().flatten();
        assert_eq!(read("orders, sales,orders"), Some(vec![Topic::Orders, Topic::Sales]));
        assert_eq!(read("orders,other"), None);
        assert_eq!(read(""), None);
    }
}
