//! The metadata blocks of a FLAC file.

use std::ops::Range;

use splice::ReadAt;

use crate::read::Window;
use crate::{Error, picture, vorbis};

/// Marks the file (RFC 9639 §6).
const MARKER: [u8; 4] = *b"fLaC";
/// Types of blocks (RFC 9639 §8.1, Table 1).
const STREAMINFO: u8 = 0;
pub(crate) const PADDING: u8 = 1;
pub(crate) const VORBIS_COMMENT: u8 = 4;
pub(crate) const PICTURE: u8 = 6;
/// The type that would make a block look like a frame (RFC 9639 §8.1).
const FORBIDDEN: u8 = 127;

/// The content of STREAMINFO (RFC 9639 §8.2).
const STREAMINFO_LEN: u64 = 34;
/// The most that a block's length can state: 24 bits (RFC 9639 §8.1).
pub(crate) const MAX_CONTENT: u64 = (1 << 24) - 1;
/// The most blocks that are read: more than any file has, and few enough to hold.
const MAX_BLOCKS: usize = 4096;
/// Blocks up to this length are held and generated; larger ones are extents of the origin.
const MAX_HELD: u64 = 4096;

/// What becomes of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The first VORBIS_COMMENT: edited.
    Comments,
    /// PICTURE: copied, or left out for another.
    Picture,
    /// PADDING: made anew.
    Padding,
    /// Any other: copied.
    Kept,
}

/// A metadata block.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) kind: Kind,
    /// The type, without the bit that marks the last block.
    pub(crate) code: u8,
    /// The length that its header states.
    pub(crate) stated: u64,
    /// Where its content really is.
    pub(crate) content: Range<u64>,
    /// The content, if it is parsed or small.
    pub(crate) bytes: Vec<u8>,
}

impl Block {
    /// Returns the length of the content.
    pub(crate) fn len(&self) -> u64 {
        self.content.end - self.content.start
    }

    /// Returns whether `bytes` are the content.
    pub(crate) fn is_held(&self) -> bool {
        self.bytes.len() as u64 == self.len()
    }

    /// Returns the length to state in a header for the same content.
    ///
    /// Pictures that overflow the 24 bits exist: their readers go by the content, and the length
    /// that they have is as good as any other.
    pub(crate) fn written_len(&self) -> u64 {
        if self.len() > MAX_CONTENT {
            self.stated
        } else {
            self.len()
        }
    }
}

/// Everything before the audio of a FLAC file.
#[derive(Debug)]
pub(crate) struct Header {
    /// Where the first block starts, after the marker.
    pub(crate) first_block: u64,
    pub(crate) blocks: Vec<Block>,
    /// Where the audio starts.
    pub(crate) audio: u64,
}

impl Header {
    /// Finds the blocks of a FLAC file.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] and [`Error::Truncated`] for what mutagen does not read either, and for
    /// a broken file of which it is not certain where its audio starts.
    pub(crate) fn parse<R: ReadAt + ?Sized>(origin: &R) -> Result<Self, Error> {
        let mut window = Window::new(origin);
        let first_block = after_marker(&mut window)?;
        let mut header = Self {
            first_block,
            blocks: Vec::new(),
            audio: first_block,
        };
        while !header.next_block(&mut window)? {}
        header.check(&mut window)?;
        Ok(header)
    }

    /// Returns the first block of comments.
    pub(crate) fn comments(&self) -> Option<&Block> {
        self.blocks
            .iter()
            .find(|block| block.kind == Kind::Comments)
    }

    /// Parses the block where the audio was thought to start; returns whether it is the last.
    fn next_block<R: ReadAt + ?Sized>(
        &mut self,
        window: &mut Window<'_, R>,
    ) -> Result<bool, Error> {
        let [flags, high, middle, low] = window.array(self.audio)?;
        let code = flags & 0x7f;
        let stated = u64::from(u32::from_be_bytes([0, high, middle, low]));
        let start = self.audio + 4;
        let kind = match code {
            VORBIS_COMMENT if self.comments().is_none() => Kind::Comments,
            PADDING => Kind::Padding,
            PICTURE => Kind::Picture,
            _ => Kind::Kept,
        };
        self.check_code(code, stated)?;
        // Some programs state a wrong length for these two, and readers go by their content.
        let len = match code {
            VORBIS_COMMENT => vorbis::measure(window, start)?,
            PICTURE => picture::measure(window, start)?,
            _ => stated,
        };
        let held = match kind {
            Kind::Comments => len,
            Kind::Kept | Kind::Picture if len <= MAX_HELD => len,
            _ => 0,
        };
        let bytes = window.get(start, held)?.to_vec();
        window.get(start + len, 0)?;
        self.audio = start + len;
        self.blocks.push(Block {
            kind,
            code,
            stated,
            content: start..start + len,
            bytes,
        });
        Ok(flags & 0x80 != 0)
    }

    /// Checks what can be told of a block before its content is looked at.
    fn check_code(&self, code: u8, stated: u64) -> Result<(), Error> {
        let malformed = |what| {
            Err(Error::Malformed {
                what,
                offset: self.audio,
            })
        };
        match code {
            STREAMINFO if stated != STREAMINFO_LEN => malformed("STREAMINFO of a wrong length"),
            FORBIDDEN => malformed("block of the forbidden type"),
            _ if self.blocks.len() == MAX_BLOCKS => malformed("more blocks than any file has"),
            _ => Ok(()),
        }
    }

    /// Checks that there is a STREAMINFO, and that frames follow if a block lied about its length.
    ///
    /// STREAMINFO has to come first (RFC 9639 §8.2), but beets writes to files where it does not.
    fn check<R: ReadAt + ?Sized>(&self, window: &mut Window<'_, R>) -> Result<(), Error> {
        if !self.blocks.iter().any(|block| block.code == STREAMINFO) {
            return Err(Error::Malformed {
                what: "no STREAMINFO before the audio",
                offset: self.audio,
            });
        }
        let lied = self.blocks.iter().any(|block| block.stated != block.len());
        if lied && self.audio < window.origin_len() {
            let [first, second] = window.array(self.audio)?;
            // The sync code of a frame: fourteen bits, a zero, any bit (RFC 9639 §9.1).
            if first != 0xff || second & 0xfe != 0xf8 {
                return Err(Error::Malformed {
                    what: "no frame after blocks of wrong lengths",
                    offset: self.audio,
                });
            }
        }
        Ok(())
    }
}

/// Returns the four bytes in front of a block's content.
pub(crate) fn header(code: u8, last: bool, len: u64) -> [u8; 4] {
    let len = u32::try_from(len.min(MAX_CONTENT)).expect("at most 24 bits");
    let mut bytes = len.to_be_bytes();
    bytes[0] = code | u8::from(last) << 7;
    bytes
}

/// Returns where the first block starts: after the marker, which an ID3v2 tag may precede.
fn after_marker<R: ReadAt + ?Sized>(window: &mut Window<'_, R>) -> Result<u64, Error> {
    let mut at = 0;
    let start: [u8; 4] = window.array(0)?;
    if start.starts_with(b"ID3") {
        // Ten bytes, of which the last four are the length, seven bits in each (ID3v2.4 §3.1).
        let head: [u8; 10] = window.array(0)?;
        let len = head[6..]
            .iter()
            .fold(0, |len, &byte| len << 7 | u64::from(byte & 0x7f));
        at = 10 + len;
    }
    if window.array(at)? != MARKER {
        return Err(Error::Malformed {
            what: "no FLAC marker",
            offset: at,
        });
    }
    Ok(at + 4)
}
