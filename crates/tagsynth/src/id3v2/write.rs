//! From frames to the bytes of a tag.

use std::cmp::Ordering;
use std::ops::Range;

use splice::PlanBuilder;

use super::Version;
use super::encode;
use super::frame::{Blob, Frame};
use super::header::{HEADER, to_synchsafe};
use super::read::Unknown;
use super::tag::Tag;
use crate::Error;

/// Length of a frame's header (ID3v2.4.0-structure §4, 2.3 §3.3).
const FRAME_HEADER: usize = 10;

/// The frames of a tag, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frames {
    version: Version,
    runs: Vec<Run>,
    len: u64,
}

/// Frames in order, and where the data of the last of them end.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Run {
    held: Vec<u8>,
    tail: Blob,
}

impl Frames {
    /// Returns the length of the tag without padding, its header included.
    pub(crate) fn tag_len(&self) -> u64 {
        HEADER + self.len
    }

    /// Appends to a plan what leads up to the tag, and the tag, padded to `tag_len` bytes.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] if 28 bits cannot tell the length.
    pub(crate) fn put(
        self,
        mut plan: PlanBuilder,
        lead: Vec<u8>,
        tag_len: u64,
    ) -> Result<PlanBuilder, Error> {
        let mut held = lead;
        let [a, b, c, d] = synchsafe(tag_len.saturating_sub(HEADER), "an ID3v2 tag")?;
        held.extend([b'I', b'D', b'3', self.version.major(), 0, 0, a, b, c, d]);
        let padding = tag_len.saturating_sub(self.tag_len());
        for mut run in self.runs {
            held.append(&mut run.held);
            plan = plan.generated(std::mem::take(&mut held));
            plan = match run.tail {
                Blob::Held(bytes) => plan.generated(bytes),
                Blob::Origin(range) => plan.extent(range),
                Blob::Insert(len) => plan.insert(0..len),
            };
        }
        Ok(plan.generated(held).zeros(padding))
    }

    fn push(&mut self, held: &[u8], tail: &Blob) {
        self.len += held.len() as u64 + tail.len();
        match self.runs.last_mut() {
            Some(last) if last.tail.len() == 0 => last.held.extend_from_slice(held),
            _ => self.runs.push(Run {
                held: held.to_vec(),
                tail: Blob::default(),
            }),
        }
        if let Some(last) = self.runs.last_mut() {
            last.tail = tail.clone();
        }
    }
}

/// Writes the frames of a tag; those of unknown kinds only if the version is theirs.
///
/// # Errors
///
/// [`Error::TooLarge`] if a frame's size does not fit its header.
pub(crate) fn frames(tag: &Tag, version: Version) -> Result<Frames, Error> {
    let mut bytes = Vec::new();
    let said = tag.frames().filter(|frame| !frame.is_blank());
    let mut written = said
        .map(|frame| Written::new(frame, version, &mut bytes))
        .collect::<Result<Vec<_>, _>>()?;
    written.sort_by(Written::order);
    let mut frames = Frames {
        version,
        runs: Vec::new(),
        len: 0,
    };
    for frame in written {
        frames.push(&bytes[frame.held], &frame.tail);
    }
    if tag.unknown_version == version.major() {
        for Unknown(frame) in &tag.unknown {
            match frame {
                Blob::Held(bytes) => frames.push(bytes, &Blob::default()),
                Blob::Origin(_) | Blob::Insert(_) => frames.push(&[], frame),
            }
        }
    }
    Ok(frames)
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
    let runs = frames(tag, version)?.runs;
    Ok(runs.into_iter().flat_map(|run| run.held).collect())
}

/// A frame that is written, and not yet in its place.
struct Written<'t> {
    frame: &'t Frame,
    /// Where its bytes are among those of all frames.
    held: Range<usize>,
    tail: Blob,
}

impl<'t> Written<'t> {
    /// Appends a frame with its header to `bytes`.
    fn new(frame: &'t Frame, version: Version, bytes: &mut Vec<u8>) -> Result<Self, Error> {
        let start = bytes.len();
        bytes.extend_from_slice(&frame.id);
        bytes.resize(start + FRAME_HEADER, 0);
        let tail = encode::data(frame, version, bytes)?;
        let written = Self {
            frame,
            held: start..bytes.len(),
            tail,
        };
        let len = written.len() - FRAME_HEADER as u64;
        let size = match version {
            Version::V24 => synchsafe(len, "an ID3v2 frame")?,
            Version::V23 => u32::try_from(len)
                .map_err(|_| too_large("an ID3v2 frame", len))?
                .to_be_bytes(),
        };
        bytes[start + 4..start + 8].copy_from_slice(&size);
        Ok(written)
    }

    fn len(&self) -> u64 {
        self.held.len() as u64 + self.tail.len()
    }

    /// Compares the places of two frames: what players show first, then short ones, then pictures as
    /// they came.
    fn order(&self, other: &Self) -> Ordering {
        let places = rank(self.frame).cmp(&rank(other.frame));
        places.then_with(|| match &self.frame.id {
            b"APIC" => Ordering::Equal,
            _ => (self.len().cmp(&other.len()))
                .then_with(|| self.frame.key().cmp(&other.frame.key())),
        })
    }
}

/// Returns the rank of a frame: what players show first, then the rest, pictures last.
fn rank(frame: &Frame) -> usize {
    const FIRST: [&[u8; 4]; 7] = [
        b"TIT2", b"TPE1", b"TRCK", b"TALB", b"TPOS", b"TDRC", b"TCON",
    ];
    let place = FIRST.iter().position(|&id| *id == frame.id);
    place.unwrap_or(FIRST.len() + usize::from(frame.id == *b"APIC"))
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
