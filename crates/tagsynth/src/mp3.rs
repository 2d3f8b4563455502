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
use crate::id3v1::{self, Id3v1};
use crate::id3v2::{self, Data, Frames, Source, Tag, Version};
use crate::identity;
use crate::{Cover, Error, Format, Options, Rendering, TagSet};

/// Renders the virtual file.
///
/// # Errors
///
/// Wherever beets could not write to the file: see [`Error`].
pub(crate) fn render<R: ReadAt + ?Sized>(
    origin: &R,
    tags: &TagSet<'_>,
    _cover: Option<Cover<'_>>,
    options: &Options,
) -> Result<Rendering, Error> {
    let mut source = Source::new(origin);
    let old = Old::read(origin, &mut source)?;
    sync::find(&mut source, old.tag_end)?;
    let version = if options.id3v23 {
        Version::V23
    } else {
        Version::V24
    };
    let mut tag = old.tag;
    id3v2::apply(&mut tag, tags)?;
    if version == Version::V23 {
        id3v2::to_v23(&mut tag);
    }
    let frames = id3v2::write_frames(&tag, version)?;
    // Any number of zeros is padding.
    let header_len = geometry::fit(old.tag_end, frames.tag_len(), 1);
    let mut audio = old.tag_end..old.v1.as_ref().map_or(origin.len(), |v1| v1.start);
    if options.drop_ape
        && let Some(ape) = apev2::find(origin, audio.clone())?
    {
        audio.end = ape.start;
    }
    let new = Parts {
        header: frames.header(header_len)?,
        frames,
        header_len,
        audio,
        v1: old.v1.is_some().then(|| id3v1::render(&tag)),
    };
    Ok(Rendering {
        plan: identity::settle(new.plan()?, origin)?,
        format: Format::Mp3,
        audio: new.audio,
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

/// Returns the offset of the first frame of audio.
pub(crate) fn first_frame<R: ReadAt + ?Sized>(origin: &R) -> Result<u64, Error> {
    let mut source = Source::new(origin);
    let start = id3v2::read_header(&mut source, 0)?.map_or(0, |header| header.tag_end);
    sync::find(&mut source, start)
}

/// The tags of the origin.
struct Old {
    /// The frames of both tags, as those of version 2.4.
    tag: Tag,
    /// Offset of the end of the ID3v2 tag; 0 if there is none.
    tag_end: u64,
    v1: Option<Id3v1>,
}

impl Old {
    fn read<R: ReadAt + ?Sized>(origin: &R, source: &mut Source<'_, R>) -> Result<Self, Error> {
        let header = id3v2::read_header(source, 0)?;
        let mut tag = match &header {
            Some(header) => id3v2::read_tag(source, header)?,
            None => Tag::default(),
        };
        let v1 = id3v1::find(origin)?;
        if let Some(v1) = &v1 {
            v1.fill(&mut tag, header.as_ref().map_or(4, |header| header.major));
        }
        id3v2::to_v24(&mut tag);
        Ok(Self {
            tag,
            tag_end: header.map_or(0, |header| header.tag_end),
            v1,
        })
    }
}

/// The virtual file.
struct Parts {
    header: [u8; 10],
    frames: Frames,
    header_len: u64,
    audio: std::ops::Range<u64>,
    v1: Option<[u8; 128]>,
}

impl Parts {
    fn plan(&self) -> Result<Plan, Error> {
        let mut builder = Plan::builder();
        let mut held = self.header.to_vec();
        for Data {
            held: bytes,
            origin,
        } in self.frames.parts()
        {
            held.extend_from_slice(bytes);
            if let Some(range) = origin {
                builder = builder
                    .generated(std::mem::take(&mut held))
                    .extent(range.clone());
            }
        }
        builder = builder
            .generated(held)
            .zeros(self.header_len - self.frames.tag_len());
        builder = builder.extent(self.audio.clone());
        if let Some(v1) = &self.v1 {
            builder = builder.generated(v1.as_slice());
        }
        Ok(builder.build()?)
    }
}
