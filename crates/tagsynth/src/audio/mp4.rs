//! Samples of an MP4 file, however they lie in chunks.
//!
//! ```text
//! stbl / stsd   0 version, flags; 4 count; entries: 4 size, 4 name of the format, …
//! stbl / stsz   0 version, flags; 4 size of all samples, or 0; 8 count n; n sizes of 4
//! stbl / stz2   0 version, flags; 7 bits of a size: 4, 8 or 16; 8 count n; n sizes
//! stbl / stsc   0 version, flags; 4 count, and so many of: 4 first chunk, 4 samples in a chunk, 4 entry
//! stbl / stco   0 version, flags; 4 count, and so many offsets of 4, or of 8 in co64
//! ```
//!
//! ISO/IEC 14496-12 §8.5.2, §8.7.3–8.7.5. In a file of fragments, all media data are compared instead.

use std::ops::Range;

use splice::ReadAt;

use super::Pair;
use crate::Error;
use crate::mp4::atom::{Atom, Name, Scan};
use crate::read::{self, Window};

/// The most atoms that are looked at in one file.
const MAX_ATOMS: usize = 1 << 16;
/// How much is read around the header of an atom.
const STEP: u64 = 4 << 10;

/// Returns whether the first track with sound has the same samples in both files.
pub(super) fn same<O: ReadAt + ?Sized, E: ReadAt + ?Sized>(
    pair: &Pair<'_, O, E>,
) -> Result<bool, Error> {
    let (one, two) = (Samples::read(pair.origin)?, Samples::read(pair.edited)?);
    Ok(one.format == two.format
        && one.sizes == two.sizes
        && pair.same(&one.extents, &two.extents)?)
}

/// The samples of a track.
struct Samples {
    /// The name of their format.
    format: Name,
    /// How long each is; none in a file of fragments.
    sizes: Vec<u32>,
    /// Where they are, one after another.
    extents: Vec<Range<u64>>,
}

impl Samples {
    fn read<R: ReadAt + ?Sized>(file: &R) -> Result<Self, Error> {
        let mut scan = Scan::over(Window::stepping(file, STEP), MAX_ATOMS);
        let (mut moov, mut media, mut at) = (None, Vec::new(), 0);
        while let Some(atom) = scan.top(at)? {
            at = atom.end;
            match &atom.name {
                b"moov" if moov.is_none() => moov = Some(atom),
                b"mdat" => media.push(atom.content.min(file.len())..atom.end.min(file.len())),
                _ => {}
            }
        }
        let malformed = |what| Error::Malformed { what, offset: at };
        let moov = moov.ok_or_else(|| malformed("no moov"))?;
        let table = sound(&mut scan, &moov)?.ok_or_else(|| malformed("no track with sound"))?;
        let format = format(&mut scan, &table)?;
        let sizes = sizes(&mut scan, &table)?;
        let extents = if sizes.is_empty() {
            media
        } else {
            extents(&mut scan, &table, &sizes)?
        };
        // Chunks that overlap could have the same bytes compared without end.
        let lens = extents.iter().map(super::len);
        if lens.fold(0, u64::saturating_add) > file.len() {
            return Err(malformed("more samples than the file has room for"));
        }
        Ok(Self {
            format,
            sizes,
            extents,
        })
    }
}

/// Returns the table of samples of the first track with sound.
fn sound<R: ReadAt + ?Sized>(scan: &mut Scan<'_, R>, moov: &Atom) -> Result<Option<Atom>, Error> {
    for trak in scan.children(moov.content())? {
        if &trak.name != b"trak" {
            continue;
        }
        let Some(mdia) = scan.find(trak.content(), *b"mdia")? else {
            continue;
        };
        let handler = match scan.find(mdia.content(), *b"hdlr")? {
            Some(hdlr) if hdlr.content_len() >= 12 => scan.window.array::<4>(hdlr.content + 8)?,
            _ => continue,
        };
        if handler == *b"soun"
            && let Some(minf) = scan.find(mdia.content(), *b"minf")?
            && let Some(stbl) = scan.find(minf.content(), *b"stbl")?
        {
            return Ok(Some(stbl));
        }
    }
    Ok(None)
}

fn format<R: ReadAt + ?Sized>(scan: &mut Scan<'_, R>, table: &Atom) -> Result<Name, Error> {
    let stsd = wanted(scan, table, *b"stsd", 16)?;
    scan.window.array(stsd.content + 12)
}

