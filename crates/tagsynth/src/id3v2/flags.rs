//! What the flags of a frame do to its data (ID3v2.3 §3.3.1; 2.4 §4.1).

use std::borrow::Cow;

use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_zlib_with_limit};

use super::decode::Broken;
use crate::Error;

/// 2.3: the data are compressed, behind four bytes of their length.
const V23_COMPRESSED: u16 = 0x0080;
const V23_ENCRYPTED: u16 = 0x0040;
/// 2.4: the data are compressed.
const V24_COMPRESSED: u16 = 0x0008;
const V24_ENCRYPTED: u16 = 0x0004;
const V24_UNSYNCHRONISED: u16 = 0x0002;
/// 2.4: four bytes before the data tell their length.
const V24_DATA_LENGTH: u16 = 0x0001;

/// Returns whether a frame's data are what they are, without decoding.
///
/// The flag that the frame belongs to a group announces a byte before the data, which mutagen takes
/// for part of them; so it changes nothing here.
pub(crate) fn is_plain(flags: u16, major: u8, unsynchronised: bool) -> bool {
    match major {
        4 => {
            let decoded = V24_COMPRESSED | V24_ENCRYPTED | V24_UNSYNCHRONISED | V24_DATA_LENGTH;
            flags & decoded == 0 && !unsynchronised
        }
        3 => flags & (V23_COMPRESSED | V23_ENCRYPTED) == 0,
        _ => true,
    }
}

/// Returns a frame's data, decoded; they may grow to `limit` bytes.
pub(crate) fn decode(
    data: &[u8],
    flags: u16,
    major: u8,
    unsynchronised: bool,
    limit: u64,
) -> Result<Cow<'_, [u8]>, Broken> {
    match major {
        4 => decode_v24(data, flags, unsynchronised, limit),
        3 => decode_v23(data, flags, limit),
        _ => Ok(Cow::Borrowed(data)),
    }
}

fn decode_v24(
    data: &[u8],
    flags: u16,
    unsynchronised: bool,
    limit: u64,
) -> Result<Cow<'_, [u8]>, Broken> {
    let has_length = flags & (V24_COMPRESSED | V24_DATA_LENGTH) != 0;
    let (length, data) = data.split_at(if has_length { data.len().min(4) } else { 0 });
    let mut data = Cow::Borrowed(data);
    if (flags & V24_UNSYNCHRONISED != 0 || unsynchronised)
        && let Some(decoded) = synchronised(&data)
    {
        data = Cow::Owned(decoded);
    }
    if flags & V24_ENCRYPTED != 0 {
        return Err(Broken::Encrypted);
    }
    if flags & V24_COMPRESSED == 0 {
        return Ok(data);
    }
    match inflated(&data, limit) {
        // Some writers left the length out.
        Err(Broken::Junk) => inflated(&[length, &data].concat(), limit),
        other => other,
    }
    .map(Cow::Owned)
}

fn decode_v23(data: &[u8], flags: u16, limit: u64) -> Result<Cow<'_, [u8]>, Broken> {
    let compressed = flags & V23_COMPRESSED != 0;
    let data = if compressed {
        data.get(4..).ok_or(Broken::Junk)?
    } else {
        data
    };
    if flags & V23_ENCRYPTED != 0 {
        return Err(Broken::Encrypted);
    }
    if compressed {
        inflated(data, limit).map(Cow::Owned)
    } else {
        Ok(Cow::Borrowed(data))
    }
}

fn inflated(data: &[u8], limit: u64) -> Result<Vec<u8>, Broken> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    decompress_to_vec_zlib_with_limit(data, limit).map_err(|error| match error.status {
        TINFLStatus::HasMoreOutput => Broken::Fatal(Error::TooLarge {
            what: "an ID3v2 frame in memory",
            len: error.output.len() as u64 + 1,
            limit: limit as u64,
        }),
        _ => Broken::Junk,
    })
}

/// Undoes unsynchronisation: drops the zero after each `FF` (2.4 §6.1).
///
/// `None` if the data cannot have been unsynchronised: they end in `FF` or have a false sync.
pub(crate) fn synchronised(data: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(data.len());
    let mut bytes = data.iter().copied();
    while let Some(byte) = bytes.next() {
        decoded.push(byte);
        if byte == 0xff {
            match bytes.next()? {
                0 => {}
                sync if sync >= 0xe0 => return None,
                other => decoded.push(other),
            }
        }
    }
    Some(decoded)
}
