//! What tells Vorbis from Opus.
//!
//! ```text
//! Vorbis I §4.2                          RFC 7845 §5
//! "\x01vorbis" identification, 30 bytes  "OpusHead" identification, 19 bytes or more
//! +12  4  sample rate, not zero          +8  1  version; its upper half is 0
//! "\x03vorbis" comments                  "OpusTags" comments
//! +c   1  framing bit: 1                 +c     padding, or something else if its first bit is 1
//! +c+1    padding
//! "\x05vorbis" setup
//! ```
//!
//! Comments are from the magic word to `c`. That what follows the framing bit is padding is an
//! agreement among taggers, and decoders do not look there.

use crate::{Error, Format};

/// A codec that beets writes tags of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    Opus,
    Vorbis,
}

/// What a comment packet has after its comments that must stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rest<'a> {
    pub(crate) kept: &'a [u8],
    /// Whether padding can follow.
    pub(crate) can_be_padded: bool,
}

impl Codec {
    pub(crate) fn format(self) -> Format {
        match self {
            Self::Opus => Format::Opus,
            Self::Vorbis => Format::Vorbis,
        }
    }

    /// Returns what the packet starts with that identifies the stream.
    pub(crate) fn id_magic(self) -> &'static [u8] {
        match self {
            Self::Opus => b"OpusHead",
            Self::Vorbis => b"\x01vorbis",
        }
    }

    /// Returns what the packets after it start with, up to the audio.
    pub(crate) fn magics(self) -> &'static [&'static [u8]] {
        match self {
            Self::Opus => &[b"OpusTags"],
            Self::Vorbis => &[b"\x03vorbis", b"\x05vorbis"],
        }
    }

    /// Returns what keeps beets from reading a stream that starts with this packet, if anything does.
    pub(crate) fn fault(self, id: &[u8]) -> Option<&'static str> {
        match self {
            Self::Opus if id.len() < 19 => Some("Opus identification cut short"),
            Self::Opus if id[8] >> 4 != 0 => Some("Opus of an unknown version"),
            Self::Vorbis if id.len() < 28 => Some("Vorbis identification cut short"),
            Self::Vorbis if id[12..16] == [0; 4] => Some("Vorbis without a sample rate"),
            _ => None,
        }
    }

    /// Divides what follows the comments of a packet; `offset` is where it is.
    pub(crate) fn rest(self, bytes: &[u8], offset: u64) -> Result<Rest<'_>, Error> {
        let is_odd = bytes.first().is_some_and(|byte| byte & 1 == 1);
        match self {
            Self::Vorbis if !is_odd => Err(Error::Malformed {
                what: "comments without a framing bit",
                offset,
            }),
            Self::Vorbis => Ok(Rest {
                kept: b"\x01",
                can_be_padded: true,
            }),
            Self::Opus => Ok(Rest {
                kept: if is_odd { bytes } else { b"" },
                can_be_padded: !is_odd,
            }),
        }
    }
}
