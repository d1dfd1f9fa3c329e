//! Everything that happens because of a transaction, recorded in that transaction: jobs to run
//! later, facts for the ordered event feed, and the answers of idempotent requests.
//!
//! Invariants:
//! - a job, an event and an idempotency record exist if and only if the effect they belong to does;
//! - the feed has one gapless order: a reader that remembers the last position it saw misses nothing
//!   and sees nothing twice, however late a writer commits;
//! - a job runs at least once, a subscriber's effect on the database exactly once.
//!
//! The [`Executor`] does what a [`Registry`] knows. The [`Runner`] drives it within one process; a worker that is told
//! by a message broker what to do drives the same executor.

mod attempt;
mod backlog;
mod check;
mod dispatch;
mod event;
mod executor;
mod feed;
mod idempotency;
mod job;
mod operate;
mod origin;
mod outage;
mod patience;
mod recorder;
mod registry;
mod runner;
mod schedules;
mod schema;

mod store;
mod subscribers;
mod trace;
mod wake;

pub use backlog::{Backlog, backlog};

pub use check::{CHECKS, check, is_settled, repair};
pub use dispatch::{Dispatch, Due};
pub use event::{Event, emit, emit_all};
pub use executor::Executor;
pub use feed::{FeedEvent, newest, read, sequence, timeline};
pub use idempotency::{
    Begin, IdempotencyError, IdempotentRequest, StoredAnswer, begin, purge_idempotency, record,
};
pub use job::{Job, LEASE, RetryPolicy, enqueue, enqueue_all, enqueue_at, purge_jobs};
pub use operate::{JobFilter, JobRecord, JobState, find_job, list_jobs, rerun_dead_jobs, rerun_job};
pub use origin::{Origin, current_origin, current_request_id, noticing_work, with_origin};
pub use patience::Patience;
pub use registry::{HandlerError, NotBefore, Registry, Services};
pub use runner::Runner;
pub use store::LeasedJob;
pub use trace::{NotATraceParent, TraceParent};
pub use wake::{Listener, Waker};
