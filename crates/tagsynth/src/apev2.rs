//! APEv2 tags, at the end of a file.
//!
//! ```text
//! header  32   optional, laid out like the footer
//! items    n   one after another, each:
//! +0       4     length v of the value, little-endian
//! +4       4     flags, little-endian; bits 1 and 2: 0 text, 1 binary, 2 a reference
//! +8       k     key: 2 to 255 characters of 0x20..=0x7e, in any case
//! +8+k     1     zero
//! +9+k     v     value; texts are UTF-8, and separated by zeros
//! footer  32
//! +0       8     "APETAGEX"
//! +8       4     version, little-endian
//! +12      4     size of items and footer, little-endian
//! +16      4     number of items, little-endian
//! +20      4     flags, little-endian; bit 31: there is a header; bit 29: this is it
//! +24      8     zeros
//! ```
//!
//! There is no other standard than the wiki of its makers
//! (<https://wiki.hydrogenaudio.org/index.php?title=APEv2_specification>). Tags are read as mutagen
//! reads them, and written byte for byte as it writes them.

mod item;
mod picture;
mod place;
mod storage;
mod tag;

use std::ops::Range;

use splice::ReadAt;

pub(crate) use item::{Data, Item, Kind, head};
pub(crate) use place::Place;
pub(crate) use tag::Tag;

use crate::{Error, read};

const MARKER: [u8; 8] = *b"APETAGEX";
/// Length of a header, and of a footer.
pub(crate) const FOOTER: u64 = 32;
/// The version that is written.
const VERSION: u32 = 2000;
/// The flag for a header in front of the items.
const HAS_HEADER: u32 = 1 << 31;
/// The flag of the header itself.
const IS_HEADER: u32 = 1 << 29;

/// What a footer says, or the header that repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Footer {
    pub(crate) version: u32,
    /// Of items and footer.
    pub(crate) size: u32,
    pub(crate) count: u32,
    pub(crate) flags: u32,
}

impl Footer {
    /// Reads a footer or a header; `None` if it is neither.
    pub(crate) fn parse(bytes: [u8; 32]) -> Option<Self> {
        let (marker, rest) = bytes.split_first_chunk()?;
        let number = |index: usize| {
            let (numbers, _) = rest.as_chunks();
            u32::from_le_bytes(numbers[index])
        };
        (*marker == MARKER).then(|| Self {
            version: number(0),
            size: number(1),
            count: number(2),
            flags: number(3),
        })
    }

    /// Writes the footer, or the header.
    fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&MARKER);
        let numbers = [self.version, self.size, self.count, self.flags];
        for (field, number) in bytes[8..].chunks_mut(4).zip(numbers) {
            field.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    fn has_header(self) -> bool {
        self.flags & HAS_HEADER != 0
    }
}

/// Finds the tag that ends where the `audio` of an MPEG file, which takes it in, ends.
///
/// # Errors
///
/// [`Error::Read`] if the origin cannot be read.
pub(crate) fn find<R: ReadAt + ?Sized>(
    origin: &R,
    audio: Range<u64>,
) -> Result<Option<Range<u64>>, Error> {
    let at = audio.end.saturating_sub(FOOTER).max(audio.start);
    let bytes = read::read_exact_at(origin, at, audio.end - at)?;
    let Some(footer) = bytes.try_into().ok().and_then(Footer::parse) else {
        return Ok(None);
    };
    let header = if footer.has_header() { FOOTER } else { 0 };
    let len = u64::from(footer.size) + header;
    let start = audio
        .end
        .checked_sub(len)
        .filter(|&start| start >= audio.start);
    // A size that leads anywhere else is a lie, and what it covers may be audio.
    let is_sound = u64::from(footer.size) >= FOOTER;
    Ok(start.filter(|_| is_sound).map(|start| start..audio.end))
}
