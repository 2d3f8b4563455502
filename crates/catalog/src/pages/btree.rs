//! The pages of an `SQLite` database, as far as rows are looked for in them.
//!
//! ```text
//! page of a B-tree, after the file's header of 100 bytes on page 1
//! +0   1  kind: 05 inside a table, 0d leaf of a table, 02 and 0a of an index
//! +3   2  number n of cells
//! +8   4  last child, of a page inside a tree
//! +8  2n  offsets of cells; from +12 on in a page inside a tree
//!
//! cell inside a table                 cell in a leaf
//! +0  4  child                        +0  v  length of the row
//! +4  v  largest key below it             v  key
//!                                            row; its end may be on overflow pages
//!                                         4  the first of those, where there are any
//! row
//! +0  v  length of this header        values follow in order
//!     v  a type for each column
//! ```
//!
//! Numbers are big-endian, `v` stands for 1 to 9 bytes of seven bits each. `SQLite`, "Database File
//! Format", §1.3, §1.6 and §2.1.

/// Kinds of pages (§1.6).
const TABLE_INSIDE: u8 = 0x05;
const TABLE_LEAF: u8 = 0x0d;
const INDEX_INSIDE: u8 = 0x02;
const INDEX_LEAF: u8 = 0x0a;
/// The length of the header in front of page 1 (§1.3).
const FILE_HEADER: usize = 100;

/// What the file's header says (§1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileHeader {
    /// Bytes of a page that hold content.
    pub(super) usable: usize,
    /// The first page that lists free ones; 0 for none.
    pub(super) free: u32,
    /// Whether pages hold pointers back to what points at them.
    pub(super) is_auto_vacuum: bool,
}

impl FileHeader {
    pub(super) fn parse(page: &[u8]) -> Option<Self> {
        Some(Self {
            usable: page.len().checked_sub(usize::from(*page.get(20)?))?,
            free: u32_at(page, 32)?,
            is_auto_vacuum: u32_at(page, 52)? != 0,
        })
    }
}

/// Tells pages of trees, other than leaves and inner pages of tables, from those of other kinds.
pub(super) fn is_of_index(page: &[u8]) -> bool {
    matches!(page.first(), Some(&INDEX_INSIDE | &INDEX_LEAF))
}

/// Returns whether the page belongs to the tree of some table.
pub(super) fn is_of_table(page: &[u8]) -> bool {
    matches!(page.first(), Some(&TABLE_INSIDE | &TABLE_LEAF))
}

/// A page of a table.
pub(super) enum TablePage<'a> {
    /// The children, in order.
    Inside(Vec<u32>),
    /// The rows, in order.
    Leaf(Vec<Cell<'a>>),
}

/// A row, as far as it is in its leaf.
#[derive(Debug)]
pub(super) struct Cell<'a> {
    pub(super) key: i64,
    row: &'a [u8],
    /// The first page of what is not in the leaf.
    pub(super) overflow: Option<u32>,
}

impl<'a> TablePage<'a> {
    /// Takes a page apart; `None` if it is no page of a table, or damaged.
    pub(super) fn parse(number: u32, page: &'a [u8], usable: usize) -> Option<Self> {
        let start = if number == 1 { FILE_HEADER } else { 0 };
        let header = page.get(start..)?;
        let n_cells = usize::from(u16_at(header, 3)?);
        let is_leaf = match *header.first()? {
            TABLE_LEAF => true,
            TABLE_INSIDE => false,
            _ => return None,
        };
        let pointers = start + if is_leaf { 8 } else { 12 };
        let cells = (0..n_cells).map(|index| {
            let at = u16_at(page, pointers + 2 * index)?;
            page.get(usize::from(at)..)
        });
        if is_leaf {
            let cells = cells.map(|bytes| Cell::parse(bytes?, usable));
            return Some(Self::Leaf(cells.collect::<Option<_>>()?));
        }
        let children = cells.map(|bytes| u32_at(bytes?, 0));
        let last = u32_at(header, 8);
        let children = children.chain([last]).collect::<Option<_>>()?;
        Some(Self::Inside(children))
    }
}

impl<'a> Cell<'a> {
    fn parse(bytes: &'a [u8], usable: usize) -> Option<Self> {
        let mut rest = bytes;
        let len = usize::try_from(varint(&mut rest)?).ok()?;
        let key = varint(&mut rest)?.cast_signed();
        let local = local_len(len, usable)?;
        let row = rest.get(..local)?;
        let overflow = (local < len).then(|| u32_at(rest, local));
        let overflow = match overflow {
            Some(None) => return None,
            Some(page) => page,
            None => None,
        };
        Some(Self { key, row, overflow })
    }

    /// Returns the whole number in a column, if it is one and in the leaf.
    pub(super) fn int(&self, column: usize) -> Option<i64> {
        let mut types = self.row;
        let header_len = usize::try_from(varint(&mut types)?).ok()?;
        let mut at = header_len;
        for _ in 0..column {
            at = at.checked_add(value_len(varint(&mut types)?)?)?;
        }
        let kind = varint(&mut types)?;
        let len = match kind {
            8 => return Some(0),
            9 => return Some(1),
            1..=6 => value_len(kind)?,
            _ => return None,
        };
        let bytes = self.row.get(at..at.checked_add(len)?)?;
        let sign = if bytes[0] & 0x80 != 0 { -1 } else { 0 };
        Some(
            bytes
                .iter()
                .fold(sign, |n: i64, &byte| n << 8 | i64::from(byte)),
        )
    }
}

/// Returns how much of a row of `len` bytes is in its leaf (§1.6, "B-tree Cell Format").
fn local_len(len: usize, usable: usize) -> Option<usize> {
    let most = usable.checked_sub(35)?;
    if len <= most {
        return Some(len);
    }
    let least = (usable.checked_sub(12)? * 32 / 255).checked_sub(23)?;
    let wanted = least + (len - least) % (usable - 4);
    Some(if wanted <= most { wanted } else { least })
}

/// Returns the length of a value of this type (§2.1, "Record Format").
fn value_len(kind: u64) -> Option<usize> {
    let len = match kind {
        0 | 8 | 9 => 0,
        1..=4 => kind,
        5 => 6,
        6 | 7 => 8,
        12.. => (kind - 12) / 2,
        _ => return None,
    };
    usize::try_from(len).ok()
}

/// Reads a number of up to nine bytes: seven bits of each, and all of the ninth (§1.6).
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for index in 0..9 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if index == 8 {
            return Some(number << 8 | u64::from(byte));
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(number)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}
