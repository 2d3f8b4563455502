//! Vorbis and Opus in Ogg.
//!
//! ```text
//! page      first of its stream: the packet that identifies Vorbis or Opus, alone
//! pages     first pages of other streams, where streams lie side by side: copied
//! pages     the comment packet, and in Vorbis the setup packet right after it; made anew
//! pages     audio: copied, or numbered anew
//! anything  other streams, further links of a chain, junk: copied
//! ```
//!
//! RFC 3533 §6 (`splice::ogg` has the bytes of a page), Vorbis I §A.2, RFC 7845 §3. Packets lie in
//! pages as segments of 255 bytes and a shorter one at the end, 255 of them in a page at most. So the
//! pages of the header hold any comments up to 65,025 bytes for each page, and only beyond that takes
//! the header more pages than before, and the audio other numbers.

mod codec;
mod header;
mod kept;
mod layout;
mod packets;
mod write;

use std::ops::Range;

use splice::ReadAt;

pub(crate) use codec::{Codec, Rest};
pub(crate) use header::{Header, read_page};

use crate::parse::file_tags;
use crate::vorbis::Comments;
use crate::{Cover, Error, FileTags, Rendering, TagSet, identity};
use layout::Layout;
use packets::Packets;

/// Renders `tags` and a cover over a file with a stream of `codec`.
pub(crate) fn render<R: ReadAt + ?Sized>(
    origin: &R,
    codec: Codec,
    tags: &TagSet<'_>,
    cover: Option<Cover<'_>>,
) -> Result<Rendering, Error> {
    let header = Header::parse(origin, codec)?;
    let packets = Packets::new(&header, tags, cover)?;
    let layout = Layout::new(&header, packets.comments_len(), packets.can_be_padded);
    let packets = packets.padded(layout.comments_len)?;
    let (plan, header_len) = write::plan(origin.len(), &header, &packets, &layout, cover)?;
    Ok(Rendering {
        plan: identity::settle(plan, origin)?,
        format: codec.format(),
        audio: header.audio..origin.len(),
        header_len,
    })
}

/// Returns where the audio of a file with a stream of `codec`, and whatever follows it, is.
pub(crate) fn audio<R: ReadAt + ?Sized>(origin: &R, codec: Codec) -> Result<Range<u64>, Error> {
    let header = Header::parse(origin, codec)?;
    Ok(header.audio..origin.len())
}

/// Reads the tags of a file with a stream of `codec`.
pub(crate) fn parse<R: ReadAt + ?Sized>(file: &R, codec: Codec) -> Result<FileTags, Error> {
    let header = Header::parse(file, codec)?;
    let comments = header.comment_packet()?;
    Ok(file_tags(&Comments::parse(comments.comments, comments.at)?))
}
