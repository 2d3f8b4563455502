//! ID3v2 tags: from bytes to frames, from fields to frames, from frames to bytes.
//!
//! ```text
//! +0   3   "ID3"
//! +3   1   major version: 2, 3 or 4
//! +4   1   revision
//! +5   1   flags: 80 unsynchronised, 40 extended header, 20 experimental, 10 footer
//! +6   4   size of what follows but for the footer, seven bits to a byte
//! +10      extended header, frames, padding of zeros
//!          footer: the header once more, with "3DI"
//! ```
//!
//! ID3v2.4.0-structure §3; the same in 2.3 and 2.2. The tag may be anywhere in an origin: it is in
//! front of MPEG audio, and within chunks of other formats.
//!
//! What is read, dropped, changed and written, down to the order of frames, is what mutagen does:
//! a tag that beets wrote comes out as it was.

mod body;
mod decode;
mod edit;
mod encode;
mod entry;
mod fetch;
mod flags;
mod frame;
mod genre;
mod header;
mod layout;
mod read;
pub(crate) mod sound_check;
mod stamp;
mod style;
mod tag;
mod text;
mod upgrade;
mod write;

pub(crate) use body::Source;
pub(crate) use edit::{apply, set_cover};
pub(crate) use fetch::{copies, places};
#[cfg(test)]
pub(crate) use frame::Blob;
pub(crate) use frame::{Frame, Part};
pub(crate) use genre::{GENRES, resolve as resolve_genres};
pub(crate) use header::{Header, masked as synchsafe_masked, read as read_header};
pub(crate) use layout::{Spec, layout};
pub(crate) use read::tag as read_tag;
pub(crate) use stamp::{Stamp, integer};
pub(crate) use tag::Tag;
pub(crate) use text::{Encoding, latin1, split_at_nul};
pub(crate) use upgrade::{to_v23, to_v24};
pub(crate) use write::{Frames, frames as write_frames};

/// A version of ID3v2 that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    V23,
    V24,
}

impl Version {
    /// Returns the number after the 2.
    pub(crate) fn major(self) -> u8 {
        match self {
            Self::V23 => 3,
            Self::V24 => 4,
        }
    }
}
