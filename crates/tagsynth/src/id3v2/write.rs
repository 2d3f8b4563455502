//! From frames to the bytes of a tag.

use super::Version;
use super::encode::{self, Data};
use super::frame::{Blob, Frame};
use super::header::{HEADER, to_synchsafe};
use super::read::Unknown;
use super::tag::Tag;
use crate::Error;

/// The frames of a tag, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frames {
    version: Version,
    /// In order: frames with their headers.
    parts: Vec<Data>,
    len: u64,
}

impl Frames {
    /// Returns the length of the tag without padding, its header included.
    pub(crate) fn tag_len(&self) -> u64 {
        HEADER + self.len
    }

    /// Returns the frames with their headers, in order.
    pub(crate) fn parts(&self) -> &[Data] {
        &self.parts
    }

    /// Returns the header of a tag of `tag_len` bytes, padding and itself included.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] if 28 bits cannot tell the length.
    pub(crate) fn header(&self, tag_len: u64) -> Result<[u8; 10], Error> {
        let size = tag_len.saturating_sub(HEADER);
        let [a, b, c, d] = synchsafe(size, "an ID3v2 tag")?;
        Ok([b'I', b'D', b'3', self.version.major(), 0, 0, a, b, c, d])
    }
}

/// Writes the frames of a tag; those of unknown kinds only if the version is theirs.
///
/// # Errors
///
/// [`Error::TooLarge`] if a frame's size does not fit its header.
pub(crate) fn frames(tag: &Tag, version: Version) -> Result<Frames, Error> {
    let mut frames = Vec::new();
    for (index, frame) in tag.frames().enumerate() {
        let data = self::frame(frame, version)?;
        let rank = rank(frame);
        let second = if frame.id == *b"APIC" {
            index as u64
        } else {
            data.len()
        };
        frames.push((rank, second, frame.key(), data));
    }
    frames.sort_by(|a, b| (a.0, a.1, &a.2).cmp(&(b.0, b.1, &b.2)));
    let mut parts: Vec<Data> = frames.into_iter().map(|(.., data)| data).collect();
    if tag.unknown_version == version.major() {
        parts.extend(tag.unknown.iter().map(unknown));
    }
    let len = parts.iter().map(Data::len).sum();
    Ok(Frames {
        version,
        parts,
        len,
    })
}

/// Returns the frames within a frame as bytes.
pub(crate) fn nested(tag: &Tag, version: Version) -> Result<Vec<u8>, Error> {
    let mut copy;
    let mut tag = tag;
    if version == Version::V23 {
        // Frames are added to a new tag here, in which each has the place that its key gives it.
        copy = Tag::default();
        tag.frames()
            .cloned()
            .for_each(|frame| copy.add(Frame { salt: 0, ..frame }));
        tag = &copy;
    }
    Ok(frames(tag, version)?
        .parts
        .into_iter()
        .flat_map(|part| part.held)
        .collect())
}

/// Returns the rank of a frame: what players show first, then the rest, pictures last.
fn rank(frame: &Frame) -> usize {
    const FIRST: [&[u8; 4]; 7] = [
        b"TIT2", b"TPE1", b"TRCK", b"TALB", b"TPOS", b"TDRC", b"TCON",
    ];
    let place = FIRST.iter().position(|&id| *id == frame.id);
    place.unwrap_or(FIRST.len() + usize::from(frame.id == *b"APIC"))
}

/// Returns a frame with its header; nothing for a frame that says nothing.
fn frame(frame: &Frame, version: Version) -> Result<Data, Error> {
    if frame.is_blank() {
        return Ok(Data::default());
    }
    let mut data = encode::data(frame, version)?;
    let len = data.len();
    let size = match version {
        Version::V24 => synchsafe(len, "an ID3v2 frame")?,
        Version::V23 => u32::try_from(len)
            .map_err(|_| too_large("an ID3v2 frame", len))?
            .to_be_bytes(),
    };
    let mut header = Vec::with_capacity(data.held.len() + 10);
    header.extend_from_slice(&frame.id);
    header.extend_from_slice(&size);
    header.extend_from_slice(&[0, 0]);
    header.append(&mut data.held);
    data.held = header;
    Ok(data)
}

fn unknown(Unknown(frame): &Unknown) -> Data {
    match frame {
        Blob::Held(bytes) => Data {
            held: bytes.clone(),
            origin: None,
        },
        Blob::Origin(range) => Data {
            held: Vec::new(),
            origin: Some(range.clone()),
        },
    }
}

fn synchsafe(len: u64, what: &'static str) -> Result<[u8; 4], Error> {
    to_synchsafe(len).ok_or_else(|| too_large(what, len))
}

fn too_large(what: &'static str, len: u64) -> Error {
    Error::TooLarge {
        what,
        len,
        limit: (1 << 28) - 1,
    }
}
