//! What was written through mounts: every edit, with what each column held before and after.
//!
//! A database of our own beside the state, which unlike the state cannot be derived again. An edit is
//! noted here, durably, before the library's own transaction begins, and settled after. So an edit that is
//! pending when nobody is at work was cut short: [`recover`](crate::edit::recover) finds out by its
//! columns whether the library has it.

mod cell;
mod kept;
mod rows;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use catalog::ItemId;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use splice::ReadAt;

pub(crate) use cell::{Cell, Raw};
pub(crate) use rows::Filter;

const FILE: &str = "journal.db";
/// The mark of our journals (`PRAGMA application_id`): `mufj`.
const APPLICATION: i32 = 0x6D75_666A;
/// How long another mount of the same library, or `musicfs undo`, may take to write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What became of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It may or may not be in the library; its program was not told.
    Pending,
    /// It is in the library.
    Done,
    /// It was, and was undone.
    Undone,
    /// The file could not be taken.
    Refused,
    /// The library was locked for too long.
    Busy,
    /// The mount ended before it was in the library.
    Interrupted,
}

/// An edit as it is noted first.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) item: ItemId,
    /// The item's file on disk.
    pub(crate) path: &'a Path,
    /// The edit that this one undoes.
    pub(crate) undoes: Option<i64>,
    /// What is worth telling of it.
    pub(crate) note: Option<String>,
    pub(crate) cells: &'a [Cell],
}

/// An edit.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) id: i64,
    /// When the file was saved, in milliseconds since 1970.
    pub(crate) time: i64,
    pub(crate) item: ItemId,
    /// The item's file on disk.
    pub(crate) path: PathBuf,
    pub(crate) state: State,
    /// Why it is in this state, or what else is worth telling.
    pub(crate) note: Option<String>,
    /// The name of the edited file in the folder of those that are kept.
    pub(crate) kept: Option<String>,
    /// The edit that this one undoes.
    pub(crate) undoes: Option<i64>,
    pub(crate) cells: Vec<Cell>,
}

/// The journal of a library.
#[derive(Debug)]
pub(crate) struct Journal {
    folder: PathBuf,
    /// Never waits for whoever writes.
    reader: Mutex<Connection>,
    writer: Mutex<Connection>,
}

impl State {
    const ALL: [Self; 6] = [
        Self::Pending,
        Self::Done,
        Self::Undone,
        Self::Refused,
        Self::Busy,
        Self::Interrupted,
    ];

    /// Returns the word for it, in the database and for users.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Undone => "undone",
            Self::Refused => "refused",
            Self::Busy => "busy",
            Self::Interrupted => "interrupted",
        }
    }

    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

impl Journal {
    /// Opens or makes the journal in a folder that is there.
    ///
    /// # Errors
    ///
    /// If the database cannot be made or written to, or is of another program.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        Self::with(folder, || connect(&path))
    }

    /// Opens the journal in a folder to look at it; `None` if there is none.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is of another program.
    pub(crate) fn look(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || {
            let connection = Connection::open_with_flags(&path, flags)?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            check(&connection)?;
            Ok::<_, anyhow::Error>(connection)
        };
        Self::with(folder, open).map(Some)
    }

    fn with(folder: &Path, open: impl Fn() -> Result<Connection>) -> Result<Self> {
        let open = || {
            let path = folder.join(FILE);
            let connection = open().with_context(|| format!("journal {}", path.display()))?;
            Ok::<_, anyhow::Error>(Mutex::new(connection))
        };
        Ok(Self {
            folder: folder.to_owned(),
            writer: open()?,
            reader: open()?,
        })
    }

    /// Notes an edit that is about to be made, and returns its number. Once this returns, it outlives a
    /// crash of the machine.
    pub(crate) fn begin(&self, draft: &Draft<'_>) -> Result<i64> {
        self.add(draft, State::Pending)
    }

    /// Notes that an edit that is about to be made is another one by now.
    pub(crate) fn revise(&self, id: i64, draft: &Draft<'_>) -> Result<()> {
        Ok(rows::revise(&mut lock(&self.writer), id, draft)?)
    }

    /// Returns whether nobody has settled an edit yet.
    pub(crate) fn is_pending(&self, id: i64) -> Result<bool> {
        Ok(rows::is_pending(&lock(&self.reader), id)?)
    }

    /// Notes what became of an edit.
    pub(crate) fn settle(&self, id: i64, state: State, note: Option<&str>) -> Result<()> {
        Ok(rows::settle(&mut lock(&self.writer), id, state, note)?)
    }

    /// Notes an edit that is not made, and keeps its file, as far as that can be; returns its number.
    pub(crate) fn reject(
        &self,
        draft: &Draft<'_>,
        state: State,
        file: &(impl ReadAt + ?Sized),
    ) -> Result<i64> {
        let id = self.add(draft, state)?;
        self.keep(id, draft.path, file)?;
        Ok(id)
    }

    /// Keeps the file of an edit that is not made.
    pub(crate) fn keep(&self, id: i64, path: &Path, file: &(impl ReadAt + ?Sized)) -> Result<()> {
        let kept = kept::keep(&self.kept_folder(), id, path, file);
        let kept = kept.context("the edited file cannot be kept")?;
        Ok(rows::set_kept(&lock(&self.writer), id, &kept)?)
    }

    /// Returns edits, the last one first.
    pub(crate) fn entries(&self, filter: Filter, most: Option<u32>) -> Result<Vec<Entry>> {
        Ok(rows::read(&lock(&self.reader), filter, most)?)
    }

    /// Returns whether another edit of a cell's row is in the library than the one with this number.
    pub(crate) fn has_other(&self, id: i64, cell: &Cell) -> Result<bool> {
        Ok(rows::has_other(&lock(&self.reader), id, cell)?)
    }

    /// Returns the folder of files that were not taken.
    pub(crate) fn kept_folder(&self) -> PathBuf {
        self.folder.join("kept")
    }

    fn add(&self, draft: &Draft<'_>, state: State) -> Result<i64> {
        Ok(rows::add(&mut lock(&self.writer), now(), draft, state)?)
    }
}

fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

/// Opens the database, and makes its tables if it has none.
fn connect(path: &Path) -> Result<Connection> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Every commit reaches the disk before it returns.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let has_tables: bool =
        transaction.query_row("SELECT EXISTS (SELECT * FROM sqlite_schema)", [], |row| {
            row.get(0)
        })?;
    if has_tables {
        check(&transaction)?;
    } else {
        transaction.execute_batch(rows::SCHEMA)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", rows::VERSION)?;
    }
    transaction.commit()?;
    // Only now that it is known to be ours: this is written to the file.
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    Ok(connection)
}

/// Checks that a database is a journal of this version.
fn check(connection: &Connection) -> Result<()> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    match (number("application_id")?, number("user_version")?) {
        (APPLICATION, rows::VERSION) => Ok(()),
        (APPLICATION, _) => bail!("it was made by another version of musicfs"),
        _ => bail!("it is not a journal of musicfs"),
    }
}

#[cfg(test)]
mod tests;
