//! The end of a file, where its last block or page is.

use std::ops::Range;

use splice::ReadAt;

use super::Missing;
use crate::{Error, Format, ape, read};

/// What is read of a file's end: more than tags there usually take, and a page or frame before them.
const LEN: u64 = 256 << 10;
/// The most that is read.
const MOST: u64 = 1 << 20;

/// The last bytes of a stream.
pub(super) struct Tail {
    pub(super) bytes: Vec<u8>,
}

impl Tail {
    /// Reads the end of a stream, and enough of it for a block of `block` bytes.
    pub(super) fn read<R: ReadAt + ?Sized>(
        origin: &R,
        stream: Range<u64>,
        block: u64,
    ) -> Result<Self, Error> {
        let wanted = LEN.saturating_add(block).min(MOST);
        let at = stream.end.saturating_sub(wanted).max(stream.start);
        let len = stream.end.saturating_sub(at);
        let bytes = read::read_exact_at(origin, at, len)?;
        Ok(Self { bytes })
    }

    /// Finds a pattern, the last place first; `mask` tells which bits of it count.
    pub(super) fn find_each(
        &self,
        pattern: &'static [u8],
        mask: &'static [u8],
    ) -> impl Iterator<Item = usize> {
        let is_there = move |window: &[u8]| {
            let masked = window.iter().zip(mask).map(|(byte, mask)| byte & mask);
            masked.eq(pattern.iter().copied())
        };
        let places = self.bytes.windows(pattern.len()).enumerate().rev();
        places.filter_map(move |(at, window)| is_there(window).then_some(at))
    }

    fn number(&self, at: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..)?.first_chunk::<4>()?;
        Some(u32::from_le_bytes(*bytes))
    }
}

/// The last page must end in the file (RFC 3533 §6).
///
/// ```text
/// +0   4  "OggS"
/// +4   1  version, 0
/// +26  1  number n of segments
/// +27  n  their lengths
/// ```
pub(super) fn ogg<R: ReadAt + ?Sized>(origin: &R) -> Result<Missing, Error> {
    let tail = Tail::read(origin, 0..origin.len(), 0)?;
    let last = tail.find_each(b"OggS\0", &[0xff; 5]).next();
    let is_cut = last.is_some_and(|at| {
        let rest = &tail.bytes[at..];
        let n = rest.get(26).copied().map_or(0, usize::from);
        let lens = rest.get(27..27 + n);
        let page =
            lens.map(|lens| 27 + n + lens.iter().map(|&len| usize::from(len)).sum::<usize>());
        page.is_none_or(|page| page > rest.len()) || rest.len() < 27
    });
    Ok(is_cut.then_some("the last page ends past the file"))
}

/// The last block says how far its samples go, the first how many there are.
///
/// ```text
/// +0   4  "wvpk"
/// +4   4  length of the block without these 8 bytes, little-endian
/// +12  4  number of samples in all; ffffffff if that is not known
/// +16  4  number of the first sample in the block
/// +20  4  number of samples in the block
/// ```
///
/// WavPack 4 & 5 Binary File / Block Format, §2.0.
pub(super) fn wavpack<R: ReadAt + ?Sized>(origin: &R) -> Result<Missing, Error> {
    let head = Tail {
        bytes: read::read_exact_at(origin, 0, origin.len().min(32))?,
    };
    let tail = Tail::read(origin, before_tag(origin, Format::WavPack), MOST)?;
    let Some(total) = head.number(12).filter(|&total| total != u32::MAX) else {
        return Ok(None);
    };
    let end_of = |at: usize| {
        let len = usize::try_from(tail.number(at + 4)?).ok()?.checked_add(8)?;
        let samples = tail.number(at + 16)?.checked_add(tail.number(at + 20)?)?;
        (at.checked_add(len)? <= tail.bytes.len()).then_some(samples)
    };
    let is_last = |at: usize| end_of(at).is_some_and(|end| end >= total);
    let is_whole = tail.find_each(b"wvpk", &[0xff; 4]).any(is_last);
    Ok((!is_whole).then_some("the last block is not there"))
}

/// A stream of version 8 ends with an empty packet `SE`.
pub(super) fn musepack<R: ReadAt + ?Sized>(origin: &R) -> Result<Missing, Error> {
    let mut magic = [0; 4];
    read::up_to(origin, 0, &mut magic)?;
    let tail = Tail::read(origin, before_tag(origin, Format::Musepack), 0)?;
    let is_cut = magic == *b"MPCK" && tail.find_each(b"SE\x03", &[0xff; 3]).next().is_none();
    Ok(is_cut.then_some("the packet that ends the stream is not there"))
}

/// Returns where the stream is of a file that is tagged by APEv2, whose pictures can be large; all of
/// it if the tag is none that can be read.
fn before_tag<R: ReadAt + ?Sized>(origin: &R, format: Format) -> Range<u64> {
    ape::audio(origin, format).unwrap_or(0..origin.len())
}
