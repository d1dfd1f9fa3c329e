//! SIGINT, SIGTERM and SIGHUP, noted for whoever asks.
//!
//! Owns the handlers, which only write down the number. What follows from a signal is the asker's business.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// From its installation on, these signals no longer end this program.
#[derive(Debug)]
pub struct Signals {
    /// The last one that nobody has taken yet; 0 is none.
    pending: Arc<AtomicUsize>,
}

impl Signals {
    pub fn install() -> io::Result<Self> {
        let pending = Arc::new(AtomicUsize::new(0));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let number = usize::try_from(signal).map_err(io::Error::other)?;
            signal_hook::flag::register_usize(signal, Arc::clone(&pending), number)?;
        }
        Ok(Self { pending })
    }

    /// The signal that came since the last call, by number.
    pub fn take(&self) -> Option<i32> {
        i32::try_from(self.pending.swap(0, Ordering::SeqCst)).ok().filter(|signal| *signal != 0)
    }

    #[cfg(test)]
    pub fn none() -> Self {
        Self { pending: Arc::default() }
    }

    #[cfg(test)]
    pub fn pretend(&self, signal: usize) {
        self.pending.store(signal, Ordering::SeqCst);
    }
}
