//! The words every crate of the product shares: ids, money, quantities, time, paging and the
//! shape of bad input.
//!
//! Architecture invariant: no I/O. Diesel appears only to say how an id, a quantity or an amount is
//! stored in a column; nothing here opens a connection, reads a setting or asks the system's clock
//! except [`clock::SystemClock`].

mod actor;
mod clock;
mod cursor;
mod id;
mod invalid;
mod money;
mod page;
mod quantity;
mod text;
mod time_range;

pub use actor::Actor;
pub use clock::{Clock, ManualClock, SystemClock};
pub use cursor::{CursorError, CursorKey};
pub use id::{
    AddressId, CartId, CartLineId, CategoryId, CenterId, CheckoutId, HoldId, ImageId, JobId, MessageId,
    NotificationId, OfferingId, OrderId, OrderLineId, PictureId, PlantId, PoolId, PostId, ProofId, ReportId,
    SessionId, UploadId, UserId,
};
pub use invalid::{FieldError, Fields, Invalid, InvalidCode};
pub use money::{Currency, Money, MoneyError};
pub use page::{Limit, NewestKey, Page};
pub use quantity::{Quantity, QuantityError};
pub use text::{Slug, TextRule};
pub use time_range::{TimeRange, TimeRangeError};