fn sizes<R: ReadAt + ?Sized>(scan: &mut Scan<'_, R>, table: &Atom) -> Result<Vec<u32>, Error> {
    if let Some(stz2) = scan.find(table.content(), *b"stz2")? {
        let bits = u64::from(number(scan, &stz2, 4)? & 0xff);
        let count = u64::from(number(scan, &stz2, 8)?);
        let bytes = entries(scan, &stz2, 12, (count * bits).div_ceil(8))?;
        let nibbles = |byte: &u8| [u32::from(byte >> 4), u32::from(byte & 15)];
        let mut sizes: Vec<u32> = match bits {
            4 => bytes.iter().flat_map(nibbles).collect(),
            8 => bytes.iter().map(|&byte| byte.into()).collect(),
            _ => bytes
                .as_chunks()
                .0
                .iter()
                .map(|&size| u16::from_be_bytes(size).into())
                .collect(),
        };
        sizes.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        return Ok(sizes);
    }
    let stsz = wanted(scan, table, *b"stsz", 12)?;
    let (size, count) = (number(scan, &stsz, 4)?, number(scan, &stsz, 8)?);
    if size != 0 {
        check_len(u64::from(count) * 4)?;
        return Ok(vec![size; usize::try_from(count).unwrap_or(0)]);
    }
    let bytes = entries(scan, &stsz, 12, u64::from(count) * 4)?;
    Ok(numbers(&bytes))
}

/// Returns where the samples are, those of one chunk in one piece.
fn extents<R: ReadAt + ?Sized>(
    scan: &mut Scan<'_, R>,
    table: &Atom,
    sizes: &[u32],
) -> Result<Vec<Range<u64>>, Error> {
    let stsc = wanted(scan, table, *b"stsc", 8)?;
    let count = u64::from(number(scan, &stsc, 4)?);
    let runs = numbers(&entries(scan, &stsc, 8, count * 12)?);
    let mut runs = runs.as_chunks::<3>().0.iter().peekable();
    let mut in_chunk = 0;
    let mut left = sizes.iter();
    let mut extents = Vec::new();
    for (chunk, start) in (1..).zip(offsets(scan, table)?) {
        while let Some([_, samples, _]) = runs.next_if(|[first, ..]| *first <= chunk) {
            in_chunk = *samples;
        }
        let samples = left.by_ref().take(in_chunk as usize);
        let len: u64 = samples.map(|&size| u64::from(size)).sum();
        extents.push(start..start.saturating_add(len));
    }
    if left.next().is_some() {
        return Err(Error::Malformed {
            what: "samples in no chunk",
            offset: table.start,
        });
    }
    Ok(extents)
}

fn offsets<R: ReadAt + ?Sized>(scan: &mut Scan<'_, R>, table: &Atom) -> Result<Vec<u64>, Error> {
    if let Some(co64) = scan.find(table.content(), *b"co64")? {
        let count = u64::from(number(scan, &co64, 4)?);
        let bytes = entries(scan, &co64, 8, count * 8)?;
        let offsets = bytes.as_chunks().0.iter();
        return Ok(offsets.map(|&offset| u64::from_be_bytes(offset)).collect());
    }
    let stco = wanted(scan, table, *b"stco", 8)?;
    let count = u64::from(number(scan, &stco, 4)?);
    let offsets = numbers(&entries(scan, &stco, 8, count * 4)?);
    Ok(offsets.into_iter().map(u64::from).collect())
}

/// Returns an atom of a table that must be there, and be so long.
fn wanted<R: ReadAt + ?Sized>(
    scan: &mut Scan<'_, R>,
    table: &Atom,
    name: Name,
    len: u64,
) -> Result<Atom, Error> {
    let atom = scan.find(table.content(), name)?;
    atom.filter(|atom| atom.content_len() >= len)
        .ok_or_else(|| cut(table))
}

fn number<R: ReadAt + ?Sized>(scan: &mut Scan<'_, R>, atom: &Atom, at: u64) -> Result<u32, Error> {
    if atom.content_len() < at + 4 {
        return Err(cut(atom));
    }
    Ok(u32::from_be_bytes(scan.window.array(atom.content + at)?))
}

/// Returns `len` bytes at an offset in an atom, which must have them.
fn entries<R: ReadAt + ?Sized>(
    scan: &mut Scan<'_, R>,
    atom: &Atom,
    at: u64,
    len: u64,
) -> Result<Vec<u8>, Error> {
    check_len(len)?;
    if atom.content_len() < at + len {
        return Err(cut(atom));
    }
    Ok(scan.window.get(atom.content + at, len)?.to_vec())
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    let numbers = bytes.as_chunks().0.iter();
    numbers.map(|&number| u32::from_be_bytes(number)).collect()
}

fn check_len(len: u64) -> Result<(), Error> {
    if len > read::LARGEST {
        return Err(Error::TooLarge {
            what: "a table of samples",
            len,
            limit: read::LARGEST,
        });
    }
    Ok(())
}

fn cut(atom: &Atom) -> Error {
    Error::Malformed {
        what: "a table of samples that is cut",
        offset: atom.start,
    }
}
