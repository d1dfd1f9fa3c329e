//! What handlers take: each extractor refuses with a [`Problem`](crate::Problem) that names the field, and documents
//! itself in the OpenAPI document.

mod body;
mod cart_token;
mod header;
mod idempotency;
mod params;
mod path;
mod preconditions;
mod principal;
mod serde_message;
mod state;
mod user_agent;

pub use body::{BODY_LIMIT, Body};
pub use cart_token::CartToken;
pub use idempotency::{Idempotency, RequiredIdempotency};
pub use params::Params;
pub(crate) use params::pairs;
pub use path::{Id, IdAndName, Ids, Segment};
pub(crate) use preconditions::is_among;
pub use preconditions::{IfMatch, IfNoneMatch, etag, etag_of};
pub(crate) use principal::identify;
pub use principal::{MaybePrincipal, Principal, TokenRefused, TokenVerifier};
pub use user_agent::UserAgent;
