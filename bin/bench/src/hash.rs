//! The bare argon2 hash: what a login costs at the least.
//!
//! Verifies a real password against the hash that the gateway stored, so that the parameters are its own, with as many
//! threads as the gateway hashes with: one for each core.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};

use crate::load::{Span, as_f64};

/// The most a bench measures is too short to matter for this.
const SETTLE: Duration = Duration::from_millis(50);

/// A stored hash and the password it is of.
#[derive(Clone, Debug)]
pub struct Secret {
    pub hash: String,
    pub password: String,
}

/// Hashes in a second.
pub fn run(secret: &Secret, span: Span) -> Result<f64> {
    let hash = PasswordHash::new(&secret.hash).map_err(anyhow::Error::msg)?;
    // What the stored hash says overrides these.
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default());
    let verified = argon2.verify_password(secret.password.as_bytes(), &hash).is_ok();
    ensure!(verified, "the stored hash is not that of the demonstration's password");

    let threads = thread::available_parallelism()?.get();
    let (counting, stop) = (AtomicBool::new(false), AtomicBool::new(false));
    let hashes = AtomicU64::new(0);
    let took = thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let same = argon2.verify_password(secret.password.as_bytes(), &hash).is_ok();
                    if same && counting.load(Ordering::Relaxed) {
                        hashes.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        thread::sleep(span.warm_up.max(SETTLE));
        counting.store(true, Ordering::Relaxed);
        thread::sleep(span.measured);
        counting.store(false, Ordering::Relaxed);
        stop.store(true, Ordering::Relaxed);
        span.measured
    });
    Ok(as_f64(hashes.load(Ordering::Relaxed)) / took.as_secs_f64())
}
