//! From the parts of a frame to its data.

use super::Version;
use super::frame::{Blob, Frame, Part};
use super::text::Encoding;
use crate::Error;

/// Appends the data of `frame` in a tag of this version to `held`; returns what follows it elsewhere.
///
/// Version 2.3 has no UTF-8, and one value to a frame: several are joined with slashes.
///
/// # Errors
///
/// [`Error::Malformed`] if the frame's encoding lacks a character of its texts.
pub(crate) fn data(frame: &Frame, version: Version, held: &mut Vec<u8>) -> Result<Blob, Error> {
    let encoding = match (version, frame.encoding) {
        (Version::V23, Encoding::Utf16Be | Encoding::Utf8) => Encoding::Utf16,
        (_, encoding) => encoding,
    };
    if frame.layout().encoded {
        held.push(encoding.byte());
    }
    let mut data = Data {
        encoding,
        version,
        held,
        tail: Blob::default(),
    };
    frame.parts.iter().try_for_each(|part| data.part(part))?;
    Ok(data.tail)
}

/// The data of a frame in the making.
struct Data<'h> {
    encoding: Encoding,
    version: Version,
    held: &'h mut Vec<u8>,
    tail: Blob,
}

impl Data<'_> {
    fn part(&mut self, part: &Part) -> Result<(), Error> {
        match part {
            Part::Text(text) => self.text(text)?,
            Part::Texts(texts) if self.version == Version::V23 => self.text(&texts.join("/"))?,
            Part::Texts(texts) => self.texts(texts)?,
            Part::Stamps(stamps) => {
                (stamps.iter()).try_for_each(|stamp| self.text(&stamp.text('T')))?;
            }
            Part::Pairs(pairs) => self.texts(pairs.as_flattened())?,
            Part::Timed(lines) => {
                for (line, time) in lines {
                    self.text(line)?;
                    self.held.extend_from_slice(time);
                }
            }
            Part::Latin1(bytes) => {
                self.held.extend_from_slice(bytes);
                self.held.push(0);
            }
            Part::Raw(bytes) | Part::Binary(Blob::Held(bytes)) => {
                self.held.extend_from_slice(bytes);
            }
            Part::Binary(blob) => self.tail = blob.clone(),
            Part::Frames(tag) => self.held.extend(super::write::nested(tag, self.version)?),
        }
        Ok(())
    }

    fn texts(&mut self, texts: &[String]) -> Result<(), Error> {
        texts.iter().try_for_each(|text| self.text(text))
    }

    fn text(&mut self, text: &str) -> Result<(), Error> {
        let encoded = self.encoding.encode(text, self.held);
        encoded.ok_or(Error::Malformed {
            what: "an ID3v2 frame with a character that its encoding lacks",
            offset: 0,
        })
    }
}
