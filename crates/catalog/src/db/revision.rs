//! Which state of the database somebody saw.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use super::pool::{FileId, Pool};
use crate::Error;

/// A state of the database: two that are equal hold the same rows.
///
/// Only comparison within one [`Library`](crate::Library) has a meaning. Unequal revisions may
/// still hold the same rows: beets also writes what no template uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revision {
    /// A file that replaces another has another number.
    file: FileId,
    /// Which connection counted; counts of different ones cannot be compared.
    connection: u64,
    /// The database's own counter of others' commits, as that connection sees it.
    data_version: i64,
}

/// The connection that counts.
#[derive(Debug)]
pub(super) struct Watch {
    file: FileId,
    number: u64,
    connection: Connection,
}

/// What the files of the database look like from outside.
///
/// While two looks are equal, as good as nothing was committed in between: a commit changes the length or
/// the time of a file, unless both looks and the commit fall into one tick of the kernel's clock, a few
/// milliseconds. That takes no lock and no connection, and is meant for what is asked very often;
/// [`Revision`] is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glimpse {
    database: FileLook,
    /// The write-ahead log, if there is one.
    log: Option<FileLook>,
}

/// A file's number, length in bytes, and time of change in seconds and nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileLook {
    file: FileId,
    len: u64,
    changed: (i64, i64),
}

/// Looks at the files of a database; `None` if it is away.
pub(super) fn glimpse(pool: &Pool) -> Option<Glimpse> {
    let look = |path: &Path| {
        let metadata = std::fs::metadata(path).ok()?;
        Some(FileLook {
            file: FileId::of(&metadata),
            len: metadata.len(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    };
    Some(Glimpse {
        database: look(pool.path())?,
        log: look(pool.log_path()),
    })
}

pub(super) fn current(pool: &Pool, watch: &Mutex<Option<Watch>>) -> Result<Revision, Error> {
    let file = pool.identify()?;
    let mut slot = watch.lock().unwrap_or_else(PoisonError::into_inner);
    let watch = match slot.take() {
        Some(watch) if watch.file == file => watch,
        other => Watch {
            file,
            number: other.map_or(0, |watch| watch.number + 1),
            connection: pool.connect()?,
        },
    };
    let watch = slot.insert(watch);
    let read = watch
        .connection
        .query_row("PRAGMA data_version", [], |row| row.get(0));
    let data_version = read.map_err(|error| pool.explain(error))?;
    Ok(Revision {
        file,
        connection: watch.number,
        data_version,
    })
}
