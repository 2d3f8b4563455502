//! Which items have a text that is of some kind.

use crate::db::{prepare_if_there, raw};
use crate::{Error, ItemId, Library, RawValue};

/// How many rows are read at once: few enough that beets never waits for us.
const BATCH: i64 = 2048;

impl Library {
    /// Returns the items whose lyrics are of some kind, by number. Lyrics are long, so they are tested one
    /// by one as they are read, and not kept.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn items_with_lyrics(&self, are_so: impl Fn(&[u8]) -> bool) -> Result<Vec<ItemId>, Error> {
        let mut found = Vec::new();
        let mut after = i64::MIN;
        loop {
            let (rows, last) = self.read(|connection| {
                let sql = "SELECT id, lyrics FROM items WHERE id > ?1 ORDER BY id LIMIT ?2";
                let mut found = Vec::new();
                let mut last = None;
                let Some(mut statement) = prepare_if_there(connection, sql)? else {
                    return Ok((found, last));
                };
                let mut rows = statement.query((after, BATCH))?;
                while let Some(row) = rows.next()? {
                    let id = row.get(0)?;
                    last = Some(id);
                    if let RawValue::Text(text) | RawValue::Blob(text) = raw(row.get_ref(1)?)
                        && are_so(text)
                    {
                        found.push(ItemId(id));
                    }
                }
                Ok((found, last))
            })?;
            found.extend(rows);
            match last {
                Some(last) => after = last,
                None => return Ok(found),
            }
        }
    }
}
