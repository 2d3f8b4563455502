//! The tables that say where in the file chunks of samples are.
//!
//! ```text
//! offset  width  field
//! 0       1      version
//! 1       3      flags
//! 4       8      saio with flag 1: a type and its parameter
//! 4       4      count n
//! 8       w*n    offsets in the file; w is 4 in stco, 8 in co64, 4 or 8 in saio of version 0 or 1
//! ```
//!
//! ISO/IEC 14496-12 §8.7.5, §8.7.9.

use splice::ReadAt;

use super::atom::{Atom, Scan};
use super::moves::Move;
use super::movie::Movie;
use super::pieces::Patches;
use crate::{Error, read};

/// Where offsets are in a table.
struct Table {
    start: u64,
    len: u64,
    width: u64,
}

/// Moves the offsets of all tracks with what they point to.
///
/// # Errors
///
/// [`Error::Malformed`] for a table that is cut, and for samples in what was taken for free space;
/// [`Error::TooLarge`] where an offset has too few bits.
pub(crate) fn shift<R: ReadAt + ?Sized>(
    scan: &mut Scan<'_, R>,
    movie: &Movie,
    by: &Move,
    patches: &mut Patches,
) -> Result<(), Error> {
    let mut total = 0;
    for atom in movie.tables(scan)? {
        let table = Table::read(scan, &atom)?;
        total += table.len;
        check_total(total)?;
        let mut offsets = scan.window.get(table.start, table.len)?.to_vec();
        let width = usize::try_from(table.width).expect("4 or 8");
        for offset in offsets.chunks_exact_mut(width) {
            by.shift(offset)?;
        }
        if !by.is_none() {
            patches.add_held(table.start, offsets);
        }
    }
    Ok(())
}

fn check_total(len: u64) -> Result<(), Error> {
    if len > read::LARGEST {
        return Err(Error::TooLarge {
            what: "the length of all tables of chunks",
            len,
            limit: read::LARGEST,
        });
    }
    Ok(())
}

impl Table {
    fn read<R: ReadAt + ?Sized>(scan: &mut Scan<'_, R>, atom: &Atom) -> Result<Self, Error> {
        let cut = || Error::Malformed {
            what: "a table of chunks that is cut",
            offset: atom.start,
        };
        if atom.content_len() < 8 {
            return Err(cut());
        }
        let [version, _, _, flags] = scan.window.array(atom.content)?;
        let is_typed = &atom.name == b"saio" && flags & 1 != 0;
        let count_at = atom.content + if is_typed { 12 } else { 4 };
        let start = count_at + 4;
        if start > atom.end {
            return Err(cut());
        }
        let count = u64::from(u32::from_be_bytes(scan.window.array(count_at)?));
        let width = match &atom.name {
            b"stco" => 4,
            b"saio" if version == 0 => 4,
            _ => 8,
        };
        let len = count * width;
        if len > atom.end - start {
            return Err(cut());
        }
        Ok(Self { start, len, width })
    }
}
