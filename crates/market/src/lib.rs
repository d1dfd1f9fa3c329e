//! Carts and orders of goods.
//!
//! Owns what somebody means to buy (a cart, of a user or of a guest), what they have bought (orders,
//! made together by one checkout) and what may happen to an order. Capacity, people and places are not
//! its business: the process crate `checkout` brings them together.
//!
//! Invariants:
//! - an order has one fulfilment method and only that method's states ([`lifecycle`]);
//! - every change of state is one event with actor, from and to, written with the change;
//! - a line keeps title, unit and price as they were at checkout; the lines' totals sum to the order's,
//!   the orders' totals to the checkout's;
//! - an order belongs to an account or to a guest, never to both; a guest's is opened by its checkout's token,
//!   and knowing an id or an email address opens nothing;
//! - a cart holds an offering at most once.

mod buyer;
mod cart;
mod check;
mod error;
pub mod lifecycle;
mod model;
mod number;
mod schema;
mod service;
mod split;
mod store;

pub use buyer::{Buyer, GuestContact, ORDER_TOKEN_LIFETIME, OrderToken, PlacedBy};
pub use cart::{MergeChange, MergedLine, merge};
pub use check::{CHECKS, check};
pub use error::MarketError;
pub use lifecycle::{Action, Role};
pub use model::{
    Cart, CartHolder, CartLine, Checkout, Fulfilment, GuestToken, Order, OrderLine, OrderStatus, ShipTo,
};
pub use service::carts::{
    MOST_LINES, clear_cart, create_guest_cart, find_cart, forget_stale_carts, lock_cart, put_lines,
    remove_cart, remove_line, user_cart,
};
pub use service::guests::{claim_orders, open_with_token};
pub use service::orders::{
    OrderFigure, OrderFilter, PlacedOrder, find_order, find_orders, list_customer_orders, list_orders,
    list_vendor_orders, lock_order, order_figures, orders_of_checkout, place_orders, transition,
};
pub use split::{OrderPlan, PricedLine, split};
