//! Pictures as FLAC holds them, in blocks of its own, and Vorbis comments as Base64 text.
//!
//! ```text
//! offset  width  field
//! 0       4      type; 3 is the front cover
//! 4       4      length m of the media type
//! 8       m      media type
//! 8+m     4      length d of the description
//! 12+m    d      description, UTF-8
//! 12+m+d  16     width, height, depth, colours; zeros where they are not known
//! 28+m+d  4      length of the picture's data
//! 32+m+d         data
//! ```
//!
//! RFC 9639 §8.8; numbers are big-endian.

use splice::ReadAt;

use crate::read::Window;
use crate::{Cover, Error};

/// The type of a front cover (RFC 9639 §8.8, Table 13).
const FRONT_COVER: u32 = 3;

/// Returns what stands in front of the data of a cover, as mediafile writes it.
///
/// # Errors
///
/// [`Error::TooLarge`] if the length of the data does not fit its field.
pub(crate) fn lead(cover: Cover<'_>) -> Result<Vec<u8>, Error> {
    let len = cover.data().len();
    let len = u32::try_from(len).map_err(|_| Error::TooLarge {
        what: "the cover",
        len,
        limit: u32::MAX.into(),
    })?;
    let media_type = cover.kind().media_type();
    let media_type_len = u32::try_from(media_type.len()).expect("ten bytes or less");
    let mut bytes = Vec::with_capacity(64);
    bytes.extend(FRONT_COVER.to_be_bytes());
    bytes.extend(media_type_len.to_be_bytes());
    bytes.extend(media_type.as_bytes());
    bytes.extend([0; 4 + 16]); // no description, and nothing known of the picture
    bytes.extend(len.to_be_bytes());
    Ok(bytes)
}

/// Returns how many bytes the picture at `offset` takes, whatever length its container states.
pub(crate) fn measure<R: ReadAt + ?Sized>(
    window: &mut Window<'_, R>,
    offset: u64,
) -> Result<u64, Error> {
    let mut at = offset + 4;
    for skipped in [0, 16, 0] {
        at += 4 + u64::from(u32::from_be_bytes(window.array(at)?)) + skipped;
    }
    window.get(at, 0)?;
    Ok(at - offset)
}
