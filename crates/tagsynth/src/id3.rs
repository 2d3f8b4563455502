//! The ID3 tags of a file, whatever it keeps them in: an ID3v2 tag, and perhaps an ID3v1 tag at its end.

use splice::ReadAt;

use crate::id3v1::{self, Id3v1};
use crate::id3v2::{self, Frames, Header, Source, Tag, Version};
use crate::parse::{Raw, Storage};
use crate::{Cover, Error, Field, TagSet};

/// The tags of an origin.
#[derive(Debug, Default)]
pub(crate) struct Old {
    /// The frames of both tags, as those of version 2.4.
    pub(crate) tag: Tag,
    /// The header of the ID3v2 tag, if there is one.
    pub(crate) header: Option<Header>,
    /// The ID3v1 tag, if there is one.
    pub(crate) v1: Option<Id3v1>,
}

impl Old {
    /// Reads the ID3v2 tag at `start`, where there may be none, and what only an ID3v1 tag has.
    ///
    /// # Errors
    ///
    /// Where mutagen gives up on the tag.
    pub(crate) fn read<R: ReadAt + ?Sized>(
        origin: &R,
        source: &mut Source<'_, R>,
        start: u64,
    ) -> Result<Self, Error> {
        let header = id3v2::read_header(source, start)?;
        let mut tag = match &header {
            Some(header) => id3v2::read_tag(source, header)?,
            None => Tag::default(),
        };
        let v1 = id3v1::find(origin)?;
        if let Some(v1) = &v1 {
            v1.fill(&mut tag, header.as_ref().map_or(4, |header| header.major));
        }
        id3v2::to_v24(&mut tag);
        Ok(Self { tag, header, v1 })
    }

    /// Returns the offset of the end of the ID3v2 tag; 0 if there is none.
    pub(crate) fn tag_end(&self) -> u64 {
        self.header.as_ref().map_or(0, |header| header.tag_end)
    }

    /// Writes values and a cover over the frames; returns them as they are written.
    ///
    /// # Errors
    ///
    /// Wherever beets could not write the tag.
    pub(crate) fn edit(
        &mut self,
        tags: &TagSet<'_>,
        cover: Option<Cover<'_>>,
        version: Version,
    ) -> Result<Frames, Error> {
        id3v2::apply(&mut self.tag, tags)?;
        if let Some(cover) = cover {
            id3v2::set_cover(&mut self.tag, cover);
        }
        if version == Version::V23 {
            id3v2::to_v23(&mut self.tag);
        }
        id3v2::write_frames(&self.tag, version)
    }
}

impl Storage for Old {
    fn places(&self, field: Field) -> impl Iterator<Item = Vec<Raw<'_>>> {
        let header = self.header.as_ref();
        // mediafile compares the whole version.
        let is_v23 = header.is_some_and(|header| (header.major, header.revision) == (3, 0));
        id3v2::places(&self.tag, field, is_v23)
    }

    fn copies(&self, field: Field) -> impl Iterator<Item = bool> {
        id3v2::copies(field)
    }
}
