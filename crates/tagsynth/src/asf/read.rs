//! The objects of an ASF header, and the attributes in them.
//!
//! ```text
//! Header                            Header Extension
//! +0   16  HEADER                   +0   16  HEADER_EXTENSION
//! +16  8   its size                 +16  8   its size
//! +24  4   number n of objects      +24  16  RESERVED_1
//! +28  2   01 02                    +40  2   06 00
//! +30      n objects                +42  4   length of the objects
//!                                   +46      objects
//! an object                         Content Description
//! +0   16  GUID                     +0   16  CONTENT_DESCRIPTION
//! +16  8   its size                 +16  8   its size
//! +24      content                  +24  10  five lengths of 2 bytes
//!                                   +34      five texts
//! ```
//!
//! ASF §3.1, §3.4, §3.10. Sizes are little-endian and count the whole object. Objects are read as
//! mutagen reads them; where it forgives what would lose bytes that others read, the file is refused.

use std::ops::Range;

use splice::{ReadAt, Segment};

use super::attribute::Attribute;
use super::decode::{Source, check, malformed};
use super::guid::{self, Guid};
use crate::{Error, read};

/// Width of an object's GUID and size (ASF §2.1).
pub(crate) const OBJECT_HEADER: u64 = 24;
/// Where the objects of a header start (ASF §3.1).
pub(crate) const HEADER_LEN: u64 = 30;
/// Where the objects of a header extension start in its content (ASF §3.4).
pub(crate) const EXTENSION_LEN: u64 = 22;
/// Where the length of these objects is.
const EXTENSION_DATA_SIZE: u64 = 18;
/// The texts of a Content Description (ASF §3.10).
pub(crate) const DESCRIPTIONS: [&str; 5] =
    ["Title", "Author", "Copyright", "Description", "Rating"];

/// More than any file has, and few enough to hold and to walk through.
const MAX_OBJECTS: u64 = 1024;
const MAX_ATTRIBUTES: u64 = 1 << 16;
const MAX_DEPTH: u32 = 4;
/// The most that is looked at behind the last object, where nothing should be.
const MAX_REST: u64 = 64 << 10;

/// The objects that hold attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    Description,
    Extended,
    Metadata,
    Library,
}

impl Home {
    fn of(guid: Guid) -> Option<Self> {
        match guid {
            guid::CONTENT_DESCRIPTION => Some(Self::Description),
            guid::EXTENDED_CONTENT_DESCRIPTION => Some(Self::Extended),
            guid::METADATA => Some(Self::Metadata),
            guid::METADATA_LIBRARY => Some(Self::Library),
            _ => None,
        }
    }

    /// Returns the object's identifier.
    pub(crate) fn guid(self) -> Guid {
        match self {
            Self::Description => guid::CONTENT_DESCRIPTION,
            Self::Extended => guid::EXTENDED_CONTENT_DESCRIPTION,
            Self::Metadata => guid::METADATA,
            Self::Library => guid::METADATA_LIBRARY,
        }
    }
}

/// An object of a header.
#[derive(Debug)]
pub(crate) enum Object {
    /// One that holds attributes: written anew.
    Tags(Home),
    /// A header extension.
    Extension(Vec<Object>),
    /// Padding: made anew.
    Padding,
    /// Any other: copied.
    Kept { guid: Guid, content: Segment },
}

/// Everything before the audio of an ASF file.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) objects: Vec<Object>,
    /// The attributes, by the kind of object and then in the order of the file.
    pub(crate) attributes: Vec<Attribute<'static>>,
    pub(crate) len: u64,
}

impl Header {
    /// Reads the header of an ASF file.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] and [`Error::Truncated`] for what mutagen does not read either, and where
    /// it would drop what others may read; [`Error::TooLarge`] for what no file has.
    pub(crate) fn parse<R: ReadAt + ?Sized>(origin: &R) -> Result<Self, Error> {
        let mut reader = Reader {
            source: Source::new(origin),
            attributes: [const { Vec::new() }; 4],
            n_objects: 0,
        };
        let head: [u8; 30] = reader.source.window.array(0)?;
        let [start @ .., c0, c1, c2, c3, _, _] = head;
        let (guid, len) = object_header(start);
        if guid != guid::HEADER || len < HEADER_LEN {
            return Err(malformed("no ASF header", 0));
        }
        read::check_range(origin, 0, len)?;
        let objects = reader.header_objects(u32::from_le_bytes([c0, c1, c2, c3]), len)?;
        Ok(Self {
            objects,
            attributes: reader.attributes.into_iter().flatten().collect(),
            len,
        })
    }
}

