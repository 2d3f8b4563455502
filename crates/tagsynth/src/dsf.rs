//! DSF: streams of single bits, with an ID3v2 tag at the end.
//!
//! ```text
//! offset  width  field
//! 0       4      "DSD "
//! 4       8      28: length of this chunk, little-endian like all numbers
//! 12      8      length of the file                                 written anew
//! 20      8      offset of the tag, 0 if there is none              written anew
//! 28      4      "fmt "
//! 32      8      52: length of this chunk
//! 40      4      1: version
//! 44      4      0: not compressed
//! 48      32     channels, sampling frequency, bits, samples, block size
//! 80      4      "data"
//! 84      8      length of this chunk
//! 92             samples
//!                tag, up to the end of the file
//! ```
//!
//! DSF File Format Specification 1.01.

use std::ops::Range;

use splice::{Plan, ReadAt};

use crate::id3::Old;
use crate::id3v2::{Source, Version};
use crate::parse::file_tags;
use crate::{Cover, Error, FileTags, Format, Rendering, TagSet, geometry, identity, read};

/// Length of what comes before the samples.
const HEADER: u64 = 92;
/// Where the length of the file and the offset of the tag are.
const POINTERS: Range<u64> = 12..28;
/// Where is said what the samples are.
pub(crate) const FORMAT: Range<u64> = 32..80;
/// Where the chunk with the samples starts.
const DATA: u64 = 80;

/// Renders the virtual file.
pub(crate) fn render<R: ReadAt + ?Sized>(
    origin: &R,
    tags: &TagSet<'_>,
    cover: Option<Cover<'_>>,
) -> Result<Rendering, Error> {
    let header = Header::read(origin)?;
    let start = header.place(origin.len())?;
    let frames = header.tags(origin)?.edit(tags, cover, Version::V24)?;
    let tag_len = geometry::fit(origin.len() - start, frames.tag_len(), 1);
    let pointers = [start.saturating_add(tag_len), start].map(u64::to_le_bytes);
    let plan = Plan::builder()
        .extent(0..POINTERS.start)
        .generated(pointers.as_flattened())
        .extent(POINTERS.end..start);
    let plan = frames.put(plan, Vec::new(), tag_len)?.build()?;
    Ok(Rendering {
        plan: identity::settle(plan, origin)?,
        format: Format::Dsf,
        audio: HEADER..header.audio_end,
        header_len: HEADER,
    })
}

/// Returns where the samples of a DSF file are.
pub(crate) fn audio<R: ReadAt + ?Sized>(origin: &R) -> Result<Range<u64>, Error> {
    let header = Header::read(origin)?;
    Ok(HEADER..header.audio_end.min(origin.len()))
}

/// Reads the tags of a DSF file.
pub(crate) fn parse<R: ReadAt + ?Sized>(file: &R) -> Result<FileTags, Error> {
    Ok(file_tags(&Header::read(file)?.tags(file)?))
}

/// What the first three chunks say.
pub(crate) struct Header {
    /// Offset of the tag, if it is not 0.
    pub(crate) tag: Option<u64>,
    pub(crate) audio_end: u64,
}

impl Header {
    /// Reads the chunks, and checks what mutagen does.
    pub(crate) fn read<R: ReadAt + ?Sized>(origin: &R) -> Result<Self, Error> {
        let bytes = read::read_exact_at(origin, 0, HEADER)?;
        let is_at = |offset: usize, expect: &[u8]| bytes[offset..].starts_with(expect);
        let number = |offset: usize| {
            let bytes = bytes[offset..].first_chunk();
            bytes.map_or(0, |&bytes| u64::from_le_bytes(bytes))
        };
        let is_dsf = is_at(0, b"DSD \x1c\0\0\0\0\0\0\0")
            && is_at(28, b"fmt \x34\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0")
            && is_at(80, b"data");
        let tag = number(20);
        // More than any file has, and than Python can seek to.
        if !is_dsf || number(84) < HEADER - DATA || i64::try_from(tag).is_err() {
            return Err(malformed("no DSF file that mutagen reads", 0));
        }
        Ok(Self {
            tag: (tag != 0).then_some(tag),
            audio_end: DATA.saturating_add(number(84)),
        })
    }

    /// Reads the tag; an ID3v1 tag counts only where there could be one.
    fn tags<R: ReadAt + ?Sized>(&self, origin: &R) -> Result<Old, Error> {
        match self.tag {
            Some(start) => Old::read(origin, &mut Source::new(origin), start),
            None => Ok(Old::default()),
        }
    }

    /// Returns the offset that the tag has: as before, or at the end of the file.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] if samples are missing, and [`Error::Malformed`] if the tag lies among
    /// them: beets would write over them.
    fn place(&self, origin_len: u64) -> Result<u64, Error> {
        let place = self.tag.unwrap_or(origin_len);
        let end = self.audio_end.max(place);
        if end > origin_len {
            return Err(Error::Truncated {
                offset: HEADER,
                len: end.saturating_sub(HEADER),
                origin_len,
            });
        }
        if place < self.audio_end {
            return Err(malformed("a DSF tag among the samples", place));
        }
        Ok(place)
    }
}

fn malformed(what: &'static str, offset: u64) -> Error {
    Error::Malformed { what, offset }
}
