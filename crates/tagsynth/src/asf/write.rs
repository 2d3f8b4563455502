//! From objects and attributes to the bytes of a header.

use splice::Segment;

use super::attribute::{Attribute, short_len, too_large, utf16_len};
use super::guid::{self, Guid};
use super::pieces::Pieces;
use super::read::{EXTENSION_LEN, HEADER_LEN, Header, Home, OBJECT_HEADER, Object};
use super::tags::Homes;
use crate::Error;

/// What stands at the end of a Header's head (ASF §3.1, Reserved 1 and 2).
const HEADER_RESERVED: [u8; 2] = [1, 2];
/// What stands behind [`guid::RESERVED_1`] (ASF §3.4, Reserved Field 2).
const EXTENSION_RESERVED: [u8; 2] = [6, 0];
/// Where in the content of File Properties the size of the file is, and the flags (ASF §3.2).
const FILE_SIZE: usize = 16;
const FLAGS: usize = 64;
/// The flag that makes the size of the file invalid (ASF §3.2, Broadcast Flag).
const BROADCAST: u8 = 1;

/// What the objects that hold attributes hold, by [`Home`].
#[derive(Debug, Default)]
pub(crate) struct Contents([Pieces; 4]);

impl Contents {
    fn of(&self, home: Home) -> &Pieces {
        &self.0[home as usize]
    }
}

/// Writes down the attributes.
///
/// # Errors
///
/// [`Error::TooLarge`] if a length or a count does not fit its field.
pub(crate) fn contents(homes: &Homes<'_>) -> Result<Contents, Error> {
    let mut contents = Contents::default();
    let [description, extended, metadata, library] = &mut contents.0;
    for text in homes.descriptions {
        let len = short_len(text.map_or(0, utf16_len))?;
        description.put(&len.to_le_bytes());
    }
    for text in homes.descriptions.into_iter().flatten() {
        description.put_utf16(text);
    }
    put_all(extended, &homes.extended.items, Attribute::write_extended)?;
    put_all(metadata, &homes.metadata.items, Attribute::write_metadata)?;
    put_all(library, &homes.library, Attribute::write_library)?;
    Ok(contents)
}

/// Writes down the number of attributes, and then each of them.
fn put_all<'t>(
    pieces: &mut Pieces,
    attributes: &[&'t Attribute<'t>],
    write: fn(&'t Attribute<'t>, &mut Pieces) -> Result<(), Error>,
) -> Result<(), Error> {
    let count = attributes.len();
    let count = u16::try_from(count)
        .map_err(|_| too_large("the number of attributes", count as u64, u16::MAX.into()))?;
    pieces.put(&count.to_le_bytes());
    attributes
        .iter()
        .try_for_each(|attribute| write(attribute, pieces))
}

impl Header {
    /// Leaves one object of each kind that holds attributes, in its place, and adds what is missing.
    ///
    /// mutagen leaves all that there are, each with all attributes, and reads them all.
    pub(crate) fn complete(&mut self) {
        let is_extension = |object: &Object| matches!(object, Object::Extension(_));
        keep_one(&mut self.objects, &[Home::Description, Home::Extended]);
        if !self.objects.iter().any(is_extension) {
            self.objects.push(Object::Extension(Vec::new()));
        }
        keep_nested(&mut self.objects, &[Home::Metadata, Home::Library]);
    }

    /// Adds to the size that the File Properties state, for a file that is longer `by` so much.
    ///
    /// So a size that is right stays right, and one that is wrong stays as wrong as it was.
    pub(crate) fn grow(&mut self, by: u64) {
        let properties = self.objects.iter_mut().find_map(|object| match object {
            Object::Kept {
                guid: guid::FILE_PROPERTIES,
                content: Segment::Generated(bytes),
            } => Some(bytes),
            _ => None,
        });
        if let Some(properties) = properties
            && let Some(grown) = grown(properties, by)
        {
            *properties = grown.into();
        }
    }
}

