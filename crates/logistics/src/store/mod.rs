//! Every query of logistics.

mod centers;
mod geocode_cache;
mod windows;

pub(crate) use centers::{
    After, centers_stamp, count_centers_named, count_proposed, find_center, insert_center, list_approved,
    list_centers, lock_approved, lock_center, lock_center_shared, update_center,
};
pub(crate) use geocode_cache::{CachedAnswer, delete_stale_answers, find_answer, insert_answer};
pub(crate) use windows::{insert_slot, list_future_slots, list_windows, replace_windows};
