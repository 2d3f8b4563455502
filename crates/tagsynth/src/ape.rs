//! Monkey's Audio, WavPack and Musepack: audio, and an APEv2 tag behind it.
//!
//! ```text
//! stream     its header is looked at, and all of it copied
//! ID3v1      copied, if no APEv2 tag is in front of it
//! APEv2      replaced with all that follows, Lyrics3 and ID3v1; appended if there is none
//! ```
//!
//! Nothing moves but the end of the file. An APEv2 tag has no padding: what readers would skip
//! between its items and its footer is lost to wvtag, which appends items there.

mod stream;

use std::ops::Range;

use splice::{Plan, ReadAt};

use crate::apev2::Tag;
use crate::{Cover, Error, FileTags, Format, Rendering, TagSet, identity};

/// Renders `tags` over a file of one of the formats.
///
/// # Errors
///
/// Wherever beets could not write to the file: see [`Error`].
pub(crate) fn render<R: ReadAt + ?Sized>(
    origin: &R,
    format: Format,
    tags: &TagSet<'_>,
    cover: Option<Cover<'_>>,
) -> Result<Rendering, Error> {
    let mut tag = read(origin, format)?;
    let audio = 0..tag.start;
    tag.update(tags)?;
    if let Some(cover) = cover {
        tag.embed(&cover);
    }
    let plan = tag.append_to(Plan::builder().extent(audio.clone()))?;
    Ok(Rendering {
        plan: identity::settle(plan.build()?, origin)?,
        format,
        audio,
        header_len: 0,
    })
}

/// Returns where the stream, and whatever follows it in front of the tag, is.
pub(crate) fn audio<R: ReadAt + ?Sized>(origin: &R, format: Format) -> Result<Range<u64>, Error> {
    Ok(0..read(origin, format)?.start)
}

/// Reads the tags of a file of one of the formats.
pub(crate) fn parse<R: ReadAt + ?Sized>(file: &R, format: Format) -> Result<FileTags, Error> {
    read(file, format)?.parse()
}

/// Reads the tag of a file whose stream is sound.
fn read<'a, R: ReadAt + ?Sized>(origin: &R, format: Format) -> Result<Tag<'a>, Error> {
    Tag::read(origin, stream::header_end(origin, format)?)
}
