//! What may happen to an order: pure.
//!
//! | fulfilment | from | action | who | to |
//! |---|---|---|---|---|
//! | pickup | CREATED | pay | customer, admin | `AWAITING_PICKUP_SCHEDULING` |
//! | pickup | `AWAITING_PICKUP_SCHEDULING`, SCHEDULED | schedule | customer, admin | SCHEDULED |
//! | pickup | SCHEDULED | complete | vendor, admin | COMPLETE |
//! | pickup | all but COMPLETE | cancel | customer, vendor, admin | CANCELLED |
//! | pickup | CREATED | expire | the platform | CANCELLED |
//! | ship | PENDING | pay | customer, admin | PROCESSING |
//! | ship | PROCESSING | ship | vendor, admin | SHIPPED |
//! | ship | SHIPPED | deliver | vendor, admin | DELIVERED |
//! | ship | PENDING, PROCESSING | cancel | customer, vendor, admin | CANCELED |
//! | ship | PENDING | expire | the platform | CANCELED |
//!
//! Asking again for what has just happened changes nothing and is no error.

use crate::{Fulfilment, OrderStatus};

/// What somebody wants to do with an order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// Pay for it. Effect: the held stock is sold.
    Pay,
    /// Choose, or change, center and pickup window. Effect: takes a place in the window.
    Schedule,
    /// Hand it over.
    Complete,
    /// Give it to the carrier.
    Ship,
    /// Confirm its arrival.
    Deliver,
    /// Call it off. Effect: stock and pickup place are given back.
    Cancel,
    /// Give up waiting for the payment. Effect: the held stock is given back.
    Expire,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 7] =
        [Self::Pay, Self::Schedule, Self::Complete, Self::Ship, Self::Deliver, Self::Cancel, Self::Expire];

    /// The word for people and for problem documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pay => "pay",
            Self::Schedule => "schedule",
            Self::Complete => "complete",
            Self::Ship => "ship",
            Self::Deliver => "deliver",
            Self::Cancel => "cancel",
            Self::Expire => "expire",
        }
    }

    /// The event's kind that tells of it.
    #[must_use]
    pub fn event_kind(self) -> &'static str {
        match self {
            Self::Pay => "order.paid",
            Self::Schedule => "order.scheduled",
            Self::Complete => "order.completed",
            Self::Ship => "order.shipped",
            Self::Deliver => "order.delivered",
            Self::Cancel => "order.cancelled",
            Self::Expire => "order.expired",
        }
    }

    fn is_open_to(self, role: Role) -> bool {
        match (self, role) {
            (Self::Expire, role) => role == Role::System,
            (_, Role::System) => false,
            (_, Role::Admin) | (Self::Cancel, _) => true,
            (Self::Pay | Self::Schedule, role) => role == Role::Customer,
            (Self::Complete | Self::Ship | Self::Deliver, role) => role == Role::Vendor,
        }
    }
}

/// What somebody is to an order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// Who bought it.
    Customer,
    /// Who sells at least one of its lines.
    Vendor,
    /// Who runs the platform.
    Admin,
    /// The platform itself.
    System,
}

/// Why something may not happen to an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// The order is not where it would have to be.
    #[error("an order that is {} cannot be asked to {}", .from.as_str(), .action.as_str())]
    WrongState {
        /// Where it is.
        from: OrderStatus,
        /// What was asked.
        action: Action,
    },
    /// Somebody else may do this, not the caller.
    #[error("this is not for the caller to {}", .action.as_str())]
    NotYours {
        /// What was asked.
        action: Action,
    },
}

