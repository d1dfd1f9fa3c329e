//! How an order is shown to those who have to do with it.

use chrono::{DateTime, Utc};
use kernel::{Actor, Currency, Money, UserId};
use market::lifecycle::open_actions;
use market::{Action, Order, OrderLine, Role, ShipTo};
use outbox::FeedEvent;
use paperclip::actix::Apiv2Schema;
use serde::Serialize;
use uuid::Uuid;

use crate::wire::{MoneyView, quantity_text};

/// An order.
#[derive(Debug, Serialize, Apiv2Schema)]
pub(crate) struct OrderView {
    /// The order's id.
    id: Uuid,
    /// What people call it, such as `7K2QX-M40TB`.
    number: String,
    /// The checkout that made it.
    checkout_id: Uuid,
    /// Who bought it; absent for a guest.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<Uuid>,
    /// The guest who bought it, for themselves and for admins.
    #[serde(skip_serializing_if = "Option::is_none")]
    guest_email: Option<String>,
    /// One of `pickup` or `ship`.
    fulfilment: String,
    /// One of `CREATED`, `AWAITING_PICKUP_SCHEDULING`, `SCHEDULED`, `COMPLETE`, `CANCELLED`, `PENDING`, `PROCESSING`,
    /// `SHIPPED`, `DELIVERED` or `CANCELED`: the first five for pickup, the others for shipping.
    status: String,
    /// What you are to it. One of `customer`, `vendor` or `admin`; a guest is a customer.
    role: String,
    /// What you may do with it now. Any of `pay`, `schedule`, `complete`, `ship`, `deliver`, `cancel`.
    actions: Vec<String>,
    /// Its lines; a vendor sees their own.
    lines: Vec<OrderLineView>,
    /// The sum of the lines shown.
    total: MoneyView,
    /// The chosen center.
    #[serde(skip_serializing_if = "Option::is_none")]
    center_id: Option<Uuid>,
    /// When the goods are picked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pickup: Option<PickupView>,
    /// Where the goods are shipped to.
    #[serde(skip_serializing_if = "Option::is_none")]
    ship_to: Option<ShipToView>,
    /// The carrier's reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_reference: Option<String>,
    /// The reference of the simulated payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    mock_payment_reference: Option<String>,
    /// Until when it must be paid; its stock is held until then.
    pay_by: DateTime<Utc>,
    /// When it was paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_at: Option<DateTime<Utc>>,
    /// Why it was called off.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_reason: Option<String>,
    /// When it was placed.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// A line of an order, as it was at checkout.
#[derive(Debug, Serialize, Apiv2Schema)]
struct OrderLineView {
    /// The line's id.
    id: Uuid,
    /// What was bought.
    offering_id: Uuid,
    /// From whom.
    vendor_id: Uuid,
    /// Its title then.
    title: String,
    /// The unit of price and quantity. One of `each`, `gram`, `lb` or `bundle`.
    unit: String,
    /// How much: a decimal number.
    quantity: String,
    /// The price of one unit then.
    unit_price: MoneyView,
    /// Price times quantity.
    total: MoneyView,
}

/// From when to when.
#[derive(Debug, Serialize, Apiv2Schema)]
struct PickupView {
    /// The first instant.
    starts_at: DateTime<Utc>,
    /// The first instant after it.
    ends_at: DateTime<Utc>,
}

/// A postal address.
#[derive(Debug, Serialize, Apiv2Schema)]
struct ShipToView {
    /// Who receives it.
    name: String,
    /// Street and number.
    line1: String,
    /// More of the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    line2: Option<String>,
    /// The city.
    city: String,
    /// The state.
    state: String,
    /// The postal code.
    postal_code: String,
    /// ISO 3166-1 alpha-2.
    country: String,
}

/// Something that happened to an order.
#[derive(Debug, Serialize, Apiv2Schema)]
pub(super) struct OrderEventView {
    /// Such as `order.paid`.
    kind: String,
    /// The state before; absent for the first, and where the state stayed as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// The state after.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// Who did it. One of `user`, `guest` or `system`; the last is the platform.
    actor: String,
    /// The user who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<Uuid>,
    /// When.
    occurred_at: DateTime<Utc>,
}

impl OrderView {
    /// For its customer.
    pub(crate) fn for_customer(order: Order) -> Self {
        Self::of(order, Role::Customer, None)
    }