/// A walk through a header.
struct Reader<'a, R: ?Sized> {
    source: Source<'a, R>,
    /// By [`Home`].
    attributes: [Vec<Attribute<'static>>; 4],
    n_objects: u64,
}

impl<R: ReadAt + ?Sized> Reader<'_, R> {
    /// Reads the objects of the header, which ends at `end`.
    fn header_objects(&mut self, count: u32, end: u64) -> Result<Vec<Object>, Error> {
        let mut objects = Vec::new();
        let mut at = HEADER_LEN;
        for _ in 0..count {
            let left = end - at;
            if left < OBJECT_HEADER {
                return Err(malformed("a header that ends before its last object", at));
            }
            let (guid, size) = object_header(self.array(at)?);
            if !(OBJECT_HEADER..=left).contains(&size) {
                return Err(malformed("an object of a wrong size", at));
            }
            objects.push(self.object(guid, at + OBJECT_HEADER..at + size, 0)?);
            at += size;
        }
        self.check_rest(at..end)?;
        Ok(objects)
    }

    /// Reads the objects of a header extension: its last may state a size that goes too far.
    fn extension(&mut self, content: Range<u64>, depth: u32) -> Result<Object, Error> {
        let Range { start, end } = content;
        if end - start < EXTENSION_LEN {
            return Err(malformed("a header extension that is too short", start));
        }
        if depth == MAX_DEPTH {
            return Err(malformed("header extensions within each other", start));
        }
        let mut at = start + EXTENSION_LEN;
        let data_size = u32::from_le_bytes(self.array(start + EXTENSION_DATA_SIZE)?);
        let data_end = at + u64::from(data_size);
        let mut objects = Vec::new();
        while at < data_end {
            if end.saturating_sub(at) < OBJECT_HEADER {
                return Err(malformed("a header extension that ends too early", at));
            }
            let (guid, size) = object_header(self.array(at)?);
            if size < OBJECT_HEADER {
                return Err(malformed("an object of a wrong size", at));
            }
            let next = at.saturating_add(size);
            objects.push(self.object(guid, at + OBJECT_HEADER..next.min(end), depth + 1)?);
            at = next;
        }
        self.check_rest(at.min(end)..end)?;
        Ok(Object::Extension(objects))
    }

    /// Checks that there is nothing behind the last object.
    ///
    /// mutagen drops what is there; it may be objects that were not counted.
    fn check_rest(&mut self, rest: Range<u64>) -> Result<(), Error> {
        let malformed = malformed("something behind the last object", rest.start);
        let len = rest.end - rest.start;
        if len > MAX_REST {
            return Err(malformed);
        }
        let bytes = self.source.window.get(rest.start, len)?;
        if bytes.iter().any(|&byte| byte != 0) {
            return Err(malformed);
        }
        Ok(())
    }

    fn array<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Error> {
        self.source.window.array(at)
    }

    fn object(&mut self, guid: Guid, content: Range<u64>, depth: u32) -> Result<Object, Error> {
        self.n_objects += 1;
        check("the number of objects", self.n_objects, MAX_OBJECTS)?;
        if let Some(home) = Home::of(guid) {
            self.tags(home, content)?;
            return Ok(Object::Tags(home));
        }
        match guid {
            guid::PADDING => Ok(Object::Padding),
            guid::HEADER_EXTENSION => self.extension(content, depth),
            guid => Ok(Object::Kept {
                guid,
                content: self.source.bytes(content)?,
            }),
        }
    }

    /// Reads the attributes of an object.
    fn tags(&mut self, home: Home, content: Range<u64>) -> Result<(), Error> {
        let mut attributes = self.source.attributes(home, content)?;
        self.attributes[home as usize].append(&mut attributes);
        let count: usize = self.attributes.iter().map(Vec::len).sum();
        check("the number of attributes", count as u64, MAX_ATTRIBUTES)
    }
}

/// Splits the GUID and the size in front of an object.
pub(crate) fn object_header(bytes: [u8; 24]) -> (Guid, u64) {
    let (guid, size) = bytes.split_at(16);
    let guid = Guid::from_bytes(guid.try_into().expect("16 bytes"));
    (guid, u64::from_le_bytes(size.try_into().expect("8 bytes")))
}
