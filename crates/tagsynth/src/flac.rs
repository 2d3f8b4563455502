//! Native FLAC.
//!
//! ```text
//! offset  width  field
//! 0       p      an ID3v2 tag, rarely; no part of FLAC
//! p       4      "fLaC"
//! p+4            metadata blocks, each:
//! +0      1        bit 7: this block is the last; bits 0..=6: its type
//! +1      3        length n of its content, big-endian
//! +4      n        content
//!                audio frames, and whatever follows them
//! ```
//!
//! RFC 9639 §6, §8.1. The first VORBIS_COMMENT is edited in its place, or one is appended; padding
//! becomes one block at the end; all else keeps its bytes and its order. Nothing in a block refers
//! to an offset in the file, so nothing else needs to change.

mod blocks;

use std::ops::Range;

use splice::{Plan, PlanBuilder, ReadAt};

pub(crate) use blocks::{Block, Header, Kind, MAX_CONTENT};

use crate::vorbis::Comments;
use crate::{Error, Format, Options, Rendering, TagSet, geometry, read};

/// Width of the type and length in front of a block's content (RFC 9639 §8.1).
const BLOCK_HEADER: u64 = 4;

/// Renders `tags` over a FLAC file.
pub(crate) fn render<R: ReadAt + ?Sized>(
    origin: &R,
    tags: &TagSet,
    options: &Options,
) -> Result<Rendering, Error> {
    let header = Header::parse(origin)?;
    let comments = comments(&header, tags, options)?;
    let content = content_len(&header, comments.len() as u64);
    let header_len = geometry::fit(header.audio, content, BLOCK_HEADER);
    let padding = header_len - content;
    let same_len = header_len == header.audio;
    let plan = if same_len && is_origin(origin, &header, &comments, padding)? {
        Plan::identity(origin.len())
    } else {
        plan(origin.len(), &header, &comments, padding)?
    };
    Ok(Rendering {
        plan,
        format: Format::Flac,
        audio: header.audio..origin.len(),
        header_len,
    })
}

/// Returns where the audio of a FLAC file, and whatever follows it, is.
pub(crate) fn audio<R: ReadAt + ?Sized>(origin: &R) -> Result<Range<u64>, Error> {
    let header = Header::parse(origin)?;
    Ok(header.audio..origin.len())
}

/// Returns the content of the comment block that takes the place of the origin's.
fn comments(header: &Header, tags: &TagSet, options: &Options) -> Result<Vec<u8>, Error> {
    let mut comments = match header.comments() {
        Some(block) => Comments::parse(&block.bytes, block.content.start)?,
        None => Comments::new(&options.vendor),
    };
    comments.update(tags)?;
    let bytes = comments.to_bytes()?;
    if bytes.len() as u64 > MAX_CONTENT {
        return Err(Error::TooLarge {
            what: "a comment block",
            len: bytes.len() as u64,
            limit: MAX_CONTENT,
        });
    }
    Ok(bytes)
}

/// Returns the length of a header without padding.
fn content_len(header: &Header, comments_len: u64) -> u64 {
    let kept = header.blocks.iter().map(|block| match block.kind {
        Kind::Padding => 0,
        Kind::Comments => BLOCK_HEADER + comments_len,
        Kind::Kept => BLOCK_HEADER + block.len(),
    });
    let appended = match header.comments() {
        Some(_) => 0,
        None => BLOCK_HEADER + comments_len,
    };
    header.first_block + kept.sum::<u64>() + appended
}

