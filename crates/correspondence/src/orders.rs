//! What happens to orders, for whoever bought and for those who sell.

use std::collections::{BTreeSet, HashMap};

use accounts::Contact;
use db::Conn;
use kernel::{Actor, Currency, Money, OrderId, UserId};
use market::{Buyer, Fulfilment, MarketError, Order, OrderLine};
use notifications::{CancelledBy, Content, Handover, Line, LocalWindow, Notice, Pickup, Recipient, Tracking};
use url::Url;

use crate::fact::{Fact, place, recipient, usual_time};
use crate::{CorrespondenceError, Pages, reminders};

/// An order with all that is said about it.
pub(crate) struct Story {
    pub order: Order,
    /// Those who sell in it and, unless it was a guest, who bought.
    contacts: HashMap<UserId, Contact>,
    /// Where and when it is picked up, once that is arranged.
    pub pickup: Option<Pickup>,
}

pub(crate) async fn notices(tx: &mut Conn, fact: Fact<'_>) -> Result<Vec<Notice>, CorrespondenceError> {
    let is_told = matches!(
        fact.event.kind.as_str(),
        "order.placed"
            | "order.paid"
            | "order.scheduled"
            | "order.shipped"
            | "order.delivered"
            | "order.completed"
            | "order.cancelled"
            | "order.expired"
    );
    if !is_told {
        return Ok(Vec::new());
    }
    let Some(story) = Story::read(tx, OrderId(fact.event.subject_id)).await? else { return Ok(Vec::new()) };
    if fact.event.kind == "order.scheduled" {
        reminders::plan(tx, fact.now, &story).await?;
    }
    let mut notices = Vec::new();
    if let (Some(buyer), Some(content)) = (story.buyer(), to_buyer(&story, fact)) {
        notices.push(fact.notice(buyer, content));
    }
    for vendor in vendors(&story.order) {
        if let (Some(contact), Some(content)) = (story.contacts.get(&vendor), to_vendor(&story, fact, vendor))
        {
            notices.push(fact.notice(recipient(vendor, contact), content));
        }
    }
    Ok(notices)
}