    /// For a vendor: only the lines they sell.
    pub(crate) fn for_vendor(order: Order, vendor: UserId) -> Self {
        Self::of(order, Role::Vendor, Some(vendor))
    }

    /// For whoever has this role; `viewer` is none for a guest.
    pub(super) fn for_role(order: Order, role: Role, viewer: Option<UserId>) -> Self {
        let only = viewer.filter(|_| role == Role::Vendor);
        Self::of(order, role, only)
    }

    fn of(order: Order, role: Role, only: Option<UserId>) -> Self {
        let mut actions = open_actions(order.fulfilment, order.status, role);
        if only.is_some_and(|vendor| !order.is_only_of(vendor)) {
            // It would be refused: the others' lines are in the order too.
            actions.retain(|action| *action != Action::Cancel);
        }
        let lines: Vec<OrderLine> = order
            .lines
            .into_iter()
            .filter(|line| only.is_none_or(|vendor| line.vendor_id == vendor))
            .collect();
        let guest_email = order.buyer.guest().map(|guest| guest.email.clone());
        let amount = lines.iter().map(|line| line.total.amount).sum();
        Self {
            id: order.id.0,
            number: order.number,
            checkout_id: order.checkout_id.0,
            customer_id: order.buyer.customer().map(|customer| customer.0),
            guest_email: guest_email.filter(|_| role != Role::Vendor),
            fulfilment: order.fulfilment.as_str().to_owned(),
            status: order.status.as_str().to_owned(),
            role: role_word(role).to_owned(),
            actions: actions.into_iter().map(|action| action.as_str().to_owned()).collect(),
            total: Money::new(amount, Currency::Usd).into(),
            lines: lines.into_iter().map(OrderLineView::from).collect(),
            center_id: order.center_id.map(|center| center.0),
            pickup: order.pickup.map(|range| PickupView { starts_at: range.start(), ends_at: range.end() }),
            ship_to: order.ship_to.map(ShipToView::from),
            tracking_reference: order.tracking_reference,
            mock_payment_reference: order.mock_payment_reference.filter(|_| role != Role::Vendor),
            pay_by: order.pay_by,
            paid_at: order.paid_at,
            cancel_reason: order.cancel_reason,
            created_at: order.created_at,
            updated_at: order.updated_at,
        }
    }
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Customer => "customer",
        Role::Vendor => "vendor",
        Role::Admin | Role::System => "admin",
    }
}

impl From<OrderLine> for OrderLineView {
    fn from(line: OrderLine) -> Self {
        Self {
            id: line.id.0,
            offering_id: line.offering_id.0,
            vendor_id: line.vendor_id.0,
            title: line.title,
            unit: line.unit,
            quantity: quantity_text(line.quantity),
            unit_price: line.unit_price.into(),
            total: line.total.into(),
        }
    }
}

impl From<ShipTo> for ShipToView {
    fn from(to: ShipTo) -> Self {
        let ShipTo { name, line1, line2, city, state, postal_code, country } = to;
        Self { name, line1, line2, city, state, postal_code, country }
    }
}

impl From<FeedEvent> for OrderEventView {
    fn from(event: FeedEvent) -> Self {
        let word = |key: &str| event.data[key].as_str().map(ToOwned::to_owned);
        Self {
            from: word("from"),
            to: word("to"),
            actor: match event.actor {
                Actor::User { .. } => "user",
                Actor::Guest => "guest",
                Actor::System => "system",
            }
            .to_owned(),
            actor_id: event.actor.user().map(|user| user.0),
            occurred_at: event.occurred_at,
            kind: event.kind,
        }
    }
}
