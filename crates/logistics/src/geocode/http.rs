//! Asking a provider over HTTP: time limits, tries, back-off, and the circuit breaker.
//!
//! Owns when a provider is asked again. It does not own what the answers mean.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use kernel::Clock;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, StatusCode, Url};

use super::GeocodeError;
use super::breaker::Breaker;

const TRIES: u32 = 3;
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// Whoever asks for more patience than this is asked again by the caller's next attempt.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Answers are a few kilobytes.
const LARGEST_ANSWER: usize = 256 * 1024;

/// Waiting, so that a test need not.
pub trait Pause: Send + Sync + fmt::Debug {
    /// Completes after `span`.
    fn pause(&self, span: Duration) -> BoxFuture<'static, ()>;
}

/// Waiting by tokio's timer.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioPause;

impl Pause for TokioPause {
    fn pause(&self, span: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(span))
    }
}

/// How a provider is reached.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Where the provider answers, such as `https://nominatim.openstreetmap.org/`.
    pub base_url: Url,
    /// How this platform introduces itself: a name and a way to reach its operator.
    pub user_agent: String,
    /// The time limit of connecting.
    pub connect_timeout: Duration,
    /// The time limit of one try, from connecting to the answer's last byte.
    pub total_timeout: Duration,
    /// The time, for the circuit breaker.
    pub clock: Arc<dyn Clock>,
    /// How waits between tries pass.
    pub pause: Arc<dyn Pause>,
}

impl HttpSettings {
    /// The usual limits: 2 s to connect, 5 s in all.
    pub fn new(base_url: Url, user_agent: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self {
            base_url,
            user_agent: user_agent.into(),
            connect_timeout: Duration::from_secs(2),
            total_timeout: Duration::from_secs(5),
            clock,
            pause: Arc::new(TokioPause),
        }
    }
}

/// A provider that answers with JSON.
pub(super) struct Http {
    provider: &'static str,
    client: Client,
    base_url: Url,
    clock: Arc<dyn Clock>,
    pause: Arc<dyn Pause>,
    breaker: Mutex<Breaker>,
}

/// A try that gave no answer.
pub(super) struct Failure {
    pub error: GeocodeError,
    pub remedy: Remedy,
}

/// What to do about a failed try.
pub(super) enum Remedy {
    /// Try again, after as long as the provider asks for.
    Retry(Option<Duration>),
    /// The provider is in trouble, but another try would only add to the caller's wait.
    GiveUp,
    /// The provider is well; it is the question it does not like.
    Accept,
}

