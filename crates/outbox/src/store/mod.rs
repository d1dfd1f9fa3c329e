//! Every query of the outbox.

pub(crate) mod check;
mod events;
mod idempotency;
mod jobs;
mod operate;

pub(crate) use events::{
    advance_subscription, fail_subscription, has_unsequenced_events, insert_events, insert_subscription,
    list_events_after, list_events_of, list_subscriptions_behind, lock_sequence, lock_subscription,
    newest_position, number_visible_events,
};
pub(crate) use idempotency::{claim_key, delete_idempotency_records, load_answer, store_answer};
pub use jobs::LeasedJob;
pub(crate) use jobs::{
    Lease, claim_schedule, delete_done_jobs, end_jobs, finish_job, insert_jobs, insert_schedule,
    lease_due_jobs, lease_jobs, list_due_schedules, load_backlog, put_back_jobs, release_lost_jobs,
    renew_lease, take_due_jobs,
};
pub(crate) use operate::{find_job, list_jobs, requeue_dead_jobs, requeue_job};
