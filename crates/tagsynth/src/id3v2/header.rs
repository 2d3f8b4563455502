//! The header of a tag, its extended header and its footer (ID3v2.4.0-structure §3).

use splice::ReadAt;

use super::body::Source;
use super::layout::layout;
use crate::Error;

/// Length of the header, and of the footer.
pub(crate) const HEADER: u64 = 10;

/// Set where the tag, or in 2.4 every frame, is unsynchronised.
const UNSYNCHRONISED: u8 = 0x80;
/// Set where an extended header follows.
const EXTENDED: u8 = 0x40;
/// Set where a footer follows the frames.
const FOOTER: u8 = 0x10;

/// What the header of a tag says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// 2, 3 or 4.
    pub(crate) major: u8,
    pub(crate) revision: u8,
    pub(crate) unsynchronised: bool,
    /// Offset in the origin of the first frame.
    pub(crate) frames: u64,
    /// Offset in the origin of the end of frames and padding.
    pub(crate) end: u64,
    /// Offset in the origin of the end of the tag, the footer included.
    pub(crate) tag_end: u64,
}

/// Reads the header at `start`; `None` if no tag starts there.
///
/// # Errors
///
/// Where mutagen gives up: unknown versions and flags, lengths that are not synchsafe, tags that
/// end past the origin.
pub(crate) fn read<R: ReadAt + ?Sized>(
    source: &mut Source<'_, R>,
    start: u64,
) -> Result<Option<Header>, Error> {
    let malformed = |what| {
        Err(Error::Malformed {
            what,
            offset: start,
        })
    };
    if source.len().saturating_sub(start) < HEADER {
        return Ok(None);
    }
    let [b'I', b'D', b'3', major, revision, flags, size @ ..] = source.array::<10>(start)? else {
        return Ok(None);
    };
    if !(2..=4).contains(&major) {
        return malformed("an ID3v2 tag of unknown version");
    }
    let undefined = match major {
        4 => 0x0f,
        3 => 0x1f,
        _ => 0,
    };
    if flags & undefined != 0 {
        return malformed("an ID3v2 tag with unknown flags");
    }
    let Some(size) = synchsafe(size) else {
        return malformed("an ID3v2 tag whose size is not synchsafe");
    };
    let end = start + HEADER + size;
    let frames = match flags & EXTENDED {
        0 => start + HEADER,
        _ => start + HEADER + extended_len(source, start + HEADER, major)?,
    };
    if frames > end || end > source.len() {
        return malformed("an ID3v2 tag that is longer than its file");
    }
    let footer = major == 4 && flags & FOOTER != 0 && starts_footer(source, end)?;
    Ok(Some(Header {
        major,
        revision,
        unsynchronised: flags & UNSYNCHRONISED != 0,
        frames,
        end,
        tag_end: if footer { end + HEADER } else { end },
    }))
}

/// Returns the length of the extended header: nothing where a frame stands in its place.
fn extended_len<R: ReadAt + ?Sized>(
    source: &mut Source<'_, R>,
    start: u64,
    major: u8,
) -> Result<u64, Error> {
    let malformed = Error::Malformed {
        what: "an ID3v2 extended header of impossible length",
        offset: start,
    };
    let size: [u8; 4] = source.array(start)?;
    if layout(size).is_some() {
        return Ok(0);
    }
    match major {
        // 2.4 counts the length itself, earlier versions do not.
        4 => synchsafe(size).filter(|&len| len >= 4).ok_or(malformed),
        _ => Ok(4 + u64::from(u32::from_be_bytes(size))),
    }
}

fn starts_footer<R: ReadAt + ?Sized>(
    source: &mut Source<'_, R>,
    start: u64,
) -> Result<bool, Error> {
    let fits = source.len() - start >= HEADER;
    Ok(fits && source.array::<3>(start)? == *b"3DI")
}

/// Returns a number of seven bits to a byte, unless an eighth bit is set.
pub(crate) fn synchsafe(bytes: [u8; 4]) -> Option<u64> {
    let clear = bytes.iter().all(|byte| byte & 0x80 == 0);
    clear.then(|| masked(bytes))
}

/// Returns a number of seven bits to a byte, whatever the eighth.
pub(crate) fn masked(bytes: [u8; 4]) -> u64 {
    bytes
        .iter()
        .fold(0, |all, &byte| all << 7 | u64::from(byte & 0x7f))
}

/// Returns `number` in seven bits to a byte, if it fits.
pub(crate) fn to_synchsafe(number: u64) -> Option<[u8; 4]> {
    let digit = |shift: u32| u8::try_from(number >> shift & 0x7f).expect("seven bits");
    (number < 1 << 28).then(|| [digit(21), digit(14), digit(7), digit(0)])
}