/// Returns whether a rendering of the origin's length is the origin's header, byte for byte.
///
/// It is if the comments are the same, every length was stated right, and the origin's padding is
/// the `padding` bytes that a rendering would have.
fn is_origin<R: ReadAt + ?Sized>(
    origin: &R,
    header: &Header,
    comments: &[u8],
    padding: u64,
) -> Result<bool, Error> {
    let same_comments = header
        .comments()
        .is_some_and(|block| block.bytes == comments);
    let lies = |block: &Block| block.stated != block.written_len();
    if !same_comments || header.blocks.iter().any(lies) {
        return Ok(false);
    }
    let is_padding = |block: &&Block| block.kind == Kind::Padding;
    let n_kept = header
        .blocks
        .iter()
        .filter(|block| !is_padding(block))
        .count();
    let paddings = header.blocks[n_kept..].iter();
    if !paddings.clone().map(Block::len).eq(padding_blocks(padding)) {
        return Ok(false);
    }
    for block in paddings {
        if block.kind != Kind::Padding || !read::is_zero(origin, block.content.clone())? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns the lengths of the padding blocks that take `left` bytes with their headers.
fn padding_blocks(mut left: u64) -> impl Iterator<Item = u64> {
    std::iter::from_fn(move || {
        let mut len = left.checked_sub(BLOCK_HEADER)?.min(MAX_CONTENT);
        left -= BLOCK_HEADER + len;
        if (1..BLOCK_HEADER).contains(&left) {
            // Too little for another block's header: let this one be shorter.
            len -= BLOCK_HEADER;
            left += BLOCK_HEADER;
        }
        Some(len)
    })
}

/// Puts the virtual file together, with `padding` bytes for padding blocks and their headers.
fn plan(origin_len: u64, header: &Header, comments: &[u8], padding: u64) -> Result<Plan, Error> {
    let mut parts = Parts::new(header, padding == 0);
    for block in &header.blocks {
        match block.kind {
            Kind::Comments => parts.generated(block.code, comments),
            Kind::Kept => parts.kept(block),
            Kind::Padding => {}
        }
    }
    if header.comments().is_none() {
        parts.generated(blocks::VORBIS_COMMENT, comments);
    }
    let builder = parts.padding(padding);
    Ok(builder.extent(header.audio..origin_len).build()?)
}

/// A header in the making: extents of the origin, and generated bytes not yet handed on.
struct Parts {
    builder: PlanBuilder,
    pending: Vec<u8>,
    /// How many blocks are still to come, when the last of them ends the header.
    until_last: Option<usize>,
}

impl Parts {
    /// Starts with what comes before the blocks.
    fn new(header: &Header, unpadded: bool) -> Self {
        let kept = header
            .blocks
            .iter()
            .filter(|block| block.kind != Kind::Padding);
        let n_blocks = kept.count() + usize::from(header.comments().is_none());
        Self {
            builder: Plan::builder().extent(0..header.first_block),
            pending: Vec::new(),
            until_last: unpadded.then_some(n_blocks),
        }
    }

    fn header(&mut self, code: u8, len: u64) {
        let mut last = false;
        if let Some(left) = &mut self.until_last {
            *left -= 1;
            last = *left == 0;
        }
        self.pending.extend(blocks::header(code, last, len));
    }

    fn generated(&mut self, code: u8, content: &[u8]) {
        self.header(code, content.len() as u64);
        self.pending.extend_from_slice(content);
    }

    fn kept(&mut self, block: &Block) {
        self.header(block.code, block.written_len());
        if block.is_held() {
            self.pending.extend_from_slice(&block.bytes);
        } else {
            self.flush();
            let builder = std::mem::take(&mut self.builder);
            self.builder = builder.extent(block.content.clone());
        }
    }

    fn flush(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        self.builder = std::mem::take(&mut self.builder).generated(pending);
    }

    /// Ends the header with padding: one block, or as many as its length takes.
    fn padding(mut self, padding: u64) -> PlanBuilder {
        let mut lens = padding_blocks(padding).peekable();
        while let Some(len) = lens.next() {
            let last = lens.peek().is_none();
            self.pending
                .extend(blocks::header(blocks::PADDING, last, len));
            self.flush();
            self.builder = std::mem::take(&mut self.builder).zeros(len);
        }
        self.flush();
        self.builder
    }
}
