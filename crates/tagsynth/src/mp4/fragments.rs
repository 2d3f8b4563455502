//! What points into the file from behind `moov`, in a file that is made of fragments.
//!
//! ```text
//! moof / traf / tfhd            mfra / tfra
//! 0  4  version, flags          0   4  version, flags
//! 4  4  track                   4   4  track
//! 8  8  offset in the file      8   4  widths of t, r and s: one to four bytes, by two bits each
//!       of the samples, with    12  4  count n, and n times:
//!       flag 1                         time, offset of a moof: w bytes each, 4 or 8 in version 1
//!                                      t, r, s
//! ```
//!
//! ISO/IEC 14496-12 §8.8.7, §8.8.10. Everything else counts from its own place: `trun` from its
//! `moof`, `sidx` from its own end.

use splice::ReadAt;

use super::atom::{Atom, Scan};
use super::moves::Move;
use super::pieces::Patches;
use crate::Error;
use crate::read::{self, Window};

/// The most atoms that are looked at: of some 13,000 fragments.
const MAX_ATOMS: usize = 1 << 16;
/// How much is read of a fragment: the fields above, and often the header of the next atom.
const STEP: u64 = 1 << 10;
/// The flag in `tfhd` for an offset.
const HAS_OFFSET: u8 = 1;

/// Moves the offsets in all fragments with what they point to.
///
/// # Errors
///
/// Those of [`Move::shift`]; [`Error::Malformed`] for structures that are cut, and more than so many.
pub(crate) fn shift<R: ReadAt + ?Sized>(
    origin: &R,
    by: &Move,
    patches: &mut Patches,
) -> Result<(), Error> {
    if by.is_none() {
        return Ok(());
    }
    let mut scan = Scan::over(Window::stepping(origin, STEP), MAX_ATOMS);
    let mut at = 0;
    while let Some(atom) = scan.top(at)? {
        match &atom.name {
            b"moof" => fragment(&mut scan, &atom, by, patches)?,
            b"mfra" => index(&mut scan, &atom, by, patches)?,
            b"sidx" if atom.start < by.from() => {
                return Err(Error::Malformed {
                    what: "an index in front of the movie",
                    offset: atom.start,
                });
            }
            _ => {}
        }
        at = atom.end;
    }
    Ok(())
}

/// Moves the offset of the samples of each track in a fragment.
fn fragment<R: ReadAt + ?Sized>(
    scan: &mut Scan<'_, R>,
    moof: &Atom,
    by: &Move,
    patches: &mut Patches,
) -> Result<(), Error> {
    for traf in scan.children(moof.content())? {
        if &traf.name != b"traf" {
            continue;
        }
        let Some(tfhd) = scan.find(traf.content(), *b"tfhd")? else {
            continue;
        };
        let [_, _, _, flags] = scan.window.array(tfhd.content)?;
        if flags & HAS_OFFSET != 0 {
            field(scan, &tfhd, 8, by, patches)?;
        }
    }
    Ok(())
}

/// Moves an offset of 64 bits in an atom.
fn field<R: ReadAt + ?Sized>(
    scan: &mut Scan<'_, R>,
    atom: &Atom,
    skip: u64,
    by: &Move,
    patches: &mut Patches,
) -> Result<(), Error> {
    if atom.content_len() < skip + 8 {
        return Err(cut(atom));
    }
    let start = atom.content + skip;
    let mut offset: [u8; 8] = scan.window.array(start)?;
    by.shift(&mut offset)?;
    patches.add_held(start, offset);
    Ok(())
}

/// Moves the offsets of fragments in an index at the end of the file.
fn index<R: ReadAt + ?Sized>(
    scan: &mut Scan<'_, R>,
    mfra: &Atom,
    by: &Move,
    patches: &mut Patches,
) -> Result<(), Error> {
    let mut total = 0;
    for tfra in scan.children(mfra.content())? {
        if &tfra.name != b"tfra" {
            continue;
        }
        total += tfra.content_len();
        if total > read::LARGEST {
            return Err(Error::TooLarge {
                what: "the length of all indices of fragments",
                len: total,
                limit: read::LARGEST,
            });
        }
        entries(scan, &tfra, by, patches)?;
    }
    Ok(())
}

fn entries<R: ReadAt + ?Sized>(
    scan: &mut Scan<'_, R>,
    tfra: &Atom,
    by: &Move,
    patches: &mut Patches,
) -> Result<(), Error> {
    const HEAD: u64 = 16;
    if tfra.content_len() < HEAD {
        return Err(cut(tfra));
    }
    let head: [u8; 16] = scan.window.array(tfra.content)?;
    let [version, _, _, _, _, _, _, _, _, _, _, widths, a, b, c, d] = head;
    let width = if version == 1 { 8 } else { 4 };
    let numbers = [widths >> 4, widths >> 2, widths].map(|bits| usize::from(bits & 3) + 1);
    let entry = 2 * width + numbers.iter().sum::<usize>();
    let len = u64::from(u32::from_be_bytes([a, b, c, d])) * entry as u64;
    if len > tfra.content_len() - HEAD {
        return Err(cut(tfra));
    }
    let start = tfra.content + HEAD;
    let mut bytes = scan.window.get(start, len)?.to_vec();
    for entry in bytes.chunks_exact_mut(entry) {
        by.shift(&mut entry[width..2 * width])?;
    }
    patches.add_held(start, bytes);
    Ok(())
}

fn cut(atom: &Atom) -> Error {
    Error::Malformed {
        what: "a fragment or its index that is cut",
        offset: atom.start,
    }
}
