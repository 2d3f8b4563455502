//! Which state of the database somebody saw.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use super::Patience;
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

/// The connection that counts, if there is one, and how many there have been.
#[derive(Debug, Default)]
pub(super) struct Watches {
    current: Option<Watch>,
    n_watches: u64,
}

#[derive(Debug)]
struct Watch {
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

pub(super) fn current(pool: &Pool, watches: &Mutex<Watches>) -> Result<Revision, Error> {
    let file = pool.identify()?;
    let mut watches = watches.lock().unwrap_or_else(PoisonError::into_inner);
    let watch = match watches.current.take() {
        Some(watch) if watch.file == file => watch,
        _ => {
            // One that cannot connect is counted too: the next is another in any case.
            watches.n_watches += 1;
            Watch {
                file,
                number: watches.n_watches,
                connection: pool.connect(&Patience::default())?,
            }
        }
    };
    let watch = watches.current.insert(watch);
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
