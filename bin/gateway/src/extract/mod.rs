//! What handlers take: each extractor refuses with a [`Problem`](crate::Problem) that names the field, and documents
//! itself in the OpenAPI document.

mod body;
mod header;
mod idempotency;
mod params;
mod path;
mod preconditions;
mod principal;
mod serde_message;
mod state;

pub use body::{BODY_LIMIT, Body};
pub use idempotency::{Idempotency, RequiredIdempotency};
pub use params::Params;
pub(crate) use params::pairs;
pub use path::{Id, Ids, Segment};
pub(crate) use preconditions::is_among;
pub use preconditions::{IfMatch, IfNoneMatch, etag, etag_of};
pub(crate) use principal::identify;
pub use principal::{MaybePrincipal, NoTokens, Principal, TokenRefused, TokenVerifier};
