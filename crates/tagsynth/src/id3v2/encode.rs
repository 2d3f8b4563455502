//! From the parts of a frame to its data.

use std::ops::Range;

use super::Version;
use super::frame::{Blob, Frame, Part};
use super::text::Encoding;
use crate::Error;

/// The data of a frame: what is held in memory, and what follows it in the origin.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Data {
    pub(crate) held: Vec<u8>,
    pub(crate) origin: Option<Range<u64>>,
}

impl Data {
    /// Returns the length in bytes.
    pub(crate) fn len(&self) -> u64 {
        let origin = self
            .origin
            .as_ref()
            .map_or(0, |range| range.end - range.start);
        self.held.len() as u64 + origin
    }
}

/// Returns the data of `frame` in a tag of this version.
///
/// Version 2.3 has no UTF-8, and one value to a frame: several are joined with slashes.
///
/// # Errors
///
/// [`Error::Malformed`] if the frame's encoding lacks a character of its texts.
pub(crate) fn data(frame: &Frame, version: Version) -> Result<Data, Error> {
    let encoding = match (version, frame.encoding) {
        (Version::V23, Encoding::Utf16Be | Encoding::Utf8) => Encoding::Utf16,
        (_, encoding) => encoding,
    };
    let mut data = Data::default();
    if frame.layout().encoded {
        data.held.push(encoding.byte());
    }
    for part in &frame.parts {
        write(part, encoding, version, &mut data)?;
    }
    Ok(data)
}

fn write(part: &Part, encoding: Encoding, version: Version, data: &mut Data) -> Result<(), Error> {
    let held = &mut data.held;
    let mut text = |text: &str| {
        encoding.encode(text, held).ok_or(Error::Malformed {
            what: "an ID3v2 frame with a character that its encoding lacks",
            offset: 0,
        })
    };
    match part {
        Part::Text(value) => text(value)?,
        Part::Texts(values) if version == Version::V23 => text(&values.join("/"))?,
        Part::Texts(values) => values.iter().try_for_each(|value| text(value))?,
        Part::Stamps(values) => values.iter().try_for_each(|value| text(&value.text('T')))?,
        Part::Pairs(pairs) => pairs.iter().flatten().try_for_each(|value| text(value))?,
        Part::Timed(lines) => {
            for (line, time) in lines {
                encoding.encode(line, held).ok_or(Error::Malformed {
                    what: "an ID3v2 frame with a character that its encoding lacks",
                    offset: 0,
                })?;
                held.extend_from_slice(time);
            }
        }
        Part::Latin1(bytes) => {
            held.extend_from_slice(bytes);
            held.push(0);
        }
        Part::Raw(bytes) | Part::Binary(Blob::Held(bytes)) => held.extend_from_slice(bytes),
        Part::Binary(Blob::Origin(range)) => data.origin = Some(range.clone()),
        Part::Frames(tag) => held.append(&mut super::write::nested(tag, version)?),
    }
    Ok(())
}
