//! Password hashing, with a bound on how much of the server it may take.
//!
//! A hash takes a core for tens of milliseconds. So it is computed on threads of its own, as many as there
//! are cores, to which the system prefers every other thread; a bounded number of callers waits for
//! them, and not for long; and whoever comes after that is turned away. A flood of logins takes what
//! the rest of the server leaves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use crate::Password;
use crate::argon::Argon;

/// How many may wait for a thread.
const LINE: usize = 32;
/// How long anybody waits for a thread.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a thread keeps its memory when there is nothing to do.
const IDLE: Duration = Duration::from_secs(2);
/// How far the threads stand back, from 0 to 19 (see `nice`): two are worth less than one of the others.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HasherError {
    /// The line is full, or does not move.
    #[error("too many passwords wait to be hashed")]
    Busy,
    /// The algorithm failed, or a stored hash is damaged.
    #[error("{0}")]
    Failed(String),
}

/// A password's hash in the PHC string format.
#[derive(Clone, PartialEq, Eq)]
pub struct HashedPassword(String);

impl HashedPassword {
    pub(crate) fn from_stored(phc: String) -> Self {
        Self(phc)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for HashedPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HashedPassword(..)")
    }
}

type Work = Box<dyn FnOnce(&mut Argon) + Send>;

/// Hashes and verifies passwords on threads of its own. Clones share them and the line.
#[derive(Clone)]
pub struct Hasher {
    /// What unknown users' passwords are compared with.
    dummy: HashedPassword,
    /// A place in the line, held from arrival to the end of the work.
    places: Arc<Semaphore>,
    /// A thread that is free.
    turns: Arc<Semaphore>,
    /// To the threads, which end when nobody can give them anything any more.
    work: Sender<Work>,
    runs: Arc<AtomicU64>,
}

impl Hasher {
    /// A hasher that uses every core and lets 32 callers wait for each, up to 1 s.
    ///
    /// # Errors
    /// [`AccountsError::Cryptography`](crate::AccountsError::Cryptography) when the system gives no
    /// random numbers or no threads.
    pub fn new() -> Result<Self, crate::AccountsError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self::with_capacity(cores, cores * LINE)
    }

    /// A hasher that runs `at_once` hashes (at least one) and lets `waiting` more wait.
    pub fn with_capacity(at_once: usize, waiting: usize) -> Result<Self, crate::AccountsError> {
        let at_once = at_once.max(1);
        // A hash of nothing anybody can type, so that comparing with it always fails.
        let dummy = Argon::default().hash(&rand::random::<[u8; 32]>())?;
        let (work, line) = unbounded();
        for _ in 0..at_once {
            let line = line.clone();
            let thread = std::thread::Builder::new().name("password".to_owned());
            thread.spawn(move || serve(&line)).map_err(failed)?;
        }
        Ok(Self {
            dummy: HashedPassword(dummy.to_string()),
            places: Arc::new(Semaphore::new(at_once.saturating_add(waiting))),
            turns: Arc::new(Semaphore::new(at_once)),
            work,
            runs: Arc::default(),
        })
    }

    /// Hashes a password with a salt of its own.
    ///
    /// # Errors
    /// [`AccountsError::HasherBusy`](crate::AccountsError::HasherBusy) when the line is full.
    pub async fn hash(&self, password: &Password) -> Result<HashedPassword, crate::AccountsError> {
        let password = password.clone();
        let hash =
            self.run(move |argon| Ok(HashedPassword(argon.hash(password.as_bytes())?.to_string()))).await?;
        Ok(hash)
    }

    /// Whether the password is the one that was hashed. Without a hash the answer is no, and takes
    /// as long.
    ///
    /// # Errors
    /// [`AccountsError::HasherBusy`](crate::AccountsError::HasherBusy) when the line is full.
    pub async fn verify(
        &self,
        password: &Password,
        hash: Option<&HashedPassword>,
    ) -> Result<bool, crate::AccountsError> {
        let (password, known) = (password.clone(), hash.is_some());
        let hash = hash.unwrap_or(&self.dummy).clone();
        let matches = self
            .run(move |argon| {
                let stored = PasswordHash::new(hash.as_str()).map_err(failed)?;
                argon.is_of(password.as_bytes(), &stored)
            })
            .await?;
        Ok(matches && known)
    }

    /// How many hashes were computed since the hasher was made.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Argon) -> Result<T, HasherError> + Send + 'static,
    ) -> Result<T, HasherError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_full| HasherError::Busy)?;
        let turn = timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.map_err(|_elapsed| HasherError::Busy)?.map_err(failed)?;
        self.runs.fetch_add(1, Ordering::Relaxed);
        let (tell, told) = oneshot::channel();
        let job: Work = Box::new(move |argon| {
            // Held by the work itself: a caller who goes away does not free the thread.
            let _held = (place, turn);
            // Nobody may be left to hear it.
            let _ = tell.send(work(argon));
        });
        self.work.send(job).map_err(failed)?;
        told.await.map_err(failed)?
    }
}

