//! Numbers the states of the database that were seen.

use std::sync::{Mutex, PoisonError};

use catalog::{Error, Library, Revision};

/// Gives each state of the database a number, so that it can be part of a key.
#[derive(Debug, Default)]
pub(crate) struct Revisions {
    last: Mutex<Option<(Revision, u64)>>,
}

impl Revisions {
    /// Returns the number of the state that a read would see now.
    pub(crate) fn number(&self, catalog: &Library) -> Result<u64, Error> {
        let now = catalog.revision()?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let number = match last.as_ref() {
            Some((before, number)) if *before == now => *number,
            Some((_, number)) => number + 1,
            None => 0,
        };
        *last = Some((now, number));
        Ok(number)
    }

    /// Has the state that was seen last count as another one from now on.
    pub(crate) fn advance(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, number)) = last.as_mut() {
            *number += 1;
        }
    }
}
