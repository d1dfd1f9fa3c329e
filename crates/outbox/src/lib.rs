//! Everything that happens because of a transaction, recorded in that transaction: jobs to run
//! later, facts for the ordered event feed, and the answers of idempotent requests.
//!
//! Invariants:
//! - a job, an event and an idempotency record exist if and only if the effect they belong to does;
//! - the feed has one gapless order: a reader that remembers the last position it saw misses nothing
//!   and sees nothing twice, however late a writer commits;
//! - a job runs at least once, a subscriber's effect on the database exactly once.
//!
//! The [`Runner`] executes jobs, subscribers and periodic jobs in process. A dispatcher of another
//! kind uses the same [`Registry`].

mod attempt;
mod check;
mod event;
mod feed;
mod idempotency;
mod job;
mod origin;
mod registry;
mod runner;
mod schema;
mod setback;
mod store;

pub use check::{CHECKS, check, is_settled, repair, rerun_dead_jobs};
pub use event::{Event, emit, emit_all};
pub use feed::{FeedEvent, read, sequence, timeline};
pub use idempotency::{
    Begin, IdempotencyError, IdempotentRequest, StoredAnswer, begin, purge_idempotency, record,
};
pub use job::{Job, LEASE, RetryPolicy, enqueue, enqueue_all, enqueue_at, purge_jobs};
pub use origin::{current_request_id, noticing_work, with_request_id};
pub use registry::{HandlerError, Registry, Services};
pub use runner::{Backlog, Runner};