impl Story {
    /// Reads it, in as many statements for a line as for many; none where there is no such order.
    pub(crate) async fn read(tx: &mut Conn, id: OrderId) -> Result<Option<Self>, CorrespondenceError> {
        let order = match market::find_order(tx, id).await {
            Ok(order) => order,
            Err(MarketError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let people: Vec<UserId> = vendors(&order).into_iter().chain(order.buyer.customer()).collect();
        let contacts = accounts::contacts(tx, &people).await?;
        let pickup = match order.center_id.zip(order.pickup) {
            Some((center, window)) => logistics::find_center(tx, center).await?.map(|center| Pickup {
                center: place(&center),
                window: LocalWindow { starts: window.start(), ends: window.end(), zone: center.time_zone },
            }),
            None => None,
        };
        Ok(Some(Self { order, contacts, pickup }))
    }

    /// Who bought it.
    pub(crate) fn buyer(&self) -> Option<Recipient> {
        match &self.order.buyer {
            Buyer::Customer(user) => self.contacts.get(user).map(|contact| recipient(*user, contact)),
            Buyer::Guest(guest) => Some(Recipient {
                user_id: None,
                email: guest.email.clone(),
                display_name: self.order.ship_to.as_ref().map(|to| to.name.clone()).unwrap_or_default(),
                phone: None,
            }),
        }
    }

    /// The whole order. A guest's link has no token: only they have the secret that it is made of.
    pub(crate) fn whole(&self, pages: &Pages) -> notifications::Order {
        self.part(&self.order.lines.iter().collect::<Vec<_>>(), self.order.total, pages.order(self.order.id))
    }

    /// A vendor's part of the order.
    fn part_of(&self, vendor: UserId, pages: &Pages) -> notifications::Order {
        let lines: Vec<&OrderLine> =
            self.order.lines.iter().filter(|line| line.vendor_id == vendor).collect();
        // What is part of a sum that is an amount is one.
        let total =
            Money::sum(lines.iter().map(|line| line.total), Currency::Usd).unwrap_or(self.order.total);
        self.part(&lines, total, pages.sale(self.order.id))
    }

    fn part(&self, lines: &[&OrderLine], total: Money, link: Url) -> notifications::Order {
        let mut shops: Vec<String> = Vec::new();
        for line in lines {
            let shop = self.contacts.get(&line.vendor_id).and_then(|contact| contact.shop.as_ref());
            shops.extend(shop.filter(|shop| !shops.contains(shop)).cloned());
        }
        let shown = |line: &&OrderLine| Line {
            title: line.title.clone(),
            quantity: match line.unit.as_str() {
                "each" => line.quantity.to_string(),
                unit => format!("{} {unit}", line.quantity),
            },
            total: line.total,
        };
        let lines = lines.iter().map(shown).collect();
        notifications::Order { number: self.order.number.clone(), shops, lines, total, link }
    }
}

fn to_buyer(story: &Story, fact: Fact<'_>) -> Option<Content> {
    let order = story.whole(fact.pages);
    Some(match fact.event.kind.as_str() {
        "order.placed" => {
            let pay_by = story.order.paid_at.is_none().then(|| usual_time(story.order.pay_by));
            Content::OrderPlaced { order, pay_by }
        }
        "order.paid" => {
            Content::OrderPaid { order, to_be_scheduled: story.order.fulfilment == Fulfilment::Pickup }
        }
        "order.scheduled" => Content::OrderScheduled { order, pickup: story.pickup.clone()? },
        "order.shipped" => {
            let tracking = story.order.tracking_reference.clone();
            Content::OrderShipped {
                order,
                tracking: tracking.map(|reference| Tracking { reference, link: None }),
            }
        }
        "order.delivered" => Content::OrderDelivered { order },
        "order.completed" => Content::OrderCompleted { order },
        "order.cancelled" | "order.expired" => cancelled(story, fact, order),
        _ => return None,
    })
}

/// Shipping, delivering and handing over are the vendor's own doing.
fn to_vendor(story: &Story, fact: Fact<'_>, vendor: UserId) -> Option<Content> {
    let order = story.part_of(vendor, fact.pages);
    let handover = match story.order.fulfilment {
        Fulfilment::Ship => Handover::Ship,
        Fulfilment::Pickup => Handover::Pickup,
    };
    Some(match fact.event.kind.as_str() {
        "order.placed" => Content::OrderReceived { order, handover },
        "order.paid" => Content::SalePaid { order, handover },
        "order.scheduled" => Content::SaleScheduled { order, pickup: story.pickup.clone()? },
        "order.cancelled" | "order.expired" => cancelled(story, fact, order),
        _ => return None,
    })
}

fn cancelled(story: &Story, fact: Fact<'_>, order: notifications::Order) -> Content {
    let by = cancelled_by(&story.order, fact);
    // That nobody paid is said by who cancelled.
    let reason = story.order.cancel_reason.clone().filter(|_why| by != CancelledBy::Unpaid);
    let refund = story.order.paid_at.map(|_paid| order.total);
    Content::OrderCancelled { order, by, reason, refund }
}

fn cancelled_by(order: &Order, fact: Fact<'_>) -> CancelledBy {
    match fact.event.actor {
        _ if fact.event.kind == "order.expired" => CancelledBy::Unpaid,
        Actor::Guest => CancelledBy::Buyer,
        Actor::User { id } if order.buyer.customer() == Some(id) => CancelledBy::Buyer,
        Actor::User { id } if order.has_vendor(id) => CancelledBy::Shop,
        Actor::User { .. } | Actor::System => CancelledBy::Platform,
    }
}

/// Those who sell in an order, each once.
fn vendors(order: &Order) -> BTreeSet<UserId> {
    order.lines.iter().map(|line| line.vendor_id).collect()
}