/// Where the order goes; the same state for a repetition of what has happened.
///
/// # Errors
/// [`Refusal::NotYours`] before [`Refusal::WrongState`].
pub fn next(
    fulfilment: Fulfilment,
    from: OrderStatus,
    action: Action,
    role: Role,
) -> Result<OrderStatus, Refusal> {
    use OrderStatus::{
        AwaitingPickupScheduling, Canceled, Cancelled, Complete, Created, Delivered, Pending, Processing,
        Scheduled, Shipped,
    };
    if !action.is_open_to(role) {
        return Err(Refusal::NotYours { action });
    }
    let to = match (fulfilment, action, from) {
        (Fulfilment::Pickup, Action::Pay, Created | AwaitingPickupScheduling) => AwaitingPickupScheduling,
        // A scheduled order has been paid: asking to pay again changes nothing.
        (Fulfilment::Pickup, Action::Pay | Action::Schedule, Scheduled)
        | (Fulfilment::Pickup, Action::Schedule, AwaitingPickupScheduling) => Scheduled,
        (Fulfilment::Pickup, Action::Complete, Scheduled | Complete) => Complete,
        (Fulfilment::Pickup, Action::Cancel, Created | AwaitingPickupScheduling | Scheduled | Cancelled)
        | (Fulfilment::Pickup, Action::Expire, Created | Cancelled) => Cancelled,
        (Fulfilment::Ship, Action::Pay, Pending | Processing) => Processing,
        (Fulfilment::Ship, Action::Ship, Processing | Shipped) => Shipped,
        (Fulfilment::Ship, Action::Deliver, Shipped | Delivered) => Delivered,
        (Fulfilment::Ship, Action::Cancel, Pending | Processing | Canceled)
        | (Fulfilment::Ship, Action::Expire, Pending | Canceled) => Canceled,
        _ => return Err(Refusal::WrongState { from, action }),
    };
    Ok(to)
}

/// What the role may do with the order next, for a client's buttons.
#[must_use]
pub fn open_actions(fulfilment: Fulfilment, from: OrderStatus, role: Role) -> Vec<Action> {
    let changes = |action: &Action| match next(fulfilment, from, *action, role) {
        Ok(to) => to != from || *action == Action::Schedule,
        Err(_) => false,
    };
    Action::ALL.into_iter().filter(changes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PICKUP: Fulfilment = Fulfilment::Pickup;
    const SHIP: Fulfilment = Fulfilment::Ship;

    fn states_of(fulfilment: Fulfilment) -> &'static [OrderStatus] {
        match fulfilment {
            Fulfilment::Pickup => &OrderStatus::ALL[..5],
            Fulfilment::Ship => &OrderStatus::ALL[5..],
        }
    }

    #[test]
    fn a_pickup_order_is_paid_scheduled_and_handed_over() {
        let mut at = OrderStatus::Created;
        for (action, role) in [
            (Action::Pay, Role::Customer),
            (Action::Schedule, Role::Customer),
            (Action::Complete, Role::Vendor),
        ] {
            at = next(PICKUP, at, action, role).unwrap();
        }
        assert_eq!(at, OrderStatus::Complete);
    }

    #[test]
    fn a_shipped_order_is_not_called_off() {
        for from in [OrderStatus::Shipped, OrderStatus::Delivered] {
            let refusal = next(SHIP, from, Action::Cancel, Role::Admin);
            assert_eq!(refusal, Err(Refusal::WrongState { from, action: Action::Cancel }));
        }
    }

    #[test]
    fn customers_do_not_ship_and_vendors_do_not_pay() {
        let ship = next(SHIP, OrderStatus::Processing, Action::Ship, Role::Customer);
        assert_eq!(ship, Err(Refusal::NotYours { action: Action::Ship }));
        let pay = next(SHIP, OrderStatus::Pending, Action::Pay, Role::Vendor);
        assert_eq!(pay, Err(Refusal::NotYours { action: Action::Pay }));
        assert!(next(PICKUP, OrderStatus::Created, Action::Expire, Role::Admin).is_err());
    }

    #[test]
    fn no_action_leaves_the_states_of_the_fulfilment_and_repeating_changes_nothing() {
        for fulfilment in [PICKUP, SHIP] {
            for &from in states_of(fulfilment) {
                for action in Action::ALL {
                    for role in [Role::Customer, Role::Vendor, Role::Admin, Role::System] {
                        let Ok(to) = next(fulfilment, from, action, role) else { continue };
                        assert!(states_of(fulfilment).contains(&to));
                        assert_eq!(next(fulfilment, to, action, role), Ok(to), "{from:?} {action:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn an_end_is_an_end() {
        for (fulfilment, end) in [
            (PICKUP, OrderStatus::Complete),
            (PICKUP, OrderStatus::Cancelled),
            (SHIP, OrderStatus::Delivered),
            (SHIP, OrderStatus::Canceled),
        ] {
            for role in [Role::Customer, Role::Vendor, Role::Admin, Role::System] {
                assert_eq!(open_actions(fulfilment, end, role), []);
            }
        }
    }
}
