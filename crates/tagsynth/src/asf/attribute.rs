//! Attributes: named values with a type.
//!
//! ```text
//! of an Extended Content Description        of Metadata and of a Metadata Library
//! +0  2  length n of the name               +0   2  index of a language; 0 in Metadata
//! +2  n  name                               +2   2  number of a stream; 0 is the file
//!     2  type                               +4   2  length n of the name
//!     2  length v of the value              +6   2  type
//!     v  value                              +8   4  length v of the value
//!                                           +12  n  name
//!                                                v  value
//! ```
//!
//! ASF §3.11, §4.7, §4.8; everything is little-endian. Names and texts are UTF-16 with a zero at
//! the end, which their length counts.

use std::borrow::Cow;

use splice::Segment;

use super::pieces::Pieces;
use crate::Error;

/// Types of values (ASF §4.8, Data Type).
pub(crate) const UNICODE: u16 = 0;
pub(crate) const BYTE_ARRAY: u16 = 1;
pub(crate) const BOOL: u16 = 2;
pub(crate) const DWORD: u16 = 3;
pub(crate) const QWORD: u16 = 4;
pub(crate) const WORD: u16 = 5;
pub(crate) const GUID: u16 = 6;

/// A truth in an Extended Content Description (ASF §3.11).
pub(crate) const LONG_BOOL: u64 = 4;
/// A truth in Metadata or in a Metadata Library (ASF §4.7, §4.8).
pub(crate) const SHORT_BOOL: u64 = 2;

/// The longest value outside of a Metadata Library: its length has 16 bits (ASF §3.11, §4.7).
pub(crate) const MAX_SHORT: u64 = 0xffff;

/// An attribute, wherever it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attribute<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) value: Data<'a>,
    /// The index of a language, of an attribute that can have one.
    pub(crate) language: Option<u16>,
    /// The number of a stream, of an attribute that can have one.
    pub(crate) stream: Option<u16>,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Data<'a> {
    Text(Cow<'a, str>),
    /// Bytes, wherever they are.
    Bytes(Vec<Segment>),
    Bool(bool),
    Dword(u32),
    Qword(u64),
    Word(u16),
    Guid(Vec<Segment>),
}

impl Data<'_> {
    /// Returns the number of the type.
    pub(crate) fn code(&self) -> u16 {
        match self {
            Self::Text(_) => UNICODE,
            Self::Bytes(_) => BYTE_ARRAY,
            Self::Bool(_) => BOOL,
            Self::Dword(_) => DWORD,
            Self::Qword(_) => QWORD,
            Self::Word(_) => WORD,
            Self::Guid(_) => GUID,
        }
    }

    /// Returns the length in bytes, a truth having as many as `bool_len`.
    fn len(&self, bool_len: u64) -> u64 {
        match self {
            Self::Text(text) => utf16_len(text),
            Self::Bytes(bytes) | Self::Guid(bytes) => bytes.iter().map(Segment::len).sum(),
            Self::Bool(_) => bool_len,
            Self::Dword(_) => 4,
            Self::Qword(_) => 8,
            Self::Word(_) => 2,
        }
    }

    /// Returns whether only a Metadata Library can hold the value.
    pub(crate) fn is_long(&self) -> bool {
        self.len(LONG_BOOL) > MAX_SHORT || matches!(self, Self::Guid(_))
    }

    fn write(&self, bool_len: u64, pieces: &mut Pieces) {
        match self {
            Self::Text(text) => pieces.put_utf16(text),
            Self::Bytes(bytes) | Self::Guid(bytes) => {
                for segment in bytes {
                    pieces.segment(segment);
                }
            }
            Self::Bool(truth) if bool_len == SHORT_BOOL => {
                pieces.put(&u16::from(*truth).to_le_bytes());
            }
            Self::Bool(truth) => pieces.put(&u32::from(*truth).to_le_bytes()),
            Self::Dword(number) => pieces.put(&number.to_le_bytes()),
            Self::Qword(number) => pieces.put(&number.to_le_bytes()),
            Self::Word(number) => pieces.put(&number.to_le_bytes()),
        }
    }
}

impl Attribute<'_> {
    /// Writes the attribute as one of an Extended Content Description.
    pub(crate) fn write_extended(&self, pieces: &mut Pieces) -> Result<(), Error> {
        let len = self.value.len(LONG_BOOL);
        pieces.put(&name_len(&self.name)?.to_le_bytes());
        pieces.put_utf16(&self.name);
        pieces.put(&self.value.code().to_le_bytes());
        pieces.put(&short_len(len)?.to_le_bytes());
        self.value.write(LONG_BOOL, pieces);
        Ok(())
    }

    /// Writes the attribute as one of Metadata.
    pub(crate) fn write_metadata(&self, pieces: &mut Pieces) -> Result<(), Error> {
        self.write_long(0, pieces)
    }

    /// Writes the attribute as one of a Metadata Library.
    pub(crate) fn write_library(&self, pieces: &mut Pieces) -> Result<(), Error> {
        self.write_long(self.language.unwrap_or(0), pieces)
    }

    fn write_long(&self, language: u16, pieces: &mut Pieces) -> Result<(), Error> {
        let len = self.value.len(SHORT_BOOL);
        let value_len =
            u32::try_from(len).map_err(|_| too_large("a value", len, u32::MAX.into()))?;
        pieces.put(&language.to_le_bytes());
        pieces.put(&self.stream.unwrap_or(0).to_le_bytes());
        pieces.put(&name_len(&self.name)?.to_le_bytes());
        pieces.put(&self.value.code().to_le_bytes());
        pieces.put(&value_len.to_le_bytes());
        pieces.put_utf16(&self.name);
        self.value.write(SHORT_BOOL, pieces);
        Ok(())
    }
}

/// Returns the length of a text with its terminating zero.
pub(crate) fn utf16_len(text: &str) -> u64 {
    2 * (text.encode_utf16().count() as u64 + 1)
}

fn name_len(name: &str) -> Result<u16, Error> {
    let len = utf16_len(name);
    u16::try_from(len).map_err(|_| too_large("the name of an attribute", len, MAX_SHORT))
}

/// Returns a length in 16 bits.
pub(crate) fn short_len(len: u64) -> Result<u16, Error> {
    u16::try_from(len).map_err(|_| too_large("a value", len, MAX_SHORT))
}

pub(crate) fn too_large(what: &'static str, len: u64, limit: u64) -> Error {
    Error::TooLarge { what, len, limit }
}
