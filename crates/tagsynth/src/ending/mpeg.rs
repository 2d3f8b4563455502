//! The Xing or Info header of MPEG audio says how long the stream is.
//!
//! ```text
//! +0  4  "Xing" or "Info"
//! +4  4  flags: 1 frames, 2 bytes
//! +8  4  number of frames, where there is one
//!     4  number of bytes, where there is one
//! ```
//!
//! There is no other standard than what encoders write.

use splice::ReadAt;

use super::Missing;
use crate::{Error, id3v1, mp3};

/// How far into a frame the header can be, and its length.
const REACH: u64 = 36 + 16;
const HAS_FRAMES: u32 = 1;
const HAS_BYTES: u32 = 2;

pub(super) fn ends_early<R: ReadAt + ?Sized>(origin: &R) -> Result<Missing, Error> {
    let start = mp3::first_frame(origin)?;
    let end = id3v1::find(origin)?.map_or(origin.len(), |v1| v1.start);
    let left = end.saturating_sub(start);
    let head = crate::read::read_exact_at(origin, start, left.min(REACH))?;
    let stated = stated_len(&head).unwrap_or(0);
    Ok((stated > left).then_some("the stream is shorter than its header says"))
}

fn stated_len(head: &[u8]) -> Option<u64> {
    let is_header = |word: &[u8]| matches!(word, b"Xing" | b"Info");
    let at = head.windows(4).position(is_header)?;
    let number = |at: usize| {
        let bytes = head.get(at..)?.first_chunk::<4>()?;
        Some(u32::from_be_bytes(*bytes))
    };
    let flags = number(at + 4)?;
    let skipped = if flags & HAS_FRAMES == 0 { 8 } else { 12 };
    let stated = (flags & HAS_BYTES != 0).then(|| number(at + skipped))??;
    Some(stated.into())
}
