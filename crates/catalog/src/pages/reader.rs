//! Reads pages through `SQLite`, which knows of locks and of its log.

use std::hash::BuildHasher;

use foldhash::quality::FixedState;
use rusqlite::{CachedStatement, Connection};

use crate::db::prepare_if_there;

/// One page, by its number.
pub(super) struct PageReader<'c> {
    one: CachedStatement<'c>,
    connection: &'c Connection,
}

impl<'c> PageReader<'c> {
    /// Returns a reader; `None` if `SQLite` was built without the table of pages.
    pub(super) fn new(connection: &'c Connection) -> rusqlite::Result<Option<Self>> {
        let sql = "SELECT data FROM sqlite_dbpage WHERE pgno = ?1";
        let one = prepare_if_there(connection, sql)?;
        Ok(one.map(|one| Self { one, connection }))
    }

    /// Returns a page; empty if there is none of this number.
    pub(super) fn page(&mut self, number: u32) -> rusqlite::Result<Vec<u8>> {
        let mut rows = self.one.query([number])?;
        match rows.next()? {
            Some(row) => row.get(0),
            None => Ok(Vec::new()),
        }
    }

    /// Returns a hash of each page, from page 1 on.
    pub(super) fn hashes(&self) -> rusqlite::Result<Vec<u64>> {
        let state = FixedState::default();
        let mut all = self
            .connection
            .prepare_cached("SELECT data FROM sqlite_dbpage ORDER BY pgno")?;
        let mut rows = all.query([])?;
        let mut hashes = Vec::new();
        while let Some(row) = rows.next()? {
            hashes.push(state.hash_one(row.get_ref(0)?.as_blob()?));
        }
        Ok(hashes)
    }
}