/// A thread's life.
fn serve(line: &Receiver<Work>) {
    stand_back();
    let mut argon = Argon::default();
    while let Ok(work) = line.recv() {
        work(&mut argon);
        let rested = loop {
            match line.recv_timeout(IDLE) {
                Ok(work) => work(&mut argon),
                Err(reason) => break reason,
            }
        };
        argon.rest();
        if rested == RecvTimeoutError::Disconnected {
            return;
        }
    }
}

/// Lets the system prefer other threads to this one.
#[cfg(target_os = "linux")]
fn stand_back() {
    // On Linux a priority is the thread's own. Where it may not be changed, the bound on threads remains.
    let _ = rustix::process::setpriority_process(None, NICENESS);
}

/// Elsewhere a priority belongs to the whole process, or is set otherwise.
#[cfg(not(target_os = "linux"))]
fn stand_back() {}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hasher").field("runs", &self.runs()).finish_non_exhaustive()
    }
}

fn failed(error: impl std::fmt::Display) -> HasherError {
    HasherError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccountsError;

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let hasher = Hasher::new().unwrap();
        let password = Password::new("kale and figs");
        let hash = hasher.hash(&password).await.unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
        assert!(hasher.verify(&password, Some(&hash)).await.unwrap());
        assert!(!hasher.verify(&Password::new("kale and fig"), Some(&hash)).await.unwrap());
        assert_ne!(hasher.hash(&password).await.unwrap(), hash);
    }

    #[tokio::test]
    async fn nobody_costs_as_much_as_somebody() {
        let hasher = Hasher::new().unwrap();
        assert!(!hasher.verify(&Password::new("kale and figs"), None).await.unwrap());
        assert_eq!(hasher.runs(), 1);
        assert!(hasher.dummy.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    }

    #[tokio::test]
    async fn whoever_finds_the_line_full_is_turned_away() {
        let hasher = Hasher::with_capacity(1, 2).unwrap();
        let attempts = (0..10).map(|_| {
            let hasher = hasher.clone();
            tokio::spawn(async move { hasher.verify(&Password::new("kale and figs"), None).await })
        });
        let attempts: Vec<_> = attempts.collect();
        let mut busy = 0;
        for attempt in attempts {
            match attempt.await.unwrap() {
                Ok(matches) => assert!(!matches),
                Err(AccountsError::HasherBusy) => busy += 1,
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(hasher.runs() + busy, 10);
        assert!(busy >= 1, "a line of three took ten");
        assert!(!hasher.verify(&Password::new("kale and figs"), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_flood_is_worked_off_by_few_threads_that_stand_back() {
        let hasher = Hasher::with_capacity(2, 40).unwrap();
        let running = Arc::new(AtomicU64::new(0));
        let attempts = (0..40).map(|_| {
            let (hasher, running) = (hasher.clone(), Arc::clone(&running));
            let work = move |_: &mut Argon| {
                let at_once = running.fetch_add(1, Ordering::SeqCst) + 1;
                std::thread::yield_now();
                running.fetch_sub(1, Ordering::SeqCst);
                let thread = std::thread::current().name().map(ToOwned::to_owned);
                Ok((at_once, thread, niceness()))
            };
            tokio::spawn(async move { hasher.run(work).await.unwrap() })
        });
        let attempts: Vec<_> = attempts.collect();
        for attempt in attempts {
            let (at_once, thread, niceness) = attempt.await.unwrap();
            assert!(at_once <= 2, "{at_once} at once");
            assert_eq!(thread.as_deref(), Some("password"));
            #[cfg(target_os = "linux")]
            assert_eq!(niceness, NICENESS);
            assert_eq!(niceness == self::niceness(), cfg!(not(target_os = "linux")), "only theirs");
        }
    }

    #[cfg(target_os = "linux")]
    fn niceness() -> i32 {
        rustix::process::getpriority_process(None).unwrap()
    }

    #[cfg(not(target_os = "linux"))]
    fn niceness() -> i32 {
        0
    }

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let hasher = Hasher::with_capacity(1, 2).unwrap();
        let _never_ends = hasher.turns.acquire().await.unwrap();
        let outcome = hasher.verify(&Password::new("kale and figs"), None).await;
        assert!(matches!(outcome, Err(AccountsError::HasherBusy)));
        assert_eq!(hasher.runs(), 0);
    }

    #[tokio::test]
    async fn a_damaged_hash_is_a_fault_and_not_a_wrong_password() {
        let hasher = Hasher::new().unwrap();
        let damaged = HashedPassword::from_stored("x".to_owned());
        let outcome = hasher.verify(&Password::new("kale and figs"), Some(&damaged)).await;
        assert!(matches!(outcome, Err(AccountsError::Cryptography(_))));
    }
}
