//! What a message says.

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};
use uuid::Uuid;

const REQUEST_ID: &str = "request_id";
/// As W3C Trace Context calls it in every protocol.
const TRACE_PARENT: &str = "traceparent";
/// A message that is on disk before it is confirmed.
const PERSISTENT: u8 = 2;

/// There is a job to do. On the wire the body is the id's 36 characters; the request on whose behalf it was asked for
/// is the header `request_id`, and the work that asked for it the header `traceparent`, for whoever looks at the queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobMessage {
    /// Which job.
    pub job: Uuid,
    /// On whose behalf.
    pub request_id: Option<String>,
    /// What asked for it.
    pub trace_parent: Option<String>,
}

impl JobMessage {
    pub(crate) fn body(&self) -> String {
        self.job.to_string()
    }

    pub(crate) fn properties(&self) -> BasicProperties {
        let mut headers = FieldTable::default();
        for (name, value) in [(REQUEST_ID, &self.request_id), (TRACE_PARENT, &self.trace_parent)] {
            if let Some(value) = value {
                headers.insert(name.into(), AMQPValue::LongString(value.as_str().into()));
            }
        }
        BasicProperties::default().with_delivery_mode(PERSISTENT).with_headers(headers)
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
        let (request_id, trace_parent) = (Some("r-1".to_owned()), Some("00-7-1-00".to_owned()));
        let message = JobMessage { job: Uuid::from_u128(7), request_id, trace_parent };
        assert_eq!(JobMessage::job_of(message.body().as_bytes()), Some(message.job));
        let properties = message.properties();
        let headers = properties.headers().as_ref().unwrap();
        assert!(headers.contains_key("request_id") && headers.contains_key("traceparent"), "{headers:?}");
        for poison in ["", "job", "{\"job\":1}", "00000000-0000-0000-0000-00000000000g"] {
            assert_eq!(JobMessage::job_of(poison.as_bytes()), None, "{poison}");
        }
    }
}
