//! Conditional requests (RFC 9110, section 13). A resource's entity tag is `"v<version>"`, the version being the
//! number that every change of its row increments. Where a view also shows what that number does not count, such as
//! stock, its tag is `"v<version>.<digest>"`: what is shown decides a 304, the version alone an `If-Match`.

use std::future::{Ready, ready};
use std::hash::{DefaultHasher, Hasher};

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH};
use actix_web::{FromRequest, HttpRequest};
use paperclip::actix::OperationModifier;
use paperclip::v2::models::DefaultOperationRaw;
use paperclip::v2::schema::Apiv2Schema;
use serde::Serialize;

use super::header;
use crate::{Problem, ProblemKind};

/// The entity tag of a version.
pub fn etag(version: impl Into<i64>) -> String {
    format!("\"v{}\"", version.into())
}

/// The entity tag of a version together with everything that is shown.
pub fn etag_of(version: impl Into<i64>, shown: &impl Serialize) -> String {
    let mut digest = DefaultHasher::new();
    // What does not serialize is never shown either.
    digest.write(&serde_json::to_vec(shown).unwrap_or_default());
    format!("\"v{}.{:016x}\"", version.into(), digest.finish())
}

/// The version that a tag of ours names.
fn version_of(tag: &str) -> Option<i64> {
    let named = tag.strip_prefix("\"v")?.strip_suffix('"')?;
    named.split_once('.').map_or(named, |(version, _shown)| version).parse().ok()
}

/// The version that the caller means to change: required, 428 without it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IfMatch(Vec<String>);

/// The version that the caller has: an [`Answer`](crate::Answer) with that entity tag becomes a 304. Taking it as an
/// argument only documents the header; the answer reads the request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IfNoneMatch(Vec<String>);

impl IfMatch {
    /// Refuses with 412 unless the caller named `version`. Call it after the row is locked, so that the version is
    /// still the present one when the change commits.
    pub fn check(&self, version: impl Into<i64>) -> Result<(), Problem> {
        let version = version.into();
        // Strong comparison: a weak tag never matches.
        if self.0.iter().any(|tag| tag == "*" || version_of(tag) == Some(version)) {
            return Ok(());
        }
        let detail = format!("the present version is {}", etag(version));
        Err(Problem::new(ProblemKind::PreconditionFailed).detail(detail))
    }

    /// The one version that the caller named; none for `*`, several or a tag that is not ours. For a service that
    /// takes the expected version as a plain value.
    #[must_use]
    pub fn version(&self) -> Option<i64> {
        match self.0.as_slice() {
            [tag] => version_of(tag),
            _ => None,
        }
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let tags = tags(request.headers(), &IF_MATCH);
        let missing = || {
            Problem::new(ProblemKind::PreconditionRequired)
                .detail("send If-Match with the ETag of the version that you mean to change")
        };
        ready(if tags.is_empty() { Err(missing()) } else { Ok(Self(tags)) })
    }
}

impl FromRequest for IfNoneMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Ok(Self(tags(request.headers(), &IF_NONE_MATCH))))
    }
}

/// Whether `If-None-Match` names `tag`, by weak comparison.
pub(crate) fn is_among(headers: &HeaderMap, tag: &str) -> bool {
    tags(headers, &IF_NONE_MATCH).iter().any(|other| other == "*" || other.trim_start_matches("W/") == tag)
}

/// Our tags hold no commas, so a plain split reads every list that can match.
fn tags(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let values = headers.get_all(name).filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .map(|tag| tag.trim().to_owned())
        .filter(|tag| !tag.is_empty())
        .collect()
}

impl Apiv2Schema for IfMatch {}

impl OperationModifier for IfMatch {
    fn update_parameter(op: &mut DefaultOperationRaw) {
        header::document(op, "If-Match", true, "The `ETag` of the version that you mean to change.");
    }
}

impl Apiv2Schema for IfNoneMatch {}

impl OperationModifier for IfNoneMatch {
    fn update_parameter(op: &mut DefaultOperationRaw) {
        header::document(
            op,
            "If-None-Match",
            false,
            "The `ETag` that you have: 304 when it is still current.",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_present_version_passes() {
        let named = |tags: &[&str]| IfMatch(tags.iter().map(ToString::to_string).collect());
        assert!(named(&["\"v3\""]).check(3).is_ok());
        assert!(named(&["\"v1\"", "\"v3\""]).check(3).is_ok());
        assert!(named(&["*"]).check(3).is_ok());
        assert!(named(&["\"v3.0123456789abcdef\""]).check(3).is_ok(), "stock is no version");
        for stale in ["\"v2\"", "\"v2.3\"", "W/\"v3\"", "v3", "3"] {
            assert_eq!(
                named(&[stale]).check(3).unwrap_err().kind(),
                ProblemKind::PreconditionFailed,
                "{stale}"
            );
        }
        assert_eq!(named(&["\"v7\""]).version(), Some(7));
        assert_eq!(named(&["*"]).version(), None);
    }
}
