//! What is known of virtual files, kept across mounts.
//!
//! A small database of our own, beside nothing of beets': the size and time of each item's virtual
//! file, and what they were found from. So a second mount answers `stat` without rendering anything,
//! and times stay what they were. It can be deleted at any time; whatever is wrong with it is told once,
//! and the mount goes on without.

mod owner;
mod place;
mod row;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rusqlite::{Connection, ErrorCode};
use vtree::LeafId;

pub(crate) use owner::{Others, check, claim};
pub(crate) use place::folder;
pub(crate) use row::Kept;

const FILE: &str = "state.db";
/// The mark of our databases (`PRAGMA application_id`): `mufs`.
const APPLICATION: i32 = 0x6D75_6673;
/// How long another mount of the same library may take to write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// How many rows may wait to be written, which bounds what is lost with the process.
const MOST_WAITING: usize = 4096;

/// What is known of virtual files.
#[derive(Debug, Default)]
pub(crate) struct State {
    files: Option<Files>,
    is_broken: AtomicBool,
}

/// The database, and what is to be written to it.
#[derive(Debug)]
struct Files {
    path: PathBuf,
    reader: Mutex<Connection>,
    writer: Mutex<Connection>,
    waiting: Mutex<HashMap<LeafId, Kept>>,
}

impl State {
    /// Keeps nothing.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// Opens or makes the state in a folder that is there; where that cannot be, says why, and keeps nothing.
    pub(crate) fn open(folder: Result<PathBuf>) -> Self {
        let files = folder.and_then(|folder| {
            let files = Files::open(&folder);
            files.with_context(|| format!("state in {}", folder.display()))
        });
        let files = files.inspect_err(|error| {
            let error = format!("{error:#}");
            tracing::warn!(error, "sizes and times will be forgotten with this mount");
        });
        Self {
            files: files.ok(),
            is_broken: AtomicBool::new(false),
        }
    }

    /// Returns whether anything is kept.
    pub(crate) fn is_kept(&self) -> bool {
        self.files().is_some()
    }

    /// Returns what is kept of a leaf.
    pub(crate) fn get(&self, leaf: LeafId) -> Option<Kept> {
        let files = self.files()?;
        if let Some(kept) = lock(&files.waiting).get(&leaf) {
            return Some(*kept);
        }
        let found = row::get(&lock(&files.reader), leaf);
        self.checked(files, found).flatten()
    }

    /// Returns what is kept of all leaves from one to another, in their order.
    pub(crate) fn range(&self, first: LeafId, last: LeafId) -> Vec<(LeafId, Kept)> {
        let Some(files) = self.files() else {
            return Vec::new();
        };
        let found = row::range(&lock(&files.reader), first, last);
        let mut found = self.checked(files, found).unwrap_or_default();
        let waiting = lock(&files.waiting);
        for (leaf, kept) in &mut found {
            *kept = waiting.get(leaf).copied().unwrap_or(*kept);
        }
        found
    }

    /// Keeps what was found out about a leaf, from the next [`State::flush`] on.
    pub(crate) fn put(&self, leaf: LeafId, kept: Kept) {
        let Some(files) = self.files() else { return };
        let n_waiting = {
            let mut waiting = lock(&files.waiting);
            waiting.insert(leaf, kept);
            waiting.len()
        };
        if n_waiting >= MOST_WAITING {
            self.flush();
        }
    }

    /// Writes what is waiting.
    pub(crate) fn flush(&self) {
        let Some(files) = self.files() else { return };
        let mut writer = lock(&files.writer);
        let rows: Vec<_> = lock(&files.waiting)
            .iter()
            .map(|(&leaf, &kept)| (leaf, kept))
            .collect();
        if rows.is_empty() {
            return;
        }
        let written = row::write(&mut writer, &rows);
        if self.checked(files, written).is_some() {
            let mut waiting = lock(&files.waiting);
            for (leaf, kept) in rows {
                // What came meanwhile waits on.
                if waiting.get(&leaf) == Some(&kept) {
                    waiting.remove(&leaf);
                }
            }
        }
    }

    fn files(&self) -> Option<&Files> {
        let is_sound = !self.is_broken.load(Ordering::Relaxed);
        self.files.as_ref().filter(|_| is_sound)
    }

    /// Takes what the database gave; after the first failure it is asked no more.
    fn checked<T>(&self, files: &Files, result: rusqlite::Result<T>) -> Option<T> {
        let error = match result {
            Ok(found) => return Some(found),
            Err(error) => error,
        };
        if !self.is_broken.swap(true, Ordering::Relaxed) {
            let path = files.path.display();
            tracing::warn!(%path, %error, "sizes and times will be forgotten with this mount");
            if is_damaged(&error) {
                // The next mount makes it anew.
                let _ = remove(&files.path);
            }
            lock(&files.waiting).clear();
        }
        None
    }
}

impl Files {
    fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let writer = match connect(&path) {
            Err(error) if error.downcast_ref().is_some_and(is_damaged) => {
                tracing::warn!(path = %path.display(), error = format!("{error:#}"), "made anew");
                remove(&path)?;
                connect(&path)?
            }
            other => other?,
        };
        Ok(Self {
            reader: Mutex::new(connect(&path)?),
            writer: Mutex::new(writer),
            waiting: Mutex::default(),
            path,
        })
    }
}

/// Opens the database, and makes its tables if it has none.
fn connect(path: &Path) -> Result<Connection> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "cache_size", -512)?;
    // What was written last may be lost with the machine's power; it is found out again.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let number = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    let has_tables: bool =
        transaction.query_row("SELECT EXISTS (SELECT * FROM sqlite_schema)", [], |row| {
            row.get(0)
        })?;
    match (application, version, has_tables) {
        (APPLICATION, row::VERSION, true) => {}
        (0, 0, false) => {
            transaction.execute_batch(row::SCHEMA)?;
            transaction.pragma_update(None, "application_id", APPLICATION)?;
            transaction.pragma_update(None, "user_version", row::VERSION)?;
        }
        (APPLICATION, _, _) => bail!("{FILE} was made by another version of musicfs"),
        _ => bail!("{FILE} is not a database of musicfs"),
    }
    transaction.commit()?;
    // Only now that it is known to be ours: this is written to the file.
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    Ok(connection)
}

fn is_damaged(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// Removes a database with its logs; another mount that has it open goes on with what it has open.
fn remove(path: &Path) -> io::Result<()> {
    for end in ["-wal", "-shm", ""] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        match fs::remove_file(&name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
