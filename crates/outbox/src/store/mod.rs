//! Every query of the outbox.

pub(crate) mod check;
mod events;
mod idempotency;
mod jobs;

pub(crate) use events::{
    advance_subscription, backlog_of_events, fail_subscription, has_unsequenced_events, insert_events,
    insert_subscription, list_events_after, list_events_of, list_subscriptions_behind, lock_sequence,
    lock_subscription, number_visible_events,
};
pub(crate) use idempotency::{claim_key, delete_idempotency_records, load_answer, store_answer};
pub(crate) use jobs::{
    LeasedJob, claim_schedule, count_jobs, delete_done_jobs, finish_job, insert_jobs, insert_schedule,
    lease_due_jobs, list_due_schedules, release_lost_leases, renew_lease, retry_job,
};
