//! What is kept of a leaf, and the statements that keep it.

use rusqlite::{Connection, OptionalExtension, Params, Row};
use splice::Stamp;
use vtree::LeafId;

/// What is kept of one virtual file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept {
    /// What it was rendered from, apart from files: see [`fingerprint`](crate::fingerprint).
    pub(crate) inputs: u64,
    /// The file on disk.
    pub(crate) origin: Stamp,
    /// The picture that was embedded.
    pub(crate) art: Option<Stamp>,
    /// Length of the virtual file.
    pub(crate) len: u64,
    /// Its modification time, in seconds since 1970.
    pub(crate) mtime: i64,
    /// Its bytes: see [`fingerprint`](crate::fingerprint).
    pub(crate) content: u64,
}

impl Kept {
    /// Returns whether it was made of these files. Network shares change the numbers of their devices.
    pub(crate) fn is_of(&self, origin: Stamp, art: Option<Stamp>) -> bool {
        let same = |one: Stamp, two: Stamp| Stamp { dev: 0, ..one } == Stamp { dev: 0, ..two };
        let same_art = match (self.art, art) {
            (Some(one), Some(two)) => same(one, two),
            (one, two) => one == two,
        };
        same(self.origin, origin) && same_art
    }
}

/// The version of the tables below; another one is not touched (`PRAGMA user_version`).
pub(super) const VERSION: i32 = 1;

/// `item` is the number of a leaf, which for items of the view without a name is their own. Numbers without
/// a sign are kept as the numbers with one that have the same bits.
pub(super) const SCHEMA: &str = "
    CREATE TABLE files (
        item INTEGER PRIMARY KEY,
        inputs INTEGER NOT NULL,
        origin_dev INTEGER NOT NULL,
        origin_ino INTEGER NOT NULL,
        origin_len INTEGER NOT NULL,
        origin_mtime INTEGER NOT NULL,
        art_dev INTEGER,
        art_ino INTEGER,
        art_len INTEGER,
        art_mtime INTEGER,
        len INTEGER NOT NULL,
        mtime INTEGER NOT NULL,
        content INTEGER NOT NULL
    )";

/// Columns in the order of [`read`] and [`write`].
const SELECT: &str = "
    SELECT item, inputs, origin_dev, origin_ino, origin_len, origin_mtime,
           art_dev, art_ino, art_len, art_mtime, len, mtime, content
    FROM files WHERE item BETWEEN ?1 AND ?2 ORDER BY item";
const REPLACE: &str = "
    REPLACE INTO files VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";

/// Reads what is kept of one leaf.
pub(super) fn get(connection: &Connection, leaf: LeafId) -> rusqlite::Result<Option<Kept>> {
    let mut statement = connection.prepare_cached(SELECT)?;
    let found = statement
        .query_row((number(leaf), number(leaf)), read)
        .optional()?;
    Ok(found.map(|(_, kept)| kept))
}

/// Reads what is kept of all leaves from one to another, in their order.
pub(super) fn range(
    connection: &Connection,
    first: LeafId,
    last: LeafId,
) -> rusqlite::Result<Vec<(LeafId, Kept)>> {
    let mut statement = connection.prepare_cached(SELECT)?;
    statement
        .query_map((number(first), number(last)), read)?
        .collect()
}

/// Writes what is to be kept of leaves, all or none.
pub(super) fn write(connection: &mut Connection, rows: &[(LeafId, Kept)]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    {
        let mut statement = transaction.prepare_cached(REPLACE)?;
        for (leaf, kept) in rows {
            statement.execute(parameters(*leaf, kept))?;
        }
    }
    transaction.commit()
}

fn read(row: &Row<'_>) -> rusqlite::Result<(LeafId, Kept)> {
    let unsigned = |column: usize| row.get(column).map(i64::cast_unsigned);
    let origin = Stamp {
        dev: unsigned(2)?,
        ino: unsigned(3)?,
        len: unsigned(4)?,
        mtime: row.get(5)?,
    };
    let art = match row.get::<_, Option<i64>>(6)? {
        None => None,
        Some(dev) => Some(Stamp {
            dev: dev.cast_unsigned(),
            ino: unsigned(7)?,
            len: unsigned(8)?,
            mtime: row.get(9)?,
        }),
    };
    let kept = Kept {
        inputs: unsigned(1)?,
        origin,
        art,
        len: unsigned(10)?,
        mtime: row.get(11)?,
        content: unsigned(12)?,
    };
    let raw: i64 = row.get(0)?;
    let leaf = LeafId::new(raw.cast_unsigned());
    // Rows between two leaves are leaves.
    let leaf = leaf.map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, raw))?;
    Ok((leaf, kept))
}

fn number(leaf: LeafId) -> i64 {
    leaf.get().cast_signed()
}

fn parameters(leaf: LeafId, kept: &Kept) -> impl Params {
    let Kept { origin, art, .. } = kept;
    let art = |of: fn(&Stamp) -> u64| art.as_ref().map(of).map(u64::cast_signed);
    (
        number(leaf),
        kept.inputs.cast_signed(),
        origin.dev.cast_signed(),
        origin.ino.cast_signed(),
        origin.len.cast_signed(),
        origin.mtime,
        art(|art| art.dev),
        art(|art| art.ino),
        art(|art| art.len),
        kept.art.map(|art| art.mtime),
        kept.len.cast_signed(),
        kept.mtime,
        kept.content.cast_signed(),
    )
}
