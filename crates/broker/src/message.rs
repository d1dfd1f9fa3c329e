//! What a message says.

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};
use uuid::Uuid;

const REQUEST_ID: &str = "request_id";
/// A message that is on disk before it is confirmed.
const PERSISTENT: u8 = 2;

/// There is a job to do. On the wire the body is the id's 36 characters; the request on whose behalf it was asked for
/// is the header `request_id`, for whoever looks at the queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobMessage {
    /// Which job.
    pub job: Uuid,
    /// On whose behalf.
    pub request_id: Option<String>,
}

impl JobMessage {
    pub(crate) fn body(&self) -> String {
        self.job.to_string()
    }

    pub(crate) fn properties(&self) -> BasicProperties {
        let properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
        let Some(request_id) = &self.request_id else { return properties };
        let mut headers = FieldTable::default();
        headers.insert(REQUEST_ID.into(), AMQPValue::LongString(request_id.as_str().into()));
        properties.with_headers(headers)
    }

    /// The job that a message is about; none for a message that is no such.
    pub(crate) fn job_of(body: &[u8]) -> Option<Uuid> {
        Uuid::try_parse_ascii(body).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_tells_its_job() {
        let message = JobMessage { job: Uuid::from_u128(7), request_id: Some("r-1".to_owned()) };
        assert_eq!(JobMessage::job_of(message.body().as_bytes()), Some(message.job));
        assert!(
            message.properties().headers().as_ref().is_some_and(|headers| headers.contains_key(REQUEST_ID))
        );
        for poison in ["", "job", "{\"job\":1}", "00000000-0000-0000-0000-00000000000g"] {
            assert_eq!(JobMessage::job_of(poison.as_bytes()), None, "{poison}");
        }
    }
}
