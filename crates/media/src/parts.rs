//! What it takes to handle pictures.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::{Limits, ObjectStore};

/// How many pictures are decoded at once in this process: each may take [`Limits::memory`].
const RENDERS_AT_ONCE: usize = 2;

/// What it takes to handle pictures. Clones share it.
#[derive(Clone, Debug)]
pub struct Media {
    /// Where the bytes are.
    pub store: Arc<dyn ObjectStore>,
    /// How large a picture may be.
    pub limits: Limits,
    pub(crate) renders: Arc<Semaphore>,
}

impl Media {
    /// With the usual limits.
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, limits: Limits::default(), renders: Arc::new(Semaphore::new(RENDERS_AT_ONCE)) }
    }
}
