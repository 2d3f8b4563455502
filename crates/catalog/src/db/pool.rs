//! Connections to one database, and how a read uses one.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use super::{Patience, absolute};
use crate::Error;

/// How many connections are kept while nobody uses them.
const MAX_IDLE: usize = 8;
/// How often a read is tried while writers keep coming in between.
const ATTEMPTS: u32 = 3;
/// How much a connection may keep of the file, in KiB: the upper pages of its trees. Rows are read once,
/// and the system caches the file anyway.
const CACHE: i32 = 256;
/// Enough for the statements of this crate and the queries of a configuration.
const CACHED_STATEMENTS: usize = 64;

/// Which file a path names at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileId {
    pub(super) device: u64,
    pub(super) inode: u64,
}

#[derive(Debug)]
pub(super) struct Pool {
    path: PathBuf,
    log_path: PathBuf,
    idle: Mutex<Idle>,
}

#[derive(Debug)]
struct Idle {
    file: FileId,
    connections: Vec<Connection>,
}

impl FileId {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }
}

impl Pool {
    /// Checks that there is a file to connect to.
    pub(super) fn new(path: &Path) -> Result<Self, Error> {
        // An absolute path cannot be mistaken for a URI, which SQLite would interpret.
        let path = absolute(path)?;
        let idle = Idle {
            file: identify(&path)?,
            connections: Vec::new(),
        };
        // https://www.sqlite.org/wal.html#the_wal_file
        let mut log_path = path.clone().into_os_string();
        log_path.push("-wal");
        Ok(Self {
            path,
            log_path: log_path.into(),
            idle: Mutex::new(idle),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path of the write-ahead log, whether or not there is one.
    pub(super) fn log_path(&self) -> &Path {
        &self.log_path
    }

    /// Runs `read` in one transaction, again if a writer got in its way.
    pub(super) fn read<T>(
        &self,
        patience: &Patience,
        read: impl Fn(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        let own = patience.with_an_end(ATTEMPTS);
        let patience = own.as_ref().unwrap_or(patience);
        let (file, connection) = self.take(patience)?;
        let attempt = || {
            patience.spend(|most| {
                connection.busy_timeout(most)?;
                in_transaction(&connection, &read)
            })
        };
        let mut result = attempt();
        for _ in 1..ATTEMPTS {
            if !result.as_ref().is_err_and(is_busy) {
                break;
            }
            result = attempt();
        }
        if result.is_ok() {
            self.give_back(file, connection);
        }
        result.map_err(|error| self.explain(error))
    }

    /// Returns which file the path names now.
    pub(super) fn identify(&self) -> Result<FileId, Error> {
        identify(&self.path)
    }

    /// Opens another connection.
    pub(super) fn connect(&self, patience: &Patience) -> Result<Connection, Error> {
        let connection = patience.spend(|most| connect(&self.path, most));
        connection.map_err(|error| self.explain(error))
    }

    /// Says what an error of `SQLite` means for the library.
    pub(super) fn explain(&self, error: rusqlite::Error) -> Error {
        let path = self.path.clone();
        let Some(cause) = error.sqlite_error() else {
            return Error::Read {
                path,
                source: error.into(),
            };
        };
        match (cause.code, cause.extended_code) {
            (ErrorCode::NotADatabase, _) => Error::NotADatabase { path },
            (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => Error::Busy { path },
            (_, ffi::SQLITE_READONLY_ROLLBACK | ffi::SQLITE_READONLY_RECOVERY) => {
                Error::HalfWritten { path }
            }
            (ErrorCode::ReadOnly | ErrorCode::PermissionDenied, _) => Error::ReadOnly { path },
            (ErrorCode::DatabaseCorrupt, _) => Error::Damaged {
                path,
                source: error.into(),
            },
            _ => Error::Read {
                path,
                source: error.into(),
            },
        }
    }

    fn take(&self, patience: &Patience) -> Result<(FileId, Connection), Error> {
        let file = self.identify()?;
        let mut idle = self.idle();
        if idle.file != file {
            *idle = Idle {
                file,
                connections: Vec::new(),
            };
        }
        let kept = idle.connections.pop();
        drop(idle);
        match kept {
            Some(connection) => Ok((file, connection)),
            None => Ok((file, self.connect(patience)?)),
        }
    }

    fn give_back(&self, file: FileId, connection: Connection) {
        let mut idle = self.idle();
        if idle.file == file && idle.connections.len() < MAX_IDLE {
            idle.connections.push(connection);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        // Nothing that holds the lock can leave the list in a bad state.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks at the file without opening it: closing any descriptor of a file drops every lock that
/// this process has on it, those of our connections included.
fn identify(path: &Path) -> Result<FileId, Error> {
    let metadata = std::fs::metadata(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => Error::Missing {
            path: path.to_owned(),
        },
        _ => Error::Open {
            path: path.to_owned(),
            source,
        },
    })?;
    if !metadata.is_file() {
        return Err(Error::NotAFile {
            path: path.to_owned(),
        });
    }
    Ok(FileId::of(&metadata))
}

/// Opens a connection that waits no longer than `most` at once.
fn connect(path: &Path, most: Duration) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(most)?;
    // What is below zero counts KiB, not pages. This looks at the file: whatever is wrong with it is told by
    // the read that comes next.
    let _ = connection.pragma_update(None, "cache_size", -CACHE);
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    Ok(connection)
}

/// Runs `read` in a transaction that is rolled back, having changed nothing.
fn in_transaction<T>(
    connection: &Connection,
    read: impl Fn(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = connection.unchecked_transaction()?;
    let result = read(&transaction)?;
    transaction.rollback()?;
    Ok(result)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::SchemaChanged)
    )
}
