//! Requests that may be sent twice and take effect once: the key's record, the effect, its events and its jobs commit
//! in one transaction.

use std::fmt::Display;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderName;
use actix_web::{FromRequest, HttpRequest};
use chrono::{DateTime, Utc};
use db::Conn;
use kernel::InvalidCode;
use outbox::{Begin, IdempotentRequest};
use paperclip::actix::OperationModifier;
use paperclip::v2::models::DefaultOperationRaw;
use paperclip::v2::schema::Apiv2Schema;
use serde::Serialize;

use super::header;
use crate::{Answer, AppState, Problem, ProblemKind};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const DESCRIPTION: &str = "1 to 255 visible ASCII characters of your own making. The same request with the same key \
                           takes effect once within 24 hours and is given the same answer.";

/// A request that may carry an `Idempotency-Key`.
#[derive(Clone, Debug)]
pub struct Idempotency {
    key: Option<String>,
    /// Method and route pattern.
    route: String,
    /// Path and query, which belong to what was asked.
    target: String,
}

/// A request that must carry an `Idempotency-Key`: one that moves money.
#[derive(Clone, Debug)]
pub struct RequiredIdempotency(Idempotency);

impl Idempotency {
    /// Runs `work` in one transaction with the key's record, or gives the answer that the key's first request got.
    ///
    /// `principal` scopes the key (`anonymous` for strangers); `body` is the raw body. Wakes the job runner after
    /// the commit. A problem undoes everything, the key's record with it, so that the request may be repeated.
    pub async fn run<T, F, const STATUS: u16>(
        self,
        state: &AppState,
        principal: impl Display,
        body: &[u8],
        work: F,
    ) -> Result<Answer<T, STATUS>, Problem>
    where
        T: Serialize,
        F: AsyncFnOnce(&mut Conn) -> Result<Answer<T, STATUS>, Problem>,
    {
        state.transact(async |tx| self.within(tx, state.clock.now(), principal, body, work).await).await
    }

    /// The same in a transaction of the caller's, who has something to find out before an answer may be given again:
    /// whether a token is still good.
    pub async fn within<T, F, const STATUS: u16>(
        self,
        tx: &mut Conn,
        now: DateTime<Utc>,
        principal: impl Display,
        body: &[u8],
        work: F,
    ) -> Result<Answer<T, STATUS>, Problem>
    where
        T: Serialize,
        F: AsyncFnOnce(&mut Conn) -> Result<Answer<T, STATUS>, Problem>,
    {
        let Some(key) = self.key else { return work(tx).await };
        let request = IdempotentRequest::new(principal.to_string(), self.route, key, &self.target, body);
        match outbox::begin(tx, now, &request).await? {
            Begin::Replay(stored) => Ok(Answer::replayed(stored)),
            Begin::Fresh => {
                let stored = work(tx).await?.into_stored()?;
                outbox::record(tx, &request, &stored).await?;
                Ok(Answer::stored(stored))
            }
        }
    }
}

impl RequiredIdempotency {
    /// See [`Idempotency::run`].
    pub async fn run<T, F, const STATUS: u16>(
        self,
        state: &AppState,
        principal: impl Display,
        body: &[u8],
        work: F,
    ) -> Result<Answer<T, STATUS>, Problem>
    where
        T: Serialize,
        F: AsyncFnOnce(&mut Conn) -> Result<Answer<T, STATUS>, Problem>,
    {
        self.0.run(state, principal, body, work).await
    }
}

fn read(request: &HttpRequest) -> Result<Idempotency, Problem> {
    let key = header::single(request, &KEY)?;
    if let Some(key) = key {
        let visible = key.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
        if key.is_empty() || key.len() > 255 || !visible {
            let message = "must have 1 to 255 visible ASCII characters";
            return Err(header::invalid(&KEY, InvalidCode::Malformed, message));
        }
    }
    let pattern = request.match_pattern().unwrap_or_else(|| request.path().to_owned());
    Ok(Idempotency {
        key: key.map(ToOwned::to_owned),
        route: format!("{} {pattern}", request.method()),
        target: request.uri().to_string(),
    })
}

impl FromRequest for Idempotency {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(read(request))
    }
}

impl FromRequest for RequiredIdempotency {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(read(request).and_then(|idempotency| {
            match idempotency.key {
                Some(_) => Ok(Self(idempotency)),
                None => Err(Problem::new(ProblemKind::IdempotencyKeyRequired)
                    .detail("send an Idempotency-Key header")
                    .field("header/idempotency-key", InvalidCode::Required.as_str(), "is required")),
            }
        }))
    }
}

impl Apiv2Schema for Idempotency {}

impl OperationModifier for Idempotency {
    fn update_parameter(op: &mut DefaultOperationRaw) {
        header::document(op, "Idempotency-Key", false, DESCRIPTION);
    }
}

impl Apiv2Schema for RequiredIdempotency {}

impl OperationModifier for RequiredIdempotency {
    fn update_parameter(op: &mut DefaultOperationRaw) {
        header::document(op, "Idempotency-Key", true, DESCRIPTION);
    }
}