impl Http {
    pub(super) fn new(provider: &'static str, settings: HttpSettings) -> Result<Self, GeocodeError> {
        let client = Client::builder()
            .user_agent(settings.user_agent)
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.total_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| GeocodeError::Refused { provider, reason: describe(&error) })?;
        Ok(Self {
            provider,
            client,
            base_url: settings.base_url,
            clock: settings.clock,
            pause: settings.pause,
            breaker: Mutex::new(Breaker::new()),
        })
    }

    /// Asks for `path` below the base URL, at most three times, and reads the body of a success with
    /// `read`, which may find that it is a failure after all.
    pub(super) async fn get<T>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        read: impl Fn(&[u8]) -> Result<T, Failure>,
    ) -> Result<T, GeocodeError> {
        let url = self.url(path)?;
        let mut wait = FIRST_WAIT;
        let mut tries = 0;
        loop {
            tries += 1;
            self.admit()?;
            let outcome = self.attempt(url.clone(), query).await.and_then(|body| read(&body));
            let failure = match outcome {
                Ok(answer) => {
                    self.breaker(Breaker::succeeded);
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            let asked_for = match failure.remedy {
                Remedy::Accept => {
                    self.breaker(Breaker::succeeded);
                    return Err(failure.error);
                }
                Remedy::GiveUp => {
                    self.breaker(|breaker| breaker.failed(self.clock.now()));
                    return Err(failure.error);
                }
                Remedy::Retry(asked_for) => asked_for,
            };
            self.breaker(|breaker| breaker.failed(self.clock.now()));
            if tries == TRIES || asked_for.is_some_and(|span| span > LONGEST_WAIT) {
                return Err(failure.error);
            }
            tracing::debug!(provider = self.provider, tries, error = %failure.error, "asking again");
            // Spread by a fifth either way, so that several gateways do not ask in step.
            let spread = 0.8 + 0.4 * rand::random::<f64>();
            self.pause.pause(asked_for.unwrap_or_else(|| wait.mul_f64(spread))).await;
            wait *= 2;
        }
    }

    fn url(&self, path: &str) -> Result<Url, GeocodeError> {
        let base = self.base_url.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}/{path}"))
            .map_err(|error| GeocodeError::Refused { provider: self.provider, reason: error.to_string() })
    }

    fn admit(&self) -> Result<(), GeocodeError> {
        let now = self.clock.now();
        self.breaker(|breaker| breaker.admit(now))
            .map_err(|until| GeocodeError::Resting { provider: self.provider, until })
    }

    fn breaker<T>(&self, change: impl FnOnce(&mut Breaker) -> T) -> T {
        change(&mut self.breaker.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn attempt(&self, url: Url, query: &[(&str, &str)]) -> Result<Vec<u8>, Failure> {
        let mut response = match self.client.get(url).query(query).send().await {
            Ok(response) => response,
            Err(error) => return Err(self.unanswered(&error)),
        };
        let status = response.status();
        if !status.is_success() {
            return Err(self.unsuccessful(status, retry_after(response.headers(), self.clock.now())));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unanswered(&error))? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(self.garbled("the answer is too long"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn unanswered(&self, error: &reqwest::Error) -> Failure {
        // A try that ran out of time has cost the caller enough of it.
        let remedy =
            if error.is_timeout() && !error.is_connect() { Remedy::GiveUp } else { Remedy::Retry(None) };
        Failure { error: self.unavailable(describe(error)), remedy }
    }

    fn unsuccessful(&self, status: StatusCode, retry_after: Option<Duration>) -> Failure {
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            return self.overloaded(&format!("HTTP status {}", status.as_u16()), retry_after);
        }
        self.refused(format!("HTTP status {}", status.as_u16()))
    }

    /// The provider cannot answer now.
    pub(super) fn overloaded(&self, reason: &str, retry_after: Option<Duration>) -> Failure {
        Failure { error: self.unavailable(reason.to_owned()), remedy: Remedy::Retry(retry_after) }
    }

    /// The provider will not answer.
    pub(super) fn refused(&self, reason: String) -> Failure {
        let error = GeocodeError::Refused { provider: self.provider, reason };
        Failure { error, remedy: Remedy::Accept }
    }

    /// The provider's answer cannot be understood.
    pub(super) fn garbled(&self, reason: impl fmt::Display) -> Failure {
        let error = GeocodeError::Garbled { provider: self.provider, reason: reason.to_string() };
        Failure { error, remedy: Remedy::GiveUp }
    }

    fn unavailable(&self, reason: String) -> GeocodeError {
        GeocodeError::Unavailable { provider: self.provider, reason }
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("provider", &self.provider)
            .field("base_url", &self.base_url.as_str())
            .finish_non_exhaustive()
    }
}

/// The error with its causes but without the URL, which holds the address and may hold a key.
fn describe(error: &reqwest::Error) -> String {
    use std::error::Error;
    let mut text = match () {
        () if error.is_timeout() => "it took too long".to_owned(),
        () if error.is_connect() => "it cannot be reached".to_owned(),
        () => "the connection failed".to_owned(),
    };
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

/// `Retry-After` in its two forms (RFC 9110, section 10.2.3): seconds, or a date.
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    Some((date.to_utc() - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_is_asked_for_in_seconds_or_by_date() {
        let now = DateTime::parse_from_rfc3339("2030-03-01T17:00:00Z").unwrap().to_utc();
        let read = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            retry_after(&headers, now)
        };
        assert_eq!(read("3"), Some(Duration::from_secs(3)));
        assert_eq!(read("Fri, 01 Mar 2030 17:00:04 GMT"), Some(Duration::from_secs(4)));
        assert_eq!(read("Fri, 01 Mar 2030 16:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(read("soon"), None);
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
