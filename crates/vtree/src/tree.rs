//! The current snapshot.

use std::ops::Deref;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::Snapshot;

/// Holds the current snapshot and swaps it whole, without making readers wait.
#[derive(Debug)]
pub struct Tree {
    current: ArcSwap<Snapshot>,
}

impl Tree {
    /// Starts with a first snapshot.
    pub fn new(snapshot: Snapshot) -> Self {
        let current = ArcSwap::from_pointee(snapshot);
        Self { current }
    }

    /// Returns the current snapshot; a request loads it once.
    pub fn load(&self) -> impl Deref<Target = Arc<Snapshot>> + use<> {
        self.current.load()
    }

    /// Makes `snapshot` the current one and returns the one that was.
    pub fn publish(&self, snapshot: Snapshot) -> Arc<Snapshot> {
        self.current.swap(Arc::new(snapshot))
    }
}
