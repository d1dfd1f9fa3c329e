//! Made-up content of every kind, for previews and tests.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Currency, Money};
use url::Url;

use super::{
    CancelledBy, Content, Handover, Line, LocalTime, LocalWindow, LowItem, Order, Pickup, Place, Tracking,
};
use crate::Kind;

/// Friday, 1 March 2030, 17:00 UTC.
pub(crate) const SAMPLE_TIME: DateTime<Utc> = match DateTime::from_timestamp(1_898_614_800, 0) {
    Some(time) => time,
    None => DateTime::UNIX_EPOCH,
};

impl Content {
    /// Content of a kind, the same each time.
    pub(crate) fn sample(kind: Kind) -> Self {
        match kind {
            Kind::Welcome => Self::Welcome { link: page("") },
            Kind::VerifyEmail => {
                Self::VerifyEmail { link: page("verify?token=c2FtcGxl"), proof: None, expires: in_hours(24) }
            }
            Kind::PasswordReset => {
                Self::PasswordReset { link: page("reset?token=c2FtcGxl"), proof: None, expires: in_hours(1) }
            }
            Kind::PasswordChanged => Self::PasswordChanged { at: in_hours(0), link: page("forgot") },
            Kind::OrderPlaced => Self::OrderPlaced { order: order(), pay_by: Some(in_hours(2)) },
            Kind::OrderPaid => Self::OrderPaid { order: order(), to_be_scheduled: true },
            Kind::OrderScheduled => Self::OrderScheduled { order: order(), pickup: pickup() },
            Kind::OrderShipped => Self::OrderShipped {
                order: order(),
                tracking: Some(Tracking {
                    reference: "9400 1000 0000 0000 0000 00".to_owned(),
                    link: Some(page("track/94001000")),
                }),
            },
            Kind::OrderDelivered => Self::OrderDelivered { order: order() },
            Kind::OrderCompleted => Self::OrderCompleted { order: order() },
            Kind::OrderCancelled => Self::OrderCancelled {
                order: order(),
                by: CancelledBy::Shop,
                reason: Some("The frost took the last of the chard.".to_owned()),
                refund: Some(usd(1_550)),
            },
            Kind::OrderReceived => Self::OrderReceived { order: order(), handover: Handover::Pickup },
            Kind::SalePaid => Self::SalePaid { order: order(), handover: Handover::Ship },
            Kind::SaleScheduled => Self::SaleScheduled { order: order(), pickup: pickup() },
            Kind::PickupReminder => Self::PickupReminder { order: order(), pickup: pickup() },
            Kind::CenterApproved => {
                Self::CenterApproved { center: center(), link: page("centers/north-boulder") }
            }
            Kind::CenterRejected => Self::CenterRejected {
                center: center(),
                reason: Some("There is no place to park.".to_owned()),
                link: page("centers/propose"),
            },
            Kind::LowStock => Self::LowStock {
                items: vec![low("Rainbow chard", "1.5 lb", "4 lb"), low("Stoneware mug, speckled", "2", "5")],
                link: page("sell/stock"),
            },
        }
    }
}

#[expect(clippy::expect_used, reason = "the texts above are links")]
fn page(path: &str) -> Url {
    format!("https://silkcart.example/{path}").parse().expect("a link")
}

fn in_hours(hours: i64) -> LocalTime {
    LocalTime { at: SAMPLE_TIME + TimeDelta::hours(hours), zone: "America/Denver".to_owned() }
}

fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::Usd)
}

fn order() -> Order {
    let line = |title: &str, quantity: &str, amount| Line {
        title: title.to_owned(),
        quantity: quantity.to_owned(),
        total: usd(amount),
    };
    Order {
        number: "SC-7K3M-2Q9P".to_owned(),
        shops: vec!["Green Acre".to_owned(), "Maria & Sons".to_owned()],
        lines: vec![
            line("Rainbow chard", "2.5 lb", 750),
            line("Heirloom tomato seeds <mixed>", "2 bundles", 800),
        ],
        total: usd(1_550),
        link: page("orders/SC-7K3M-2Q9P"),
    }
}

fn center() -> Place {
    Place { name: "North Boulder Commons".to_owned(), address: "1234 Broadway, Boulder, CO 80302".to_owned() }
}

fn pickup() -> Pickup {
    let starts = SAMPLE_TIME + TimeDelta::hours(24);
    let zone = "America/Denver".to_owned();
    Pickup { center: center(), window: LocalWindow { starts, ends: starts + TimeDelta::hours(2), zone } }
}

fn low(title: &str, left: &str, threshold: &str) -> LowItem {
    LowItem { title: title.to_owned(), left: left.to_owned(), threshold: Some(threshold.to_owned()) }
}
