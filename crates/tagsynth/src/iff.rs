//! Files of chunks: RIFF, and IFF that it comes from.
//!
//! ```text
//! offset  width  field
//! 0       4      "RIFF" or "FORM"
//! 4       4      size of what follows: little-endian in RIFF, big-endian in IFF
//! 8       4      type of the file
//! 12             chunks, each:
//! +0      4        identifier, filled up with spaces
//! +4      4        size n of the data
//! +8      n        data, and a zero if n is odd
//! ```
//!
//! Multimedia Programming Interface and Data Specifications 1.0, "Resource Interchange File Format";
//! EA IFF 85. A chunk has the ID3v2 tag: it is replaced where it stands, or a new one comes after all
//! others. Everything else keeps its bytes and its order, and nothing refers to an offset in the file.

mod chunks;

use std::ops::Range;

use splice::{Plan, ReadAt};

use chunks::malformed;
pub(crate) use chunks::{CHUNK_HEADER, Chunk, Chunks};

use crate::id3::Old;
use crate::id3v2::{Source, Version};
use crate::parse::file_tags;
use crate::{Cover, Error, FileTags, Format, Rendering, TagSet, geometry, identity};

/// Where the size of the outermost chunk is.
const ROOT_SIZE: Range<u64> = 4..8;
/// The size that stands for one that was not known when it was written.
const UNKNOWN_SIZE: u32 = u32::MAX;

/// What distinguishes one format of chunks from another.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) format: Format,
    /// The identifier of the outermost chunk.
    pub(crate) root: &'static [u8],
    pub(crate) big_endian: bool,
    /// The chunks that are lists, whose data start with a type.
    pub(crate) lists: &'static [&'static [u8]],
    /// The chunk that holds the audio.
    pub(crate) audio: &'static [u8],
    /// The names of the chunk that holds the tag, the one for a new chunk first.
    pub(crate) tags: &'static [&'static [u8]],
}

impl Kind {
    /// Returns the number that a size stands for.
    pub(crate) fn number(&self, size: [u8; 4]) -> u32 {
        if self.big_endian {
            u32::from_be_bytes(size)
        } else {
            u32::from_le_bytes(size)
        }
    }

    /// Returns the bytes of a size.
    fn size(&self, number: u64) -> Result<[u8; 4], Error> {
        let number = u32::try_from(number).map_err(|_| Error::TooLarge {
            what: "a file of chunks",
            len: number,
            limit: u32::MAX.into(),
        })?;
        Ok(if self.big_endian {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        })
    }
}

/// Renders the virtual file.
///
/// # Errors
///
/// Wherever beets could not write to the file, or would harm its audio.
pub(crate) fn render<R: ReadAt + ?Sized>(
    origin: &R,
    kind: &Kind,
    chunks: &Chunks,
    tags: &TagSet<'_>,
    cover: Option<Cover<'_>>,
) -> Result<Rendering, Error> {
    let audio = chunks.audio(kind)?;
    let slot = Slot::new(kind, chunks)?;
    let mut old = read(origin, kind, chunks)?;
    let frames = old.edit(tags, cover, Version::V24)?;
    let tag_len = slot.tag_len(frames.tag_len());
    let end = slot.end(tag_len);
    let growth = end - slot.old.end;
    // The outermost chunk may have said more than the truth, or less.
    let file_end = (chunks.root.end().min(origin.len()) + growth).max(end);
    let plan = Plan::builder()
        .extent(0..ROOT_SIZE.start)
        .generated(kind.size(file_end - CHUNK_HEADER)?)
        .extent(ROOT_SIZE.end..slot.old.start);
    let plan = frames
        .put(plan, slot.lead(kind, tag_len)?, tag_len)?
        .zeros(tag_len % 2)
        .extent(slot.old.end..origin.len());
    let is_before = slot.old.start < audio.start;
    Ok(Rendering {
        plan: identity::settle(plan.build()?, origin)?,
        format: kind.format,
        header_len: audio.start + if is_before { growth } else { 0 },
        audio,
    })
}

