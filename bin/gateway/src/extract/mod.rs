//! What handlers take: each extractor refuses with a [`Problem`](crate::Problem) that names the field, and documents
//! itself in the OpenAPI document.

mod body;
mod cart_token;
mod file;
mod header;
mod idempotency;
mod order_token;
mod params;
mod path;
mod preconditions;
mod principal;
mod serde_message;
mod state;
mod strict;
mod user_agent;

pub use body::Body;
pub use cart_token::{CartToken, RequiredCartToken};
pub use file::PictureFile;
pub use idempotency::{Idempotency, RequiredIdempotency};
pub use order_token::{Asker, Claimant};
pub use params::Params;
pub(crate) use params::pairs;
pub use path::{Id, IdAndName, Ids, Segment};
pub(crate) use preconditions::is_among;
pub use preconditions::{IfMatch, IfNoneMatch, etag, etag_of};
pub(crate) use principal::identify;
pub use principal::{MaybePrincipal, Principal, TokenRefused, TokenVerifier};
pub(crate) use strict::NULLABLE;
pub use user_agent::UserAgent;
