//! Windows Media: ASF files.
//!
//! ```text
//! Header            objects, one of them a Header Extension with objects of its own
//! Data              packets of audio: copied
//! index objects     and anything else: copied
//! ```
//!
//! ASF §2.2; `read` says what is in a header. Tags are in four objects: Content Description and Extended
//! Content Description in the header, Metadata and Metadata Library in its extension. One of each is
//! written anew where it is, or added; padding becomes one object at the end of the header; all
//! else keeps its bytes and its order. Nothing refers to an offset in the file: packets are counted,
//! or found from the first of them (ASF §3.7, §6.1, §6.2), so that audio can move as a whole.

mod attribute;
mod decode;
pub(crate) mod guid;
mod names;
mod pieces;
mod read;
mod storage;
mod tags;
mod write;

use std::ops::Range;

use splice::{Plan, ReadAt};

pub(crate) use attribute::UNICODE;
pub(crate) use decode::decode_utf16;
pub(crate) use guid::Guid;
pub(crate) use read::{DESCRIPTIONS, Header, OBJECT_HEADER, object_header};

use crate::parse::file_tags;
use crate::{Cover, Error, FileTags, Format, Rendering, TagSet, geometry, identity};
use storage::Values;
use tags::Tags;

/// Renders `tags` over an ASF file.
pub(crate) fn render<R: ReadAt + ?Sized>(
    origin: &R,
    tags: &TagSet<'_>,
    cover: Option<Cover<'_>>,
) -> Result<Rendering, Error> {
    let mut header = Header::parse(origin)?;
    let mut attributes = Tags::new(std::mem::take(&mut header.attributes));
    attributes.update(tags, cover)?;
    let contents = write::contents(&attributes.homes())?;
    header.complete();
    let content_len = write::header_len(&header, &contents);
    let header_len = geometry::fit(header.len, content_len, OBJECT_HEADER);
    header.grow(header_len - header.len);
    let audio = header.len..origin.len();
    let new = write::header(&header, &contents, header_len)?;
    let plan = new.build(Plan::builder()).extent(audio.clone()).build()?;
    Ok(Rendering {
        plan: identity::settle(plan, origin)?,
        format: Format::Asf,
        audio,
        header_len,
    })
}

/// Returns where the audio of an ASF file, and whatever follows it, is.
pub(crate) fn audio<R: ReadAt + ?Sized>(origin: &R) -> Result<Range<u64>, Error> {
    let header = Header::parse(origin)?;
    Ok(header.len..origin.len())
}

/// Reads the tags of an ASF file.
pub(crate) fn parse<R: ReadAt + ?Sized>(file: &R) -> Result<FileTags, Error> {
    let attributes = Header::parse(file)?.attributes;
    Ok(file_tags(&Values::read(file, attributes)?))
}
