//! Instants as people read them: on the clocks of a place.

use chrono::{DateTime, Utc};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

/// An instant on the clocks of a place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LocalTime {
    /// The instant.
    pub at: DateTime<Utc>,
    /// The IANA zone of the place, such as `America/Denver`. One that nobody knows shows the instant in UTC, and says
    /// so: a message that matters is not held up by it.
    pub zone: String,
}

/// A span of time on the clocks of a place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LocalWindow {
    /// The first instant.
    pub starts: DateTime<Utc>,
    /// The first instant after it.
    pub ends: DateTime<Utc>,
    /// See [`LocalTime::zone`].
    pub zone: String,
}

const DAY: &str = "%A, %B %-d, %Y";
const TIME: &str = "%-I:%M %p";
const TIME_AND_ZONE: &str = "%-I:%M %p %Z";
const SHORT_DAY: &str = "%a %b %-d";

impl LocalTime {
    /// Such as `Friday, March 1, 2030, 10:00 AM MST`.
    pub(crate) fn in_full(&self) -> String {
        let local = local(self.at, &self.zone);
        format!("{}, {}", local.strftime(DAY), local.strftime(TIME_AND_ZONE))
    }
}

impl LocalWindow {
    /// Such as `Friday, March 1, 2030, 10:00 AM to 12:00 PM MST`.
    pub(crate) fn in_full(&self) -> String {
        let (starts, ends) = (local(self.starts, &self.zone), local(self.ends, &self.zone));
        // Where the clocks change in between, each end has its own name of the zone.
        let same_clock = starts.offset() == ends.offset();
        let first = starts.strftime(if same_clock { TIME } else { TIME_AND_ZONE });
        let last = ends.strftime(TIME_AND_ZONE);
        let day = starts.strftime(DAY);
        if starts.date() == ends.date() {
            format!("{day}, {first} to {last}")
        } else {
            format!("{day}, {first} to {}, {last}", ends.strftime(DAY))
        }
    }

    /// Such as `Fri Mar 1, 10:00 AM to 12:00 PM MST`, for a telephone.
    pub(crate) fn in_short(&self) -> String {
        let (starts, ends) = (local(self.starts, &self.zone), local(self.ends, &self.zone));
        let (day, first, last) =
            (starts.strftime(SHORT_DAY), starts.strftime(TIME), ends.strftime(TIME_AND_ZONE));
        if starts.date() == ends.date() {
            format!("{day}, {first} to {last}")
        } else {
            format!("{day}, {first} to {}, {last}", ends.strftime(SHORT_DAY))
        }
    }
}

fn local(at: DateTime<Utc>, zone: &str) -> Zoned {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    Timestamp::from_microsecond(at.timestamp_micros()).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn window(starts: &str, ends: &str, zone: &str) -> LocalWindow {
        LocalWindow { starts: at(starts), ends: at(ends), zone: zone.to_owned() }
    }

    #[test]
    fn a_time_is_told_on_the_clocks_of_its_place() {
        let told = |zone: &str| LocalTime { at: at("2030-03-01T17:05:00Z"), zone: zone.to_owned() }.in_full();
        assert_eq!(told("America/Denver"), "Friday, March 1, 2030, 10:05 AM MST");
        assert_eq!(told("Pacific/Honolulu"), "Friday, March 1, 2030, 7:05 AM HST");
        assert_eq!(told("Mars/Olympus"), "Friday, March 1, 2030, 5:05 PM UTC");
    }

    #[test]
    fn a_window_says_no_more_than_it_must() {
        let day = window("2030-03-01T17:00:00Z", "2030-03-01T19:00:00Z", "America/Denver");
        assert_eq!(day.in_full(), "Friday, March 1, 2030, 10:00 AM to 12:00 PM MST");
        assert_eq!(day.in_short(), "Fri Mar 1, 10:00 AM to 12:00 PM MST");
        let night = window("2030-03-02T05:00:00Z", "2030-03-02T08:00:00Z", "America/Denver");
        let told = "Friday, March 1, 2030, 10:00 PM to Saturday, March 2, 2030, 1:00 AM MST";
        assert_eq!(night.in_full(), told);
        // The clocks go forward on 10 March 2030, at two in the morning.
        let changing = window("2030-03-10T08:00:00Z", "2030-03-10T10:00:00Z", "America/Denver");
        assert_eq!(changing.in_full(), "Sunday, March 10, 2030, 1:00 AM MST to 4:00 AM MDT");
    }
}
