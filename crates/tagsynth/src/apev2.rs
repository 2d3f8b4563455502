//! APEv2 tags at the end of MPEG files.
//!
//! ```text
//! header  32   optional, laid out like the footer
//! items    n
//! footer  32
//! +0       8   "APETAGEX"
//! +8       4   version, little-endian
//! +12      4   size of items and footer, little-endian
//! +16      4   number of items
//! +20      4   flags; bit 31: there is a header
//! +24      8   zeros
//! ```
//!
//! There is no other standard than the wiki of its makers
//! (<https://wiki.hydrogenaudio.org/index.php?title=APEv2_specification>).

use std::ops::Range;

use splice::ReadAt;

use crate::{Error, read};

const MARKER: &[u8] = b"APETAGEX";
/// Length of a header, and of a footer.
const FOOTER: u64 = 32;
/// The flag for a header in front of the items.
const HAS_HEADER: u32 = 1 << 31;

/// Finds the tag that ends where `audio`, which takes it in, ends.
///
/// # Errors
///
/// [`Error::Read`] if the origin cannot be read.
pub(crate) fn find<R: ReadAt + ?Sized>(
    origin: &R,
    audio: Range<u64>,
) -> Result<Option<Range<u64>>, Error> {
    let Some(footer) = audio
        .end
        .checked_sub(FOOTER)
        .filter(|&at| at >= audio.start)
    else {
        return Ok(None);
    };
    let bytes = read::read_exact_at(origin, footer, FOOTER)?;
    if !bytes.starts_with(MARKER) {
        return Ok(None);
    }
    let number = |at: usize| {
        bytes[at..at + 4]
            .iter()
            .rev()
            .fold(0, |n, &b| n << 8 | u32::from(b))
    };
    let header = if number(20) & HAS_HEADER != 0 {
        FOOTER
    } else {
        0
    };
    let len = u64::from(number(12)) + header;
    let start = audio
        .end
        .checked_sub(len)
        .filter(|&start| start >= audio.start);
    // A size that leads anywhere else is a lie, and what it covers may be audio.
    let is_sound = len >= FOOTER + header;
    Ok(start.filter(|_| is_sound).map(|start| start..audio.end))
}
