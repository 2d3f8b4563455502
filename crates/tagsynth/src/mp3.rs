//! MPEG audio files: an ID3v2 tag in front, an ID3v1 tag at the end.
//!
//! ```text
//! ID3v2 tag     replaced; padded to the origin's length, or longer by a multiple of 4096
//! anything      a second ID3v2 tag, junk, Xing, LAME and VBRI headers, audio, APEv2, Lyrics3: copied
//! ID3v1 tag     replaced, where there is one
//! ```
//!
//! Nothing in the audio points outside it, so that it can move as a whole.

mod sync;

use std::ops::Range;

use splice::{Plan, ReadAt};

use crate::apev2;
use crate::geometry;
use crate::id3::Old;
use crate::id3v1;
use crate::id3v2::{self, Source, Version};
use crate::identity;
use crate::parse::file_tags;
use crate::{Cover, Error, FileTags, Format, Options, Rendering, TagSet};

/// Renders the virtual file.
///
/// # Errors
///
/// Wherever beets could not write to the file: see [`Error`].
pub(crate) fn render<R: ReadAt + ?Sized>(
    origin: &R,
    tags: &TagSet<'_>,
    cover: Option<Cover<'_>>,
    options: &Options,
) -> Result<Rendering, Error> {
    let mut source = Source::new(origin);
    let mut old = Old::read(origin, &mut source, 0)?;
    let tag_end = old.tag_end();
    sync::find(&mut source, tag_end)?;
    let version = if options.id3v23 {
        Version::V23
    } else {
        Version::V24
    };
    let frames = old.edit(tags, cover, version)?;
    // Any number of zeros is padding.
    let header_len = geometry::fit(tag_end, frames.tag_len(), 1);
    let mut audio = tag_end..old.v1.as_ref().map_or(origin.len(), |v1| v1.start);
    if options.drop_ape
        && let Some(ape) = apev2::find(origin, audio.clone())?
    {
        audio.end = ape.start;
    }
    let mut plan = frames
        .put(Plan::builder(), Vec::new(), header_len)?
        .extent(audio.clone());
    if old.v1.is_some() {
        plan = plan.generated(id3v1::render(&old.tag));
    }
    Ok(Rendering {
        plan: identity::settle(plan.build()?, origin)?,
        format: Format::Mp3,
        audio,
        header_len,
    })
}

/// Returns where the audio of an MPEG file, and whatever stands around it but tags that are edited, is.
pub(crate) fn audio<R: ReadAt + ?Sized>(origin: &R) -> Result<Range<u64>, Error> {
    let mut source = Source::new(origin);
    let start = id3v2::read_header(&mut source, 0)?.map_or(0, |header| header.tag_end);
    sync::find(&mut source, start)?;
    let end = id3v1::find(origin)?.map_or(origin.len(), |v1| v1.start);
    Ok(start..end)
}

/// Reads the tags of an MPEG file.
pub(crate) fn parse<R: ReadAt + ?Sized>(file: &R) -> Result<FileTags, Error> {
    let mut source = Source::new(file);
    let old = Old::read(file, &mut source, 0)?;
    sync::find(&mut source, old.tag_end())?;
    Ok(file_tags(&old))
}

/// Returns where frames of audio are, but for one that holds a header, and whatever follows them.
pub(crate) fn frames<R: ReadAt + ?Sized>(origin: &R) -> Result<Range<u64>, Error> {
    let mut source = Source::new(origin);
    let first = first_frame(origin)?;
    let start = sync::past_header(&mut source, first)?;
    Ok(start.min(origin.len())..origin.len())
}

/// Returns the offset of the first frame of audio.
pub(crate) fn first_frame<R: ReadAt + ?Sized>(origin: &R) -> Result<u64, Error> {
    let mut source = Source::new(origin);
    let start = id3v2::read_header(&mut source, 0)?.map_or(0, |header| header.tag_end);
    sync::find(&mut source, start)
}