/// Returns File Properties of a file that is longer `by` so much; `None` if they do not say how long.
fn grown(properties: &[u8], by: u64) -> Option<Vec<u8>> {
    let is_valid = properties.get(FLAGS)? & BROADCAST == 0;
    let size = u64::from_le_bytes(*properties.get(FILE_SIZE..)?.first_chunk()?);
    (is_valid && size > 0).then(|| {
        let mut grown = properties.to_vec();
        grown[FILE_SIZE..FILE_SIZE + 8].copy_from_slice(&size.saturating_add(by).to_le_bytes());
        grown
    })
}

/// Leaves one object of each of `homes`, at the end if there is none, and nothing of other kinds.
fn keep_one(objects: &mut Vec<Object>, homes: &[Home]) {
    let mut missing = homes.to_vec();
    objects.retain(|object| match object {
        Object::Tags(home) => {
            let place = missing.iter().position(|missing| missing == home);
            place.map(|place| missing.remove(place)).is_some()
        }
        _ => true,
    });
    objects.extend(missing.into_iter().map(Object::Tags));
}

/// Leaves one object of each of `homes` in the first header extension, and none in others.
fn keep_nested(objects: &mut [Object], mut homes: &[Home]) {
    for object in objects {
        if let Object::Extension(objects) = object {
            keep_one(objects, std::mem::take(&mut homes));
            keep_nested(objects, &[]);
        }
    }
}

/// Returns the length of a header without padding.
pub(crate) fn header_len(header: &Header, contents: &Contents) -> u64 {
    HEADER_LEN + objects_len(&header.objects, contents)
}

fn objects_len(objects: &[Object], contents: &Contents) -> u64 {
    objects
        .iter()
        .map(|object| object_len(object, contents))
        .sum()
}

fn object_len(object: &Object, contents: &Contents) -> u64 {
    OBJECT_HEADER
        + match object {
            Object::Tags(home) => contents.of(*home).len(),
            Object::Extension(objects) => EXTENSION_LEN + objects_len(objects, contents),
            Object::Kept { content, .. } => content.len(),
            Object::Padding => return 0,
        }
}

/// Writes a header of `len` bytes: what the objects leave of them is padding.
///
/// # Errors
///
/// [`Error::TooLarge`] if the length of an extension does not fit its field.
pub(crate) fn header(header: &Header, contents: &Contents, len: u64) -> Result<Pieces, Error> {
    let padding = len - HEADER_LEN - objects_len(&header.objects, contents);
    let is_written = |object: &&Object| !matches!(object, Object::Padding);
    let n_written = header.objects.iter().filter(is_written).count();
    let count = n_written + usize::from(padding > 0);
    let count = u32::try_from(count).expect("few objects are read");
    let mut pieces = Pieces::default();
    put_object_header(&mut pieces, guid::HEADER, len);
    pieces.put(&count.to_le_bytes());
    pieces.put(&HEADER_RESERVED);
    for object in &header.objects {
        put_object(&mut pieces, object, contents)?;
    }
    if let Some(zeros) = padding.checked_sub(OBJECT_HEADER) {
        put_object_header(&mut pieces, guid::PADDING, padding);
        pieces.segment(&Segment::Zeros(zeros));
    }
    Ok(pieces)
}

fn put_object(pieces: &mut Pieces, object: &Object, contents: &Contents) -> Result<(), Error> {
    let size = object_len(object, contents);
    match object {
        Object::Tags(home) => {
            put_object_header(pieces, home.guid(), size);
            pieces.append(contents.of(*home));
        }
        Object::Extension(objects) => {
            let len = size - OBJECT_HEADER - EXTENSION_LEN;
            let data_size = u32::try_from(len)
                .map_err(|_| too_large("a header extension", len, u32::MAX.into()))?;
            put_object_header(pieces, guid::HEADER_EXTENSION, size);
            pieces.put(&guid::RESERVED_1.to_bytes());
            pieces.put(&EXTENSION_RESERVED);
            pieces.put(&data_size.to_le_bytes());
            for object in objects {
                put_object(pieces, object, contents)?;
            }
        }
        Object::Kept { guid, content } => {
            put_object_header(pieces, *guid, size);
            pieces.segment(content);
        }
        Object::Padding => {}
    }
    Ok(())
}

fn put_object_header(pieces: &mut Pieces, guid: Guid, size: u64) {
    pieces.put(&guid.to_bytes());
    pieces.put(&size.to_le_bytes());
}
