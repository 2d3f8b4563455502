//! The headers of frames.
//!
//! ```text
//! 2.2 §3.2    +0  3  identifier   +3  3  size, big-endian                        +6  data
//! 2.3 §3.3    +0  4  identifier   +4  4  size, big-endian   +8  2  flags        +10  data
//! 2.4 §4      +0  4  identifier   +4  4  size, synchsafe    +8  2  flags        +10  data
//! ```

use std::ops::Range;

use splice::ReadAt;

use super::body::Body;
use super::header;
use super::layout::{Id, layout};
use super::read::MAX_FRAMES;
use crate::Error;

/// The header of a frame, and where its data are.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: Id,
    pub(crate) flags: u16,
    pub(crate) size: u64,
    /// Offset of the header.
    pub(crate) start: u64,
    /// The data, cut off at the end of the tag.
    pub(crate) data: Range<u64>,
}

impl Entry {
    /// Reads the header at `offset`; `None` in padding and at the end.
    pub(crate) fn read<R: ReadAt + ?Sized>(
        body: &mut Body<'_, '_, R>,
        offset: u64,
        major: u8,
        plain: bool,
    ) -> Result<Option<Self>, Error> {
        let header_len = if major == 2 { 6 } else { 10 };
        let end = body.len();
        if end - offset < header_len {
            return Ok(None);
        }
        let (id, size, flags) = match *body.get(offset..offset + header_len)? {
            [id0, id1, id2, s1, s2, s3] => ([id0, id1, id2, 0], [0, s1, s2, s3], 0),
            [id0, id1, id2, id3, s0, s1, s2, s3, ref flags @ ..] => {
                let flags = flags.try_into().map_or(0, u16::from_be_bytes);
                ([id0, id1, id2, id3], [s0, s1, s2, s3], flags)
            }
            _ => return Ok(None),
        };
        if id == [0; 4] {
            return Ok(None);
        }
        let size = number(size, plain);
        let start = offset + header_len;
        let data = start..end.min(start + size);
        Ok(Some(Self {
            id,
            flags,
            size,
            start: offset,
            data,
        }))
    }
}

/// Returns whether a tag of version 2.4 has sizes as plain numbers, as iTunes once wrote them.
///
/// Both readings are tried: the better one meets more known frames, or, if they are equal, does not
/// run past the end.
pub(crate) fn has_plain_sizes<R: ReadAt + ?Sized>(
    body: &mut Body<'_, '_, R>,
) -> Result<bool, Error> {
    let (synchsafe, past_synchsafe) = walk(body, false)?;
    let (plain, past_plain) = walk(body, true)?;
    Ok(plain > synchsafe || (plain == synchsafe && past_synchsafe >= 1 && past_plain <= 1))
}

/// Counts known frames; returns also how far past the end the last one goes.
fn walk<R: ReadAt + ?Sized>(body: &mut Body<'_, '_, R>, plain: bool) -> Result<(u64, i64), Error> {
    let len = body.len();
    let (mut offset, mut known) = (0, 0);
    for _ in 0..MAX_FRAMES {
        if offset + 10 >= len {
            break;
        }
        let header = body.get(offset..offset + 10)?;
        if header == [0; 10] {
            return Ok((known, -((len - offset) % 10).cast_signed()));
        }
        let (&[id, size], _) = header.as_chunks::<4>() else {
            break;
        };
        known += u64::from(layout(id).is_some());
        let size = number(size, plain);
        offset += 10 + size;
    }
    Ok((known, offset.cast_signed() - len.cast_signed()))
}

/// Returns a size, plain or synchsafe.
fn number(size: [u8; 4], plain: bool) -> u64 {
    if plain {
        u64::from(u32::from_be_bytes(size))
    } else {
        header::masked(size)
    }
}
