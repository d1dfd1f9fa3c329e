//! Reminding people of what they have arranged to pick up: in the morning of the day before, on the center's clocks.

use chrono::{DateTime, Utc};
use db::Conn;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use kernel::{CenterId, OrderId, TimeRange};
use market::OrderStatus;
use notifications::{Content, Notice};
use outbox::Job;
use serde::{Deserialize, Serialize};

use crate::orders::Story;
use crate::{CorrespondenceError, Pages};

/// When on the day before.
const HOUR: i8 = 9;

/// Reminds somebody of a pickup, unless it is arranged otherwise by then.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RemindOfPickup {
    /// The order.
    pub order_id: OrderId,
    /// The center that was chosen.
    pub center_id: CenterId,
    /// The beginning of the window that was chosen.
    pub starts: DateTime<Utc>,
}

impl Job for RemindOfPickup {
    const NAME: &'static str = "correspondence.remind_of_pickup";
}

/// Asks for the reminder of a pickup that was just arranged, unless it would come at once.
pub(crate) async fn plan(
    tx: &mut Conn,
    now: DateTime<Utc>,
    story: &Story,
) -> Result<(), CorrespondenceError> {
    let (Some(center_id), Some(pickup)) = (story.order.center_id, &story.pickup) else { return Ok(()) };
    let starts = pickup.window.starts;
    let Some(at) = the_day_before(starts, &pickup.window.zone).filter(|at| *at > now) else { return Ok(()) };
    let job = RemindOfPickup { order_id: story.order.id, center_id, starts };
    outbox::enqueue_at(tx, now, at, &job).await?;
    Ok(())
}

/// Reminds the buyer, once for each window.
pub(crate) async fn remind(
    tx: &mut Conn,
    now: DateTime<Utc>,
    pages: &Pages,
    job: RemindOfPickup,
) -> Result<(), CorrespondenceError> {
    let Some(story) = Story::read(tx, job.order_id).await? else { return Ok(()) };
    let chosen = story.order.center_id.zip(story.order.pickup.map(TimeRange::start));
    let is_as_it_was = chosen == Some((job.center_id, job.starts));
    if story.order.status != OrderStatus::Scheduled || !is_as_it_was || job.starts <= now {
        return Ok(());
    }
    let (Some(recipient), Some(pickup)) = (story.buyer(), story.pickup.clone()) else { return Ok(()) };
    let cause = format!("pickup:{}:{}:{}", job.order_id, job.center_id, job.starts.timestamp());
    let content = Content::PickupReminder { order: story.whole(pages), pickup };
    notifications::tell(tx, now, &Notice { cause, recipient, content }).await?;
    Ok(())
}

/// The morning of the day before, on the clocks of a zone; of one that nobody knows, in UTC.
fn the_day_before(starts: DateTime<Utc>, zone: &str) -> Option<DateTime<Utc>> {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let local: Zoned = Timestamp::from_second(starts.timestamp()).ok()?.to_zoned(zone.clone());
    let morning = local.date().yesterday().ok()?.at(HOUR, 0, 0, 0).to_zoned(zone).ok()?;
    DateTime::from_timestamp(morning.timestamp().as_second(), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reminder_comes_in_the_morning_of_the_day_before_where_the_center_is() {
        let before = |starts: &str, zone| the_day_before(starts.parse().unwrap(), zone).unwrap().to_rfc3339();
        assert_eq!(before("2030-03-02T16:00:00Z", "America/Denver"), "2030-03-01T16:00:00+00:00");
        // Early in the morning it is the day before already in London.
        assert_eq!(before("2030-03-02T03:00:00Z", "America/Denver"), "2030-02-28T16:00:00+00:00");
        // In the night between, the clocks go forward.
        assert_eq!(before("2030-03-10T18:00:00Z", "America/Denver"), "2030-03-09T16:00:00+00:00");
        assert_eq!(before("2030-03-02T16:00:00Z", "Mars/Olympus"), "2030-03-01T09:00:00+00:00");
    }
}
