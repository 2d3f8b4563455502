//! Which generation of a directory is shown.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use fuser::Generation;
use vtree::InodeNo;

/// The generations of directories that the announcer removed.
///
/// The number of a directory is that of its path, so one that goes and comes back has the number that it
/// had. But an inode that the kernel has seen removed stays dead for as long as anybody has a file open
/// below it: nothing is found or listed in it again. Another generation of the number makes it another inode.
///
/// It takes some 16 bytes for each directory that ever went while the kernel held it.
#[derive(Debug, Default)]
pub(crate) struct Generations(RwLock<HashMap<InodeNo, u64>>);

impl Generations {
    /// Returns the generation to tell the kernel of. Files have one alone: their numbers are never used
    /// again for other content, and the kernel has none that are dead.
    pub(crate) fn of(&self, ino: InodeNo) -> Generation {
        let ended = match ino.leaf() {
            Some(_) => None,
            None => self.read().get(&ino).copied(),
        };
        Generation(ended.unwrap_or_default())
    }

    /// Ends the present generation of what is a directory, since the kernel will see it removed.
    pub(crate) fn end(&self, ino: InodeNo) {
        if ino.leaf().is_some() {
            return;
        }
        let mut ended = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *ended.entry(ino).or_default() += 1;
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<InodeNo, u64>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}
