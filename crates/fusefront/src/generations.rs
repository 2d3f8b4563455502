//! Which generation of a directory is shown.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use fuser::Generation;
use vtree::InodeNo;

use crate::foreign::is_foreign;

/// The generations of directories that went.
///
/// The number of a directory is that of its path, so one that goes and comes back has the number that it
/// had. But the kernel keeps the inode for as long as anybody has a file open below it, with the names that
/// were looked up in it; and if it has seen it removed, by the announcer, nothing is ever found or listed in
/// it again. Another generation of the number makes it another inode.
///
/// It takes some 16 bytes for each directory that ever went while the kernel held it.
#[derive(Debug, Default)]
pub(crate) struct Generations {
    ended: RwLock<HashMap<InodeNo, u64>>,
    /// Whether there are any; mostly not, which spares everybody the lock.
    is_any: AtomicBool,
}

impl Generations {
    /// Returns the generation to tell the kernel of. Files have one alone: their numbers are never used
    /// again for other content, and the kernel has none that are dead.
    pub(crate) fn of(&self, ino: InodeNo) -> Generation {
        if !is_dir(ino) || !self.is_any.load(Ordering::Acquire) {
            return Generation(0);
        }
        let ended = self.ended.read().unwrap_or_else(PoisonError::into_inner);
        Generation(ended.get(&ino).copied().unwrap_or_default())
    }

    /// Ends the present generation of what is a directory, since it comes back, or the kernel will see it
    /// removed.
    pub(crate) fn end(&self, ino: InodeNo) {
        if !is_dir(ino) {
            return;
        }
        let mut ended = self.ended.write().unwrap_or_else(PoisonError::into_inner);
        *ended.entry(ino).or_default() += 1;
        self.is_any.store(true, Ordering::Release);
    }
}

fn is_dir(ino: InodeNo) -> bool {
    ino.leaf().is_none() && !is_foreign(ino)
}
