//! What it takes to handle pictures.

use std::path::Path;
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
    /// Where files are while they come in: on a disk, which a system's folder for such files need not be.
    pub scratch: Arc<Path>,
    /// How large a picture may be.
    pub limits: Limits,
    pub(crate) renders: Arc<Semaphore>,
}

impl Media {
    /// With the usual limits.
    pub fn new(store: Arc<dyn ObjectStore>, scratch: &Path) -> Self {
        let renders = Arc::new(Semaphore::new(RENDERS_AT_ONCE));
        Self { store, scratch: scratch.into(), limits: Limits::default(), renders }
    }
}