/// Reads the tags of a file.
pub(crate) fn parse<R: ReadAt + ?Sized>(
    file: &R,
    kind: &Kind,
    chunks: &Chunks,
) -> Result<FileTags, Error> {
    Ok(file_tags(&read(file, kind, chunks)?))
}

/// Reads the tag, if there is a chunk for it; an ID3v1 tag counts only beside one.
fn read<R: ReadAt + ?Sized>(origin: &R, kind: &Kind, chunks: &Chunks) -> Result<Old, Error> {
    match chunks.find(kind.tags) {
        Some(chunk) => Old::read(origin, &mut Source::new(origin), chunk.data()),
        None => Ok(Old::default()),
    }
}

/// Where the chunk with the tag goes.
struct Slot {
    id: [u8; 4],
    /// What it takes the place of in the origin: nothing for a new chunk.
    old: Range<u64>,
    /// How much room the tag has in there.
    room: Option<u64>,
    /// Whether the chunk in front lacks the byte that fills it up.
    is_odd: bool,
}

impl Slot {
    fn new(kind: &Kind, chunks: &Chunks) -> Result<Self, Error> {
        check_sizes(chunks)?;
        match chunks.find(kind.tags) {
            Some(chunk) => Ok(Self {
                id: chunk.id,
                old: chunk.start..chunk.end().min(chunks.file_len),
                room: Some(chunks.len(chunk)),
                is_odd: false,
            }),
            None => Self::behind(kind, chunks),
        }
    }

    /// Finds the place behind the last chunk.
    fn behind(kind: &Kind, chunks: &Chunks) -> Result<Self, Error> {
        let last = chunks.list.last().unwrap_or(&chunks.root);
        let (end, file_len) = (last.end(), chunks.file_len);
        let is_odd = last.data_end() == file_len && end > file_len;
        if end > file_len && !is_odd {
            return Err(Error::Truncated {
                offset: last.data(),
                len: last.size.into(),
                origin_len: file_len,
            });
        }
        let place = end.min(file_len);
        // Some writers forget to fill up odd chunks; what is here may be the next, cut in half.
        if last.size % 2 == 1 && !is_odd && place < chunks.root.end().min(file_len) {
            return Err(malformed("no chunk where the next should start", place));
        }
        let mut id = [b' '; 4];
        id.iter_mut()
            .zip(kind.tags[0])
            .for_each(|(to, byte)| *to = *byte);
        Ok(Self {
            id,
            old: place..place,
            room: None,
            is_odd,
        })
    }

    /// Returns the length of the tag, padded, that `needed` bytes have room in.
    fn tag_len(&self, needed: u64) -> u64 {
        match self.room {
            Some(room) => geometry::fit(room, needed, 1),
            // A new chunk is whole pages long.
            None => geometry::fit(0, CHUNK_HEADER + needed, 1) - CHUNK_HEADER,
        }
    }

    /// Returns the offset of the end of the chunk in the virtual file.
    fn end(&self, tag_len: u64) -> u64 {
        let start = self.old.start + u64::from(self.is_odd);
        start + CHUNK_HEADER + tag_len + tag_len % 2
    }

    /// Returns what comes before the tag.
    fn lead(&self, kind: &Kind, tag_len: u64) -> Result<Vec<u8>, Error> {
        let mut lead = vec![0; self.is_odd.into()];
        lead.extend(self.id);
        lead.extend(kind.size(tag_len)?);
        Ok(lead)
    }
}

/// Checks that the sizes of a file can be right.
fn check_sizes(chunks: &Chunks) -> Result<(), Error> {
    let largest = CHUNK_HEADER + u64::from(u32::MAX);
    if chunks.root.size == UNKNOWN_SIZE {
        return Err(malformed("a file of chunks of unknown length", 0));
    }
    if chunks.file_len > largest {
        return Err(Error::TooLarge {
            what: "a file of chunks",
            len: chunks.file_len,
            limit: largest,
        });
    }
    Ok(())
}
