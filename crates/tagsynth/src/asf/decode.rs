//! From the content of an object to attributes.
//!
//! They are read as mutagen reads them: a last value that is too short is taken as it is, and
//! anything else that is wrong with an attribute makes the file unreadable.

use std::borrow::Cow;
use std::ops::Range;

use splice::{ReadAt, Segment};

use super::attribute::{self, Attribute, Data, too_large};
use super::read::{DESCRIPTIONS, Home};
use crate::Error;
use crate::read::{self, Window};

/// Binary data up to this length are held and generated; longer ones are extents of the origin.
const MAX_HELD: u64 = 4096;
/// How many of the longer ones there can be: each may cost a read to skip it.
const MAX_EXTENTS: u64 = 1024;

/// The bytes of an origin, which are counted when they are held.
pub(crate) struct Source<'a, R: ?Sized> {
    pub(crate) window: Window<'a, R>,
    held: u64,
    n_extents: u64,
}

impl<'a, R: ReadAt + ?Sized> Source<'a, R> {
    /// Looks at `origin`; nothing is read yet.
    pub(crate) fn new(origin: &'a R) -> Self {
        Self {
            window: Window::new(origin),
            held: 0,
            n_extents: 0,
        }
    }

    /// Reads the attributes of an object.
    pub(crate) fn attributes(
        &mut self,
        home: Home,
        content: Range<u64>,
    ) -> Result<Vec<Attribute<'static>>, Error> {
        let mut cursor = Cursor {
            source: self,
            at: content.start,
            end: content.end,
        };
        if home == Home::Description {
            return cursor.descriptions();
        }
        let count = cursor.u16()?;
        let next = |_| match home {
            Home::Description | Home::Extended => cursor.extended(),
            Home::Metadata | Home::Library => cursor.metadata(home == Home::Library),
        };
        (0..count).map(next).collect()
    }

    /// Returns bytes, held if they are few.
    pub(crate) fn bytes(&mut self, range: Range<u64>) -> Result<Segment, Error> {
        let len = range.end - range.start;
        if len <= MAX_HELD {
            self.hold(len)?;
            return Ok(Segment::Generated(
                self.window.get(range.start, len)?.into(),
            ));
        }
        self.n_extents += 1;
        check("the number of long values", self.n_extents, MAX_EXTENTS)?;
        Ok(Segment::Extent(range))
    }

    /// Counts bytes that are about to be held.
    fn hold(&mut self, len: u64) -> Result<(), Error> {
        self.held += len;
        check("the length of all attributes", self.held, read::LARGEST)
    }

    /// Decodes a text, and strips zeros off both of its ends.
    fn text(&mut self, range: Range<u64>) -> Result<Cow<'static, str>, Error> {
        let len = range.end - range.start;
        self.hold(len)?;
        let bytes = self.window.get(range.start, len)?;
        let text = decode_utf16(bytes).ok_or(malformed("a broken text", range.start))?;
        Ok(Cow::from(text.trim_matches('\0').to_owned()))
    }

    /// Reads a value; a truth has as many bytes as `bool_len`.
    fn value(
        &mut self,
        code: u16,
        range: Range<u64>,
        bool_len: u64,
    ) -> Result<Data<'static>, Error> {
        Ok(match code {
            attribute::UNICODE => Data::Text(self.text(range)?),
            attribute::BYTE_ARRAY => Data::Bytes(vec![self.bytes(range)?]),
            attribute::GUID => Data::Guid(vec![self.bytes(range)?]),
            attribute::BOOL => Data::Bool(self.number::<u64>(range, bool_len)? == 1),
            attribute::DWORD => Data::Dword(self.number(range, 4)?),
            attribute::QWORD => Data::Qword(self.number(range, 8)?),
            attribute::WORD => Data::Word(self.number(range, 2)?),
            _ => return Err(malformed("an attribute of an unknown type", range.start)),
        })
    }

    /// Reads a number that takes `len` bytes, and fits its type.
    fn number<T: TryFrom<u64>>(&mut self, range: Range<u64>, len: u64) -> Result<T, Error> {
        let malformed = malformed("a number of a wrong length", range.start);
        if range.end - range.start != len {
            return Err(malformed);
        }
        let bytes = self.window.get(range.start, len)?.iter().rev();
        let number = bytes.fold(0, |number, &byte| number << 8 | u64::from(byte));
        T::try_from(number).map_err(|_| malformed)
    }
}

/// The content of an object that holds attributes, from front to end.
struct Cursor<'s, 'a, R: ?Sized> {
    source: &'s mut Source<'a, R>,
    at: u64,
    end: u64,
}

impl<R: ReadAt + ?Sized> Cursor<'_, '_, R> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        if self.end - self.at < N as u64 {
            return Err(malformed("attributes that end too early", self.at));
        }
        let bytes = self.source.window.array(self.at)?;
        self.at += N as u64;
        Ok(bytes)
    }

    fn u16(&mut self) -> Result<u16, Error> {
        self.array().map(u16::from_le_bytes)
    }

    /// Passes `len` bytes, or those that there are.
    fn take(&mut self, len: u64) -> Range<u64> {
        let start = self.at;
        self.at = start.saturating_add(len).min(self.end);
        start..self.at
    }

    fn descriptions(&mut self) -> Result<Vec<Attribute<'static>>, Error> {
        let lens: [u8; 10] = self.array()?;
        let mut attributes = Vec::new();
        for (name, len) in DESCRIPTIONS.into_iter().zip(lens.as_chunks().0) {
            let len = u16::from_le_bytes(*len);
            let range = self.take(len.into());
            if len > 0 {
                attributes.push(Attribute {
                    name: Cow::from(name),
                    value: Data::Text(self.source.text(range)?),
                    language: None,
                    stream: None,
                });
            }
        }
        Ok(attributes)
    }

    fn extended(&mut self) -> Result<Attribute<'static>, Error> {
        let len = self.u16()?;
        let name = self.take(len.into());
        let (code, len) = (self.u16()?, self.u16()?);
        let value = self.take(len.into());
        Ok(Attribute {
            name: self.source.text(name)?,
            value: self.source.value(code, value, attribute::LONG_BOOL)?,
            language: None,
            stream: None,
        })
    }

    fn metadata(&mut self, in_library: bool) -> Result<Attribute<'static>, Error> {
        let (language, stream) = (self.u16()?, self.u16()?);
        let (name_len, code) = (self.u16()?, self.u16()?);
        let len = u32::from_le_bytes(self.array()?);
        let name = self.take(name_len.into());
        let value = self.take(len.into());
        Ok(Attribute {
            name: self.source.text(name)?,
            value: self.source.value(code, value, attribute::SHORT_BOOL)?,
            language: in_library.then_some(language),
            stream: Some(stream),
        })
    }
}

/// Decodes little-endian UTF-16; `None` if anything is wrong with it.
pub(crate) fn decode_utf16(bytes: &[u8]) -> Option<String> {
    let (pairs, []) = bytes.as_chunks() else {
        return None;
    };
    let units = pairs.iter().copied().map(u16::from_le_bytes);
    char::decode_utf16(units).collect::<Result<_, _>>().ok()
}

/// Checks a length or a count.
pub(crate) fn check(what: &'static str, len: u64, limit: u64) -> Result<(), Error> {
    if len > limit {
        return Err(too_large(what, len, limit));
    }
    Ok(())
}

pub(crate) fn malformed(what: &'static str, offset: u64) -> Error {
    Error::Malformed { what, offset }
}
