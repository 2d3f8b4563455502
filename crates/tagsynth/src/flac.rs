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

use splice::{Plan, PlanBuilder, ReadAt, Segment};

pub(crate) use blocks::{Block, Header, Kind, MAX_CONTENT};

use crate::parse::file_tags;
use crate::vorbis::Comments;
use crate::{
    Cover, Error, FileTags, Format, Options, Rendering, TagSet, geometry, identity, picture, read,
};

/// Width of the type and length in front of a block's content (RFC 9639 §8.1).
const BLOCK_HEADER: u64 = 4;

/// Where STREAMINFO, the first block, says what the samples are.
const SAMPLE_FORMAT: Range<u64> = 10..14;

/// Renders `tags` and a cover over a FLAC file.
pub(crate) fn render<R: ReadAt + ?Sized>(
    origin: &R,
    tags: &TagSet<'_>,
    cover: Option<Cover<'_>>,
    options: &Options,
) -> Result<Rendering, Error> {
    let header = Header::parse(origin)?;
    let blocks = blocks(&header, tags, cover, options)?;
    let lens = blocks.iter().map(|block| BLOCK_HEADER + block.len());
    let content = header.first_block + lens.sum::<u64>();
    let header_len = geometry::fit(header.audio, content, BLOCK_HEADER);
    let parts = Parts::new(&header, &blocks, header_len - content);
    let plan = parts.builder.extent(header.audio..origin.len()).build()?;
    Ok(Rendering {
        plan: identity::settle(plan, origin)?,
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

/// Returns what the samples of a FLAC file are: rate, channels, bits (RFC 9639 §8.2).
pub(crate) fn sample_format<R: ReadAt + ?Sized>(file: &R) -> Result<Vec<u8>, Error> {
    let header = Header::parse(file)?;
    let start = header.first_block + BLOCK_HEADER + SAMPLE_FORMAT.start;
    let mut format = read::read_exact_at(file, start, SAMPLE_FORMAT.end - SAMPLE_FORMAT.start)?;
    if let Some(last) = format.last_mut() {
        // Four bits of the number of samples, which may be unknown.
        *last &= 0xf0;
    }
    Ok(format)
}

/// Reads the tags of a FLAC file.
pub(crate) fn parse<R: ReadAt + ?Sized>(file: &R) -> Result<FileTags, Error> {
    let header = Header::parse(file)?;
    match header.comments() {
        Some(block) => Ok(file_tags(&Comments::parse(
            &block.bytes,
            block.content.start,
        )?)),
        None => Ok(FileTags::default()),
    }
}

/// A block of the virtual file other than padding.
enum NewBlock<'a> {
    Kept(&'a Block),
    Made { code: u8, content: Vec<Segment> },
}

impl NewBlock<'_> {
    fn len(&self) -> u64 {
        match self {
            Self::Kept(block) => block.len(),
            Self::Made { content, .. } => content.iter().map(Segment::len).sum(),
        }
    }

    /// Makes a block, if its length can be stated.
    fn made(what: &'static str, code: u8, content: Vec<Segment>) -> Result<Self, Error> {
        let block = Self::Made { code, content };
        let (len, limit) = (block.len(), MAX_CONTENT);
        if len > limit {
            return Err(Error::TooLarge { what, len, limit });
        }
        Ok(block)
    }
}

/// Returns the blocks of the virtual file: the origin's, and at the end what it has not.
fn blocks<'a>(
    header: &'a Header,
    tags: &TagSet<'_>,
    cover: Option<Cover<'_>>,
    options: &Options,
) -> Result<Vec<NewBlock<'a>>, Error> {
    let mut blocks = Vec::with_capacity(header.blocks.len() + 2);
    for block in &header.blocks {
        match block.kind {
            Kind::Comments => blocks.push(comments(Some(block), tags, options)?),
            Kind::Picture if cover.is_some() => {}
            Kind::Kept | Kind::Picture => blocks.push(NewBlock::Kept(block)),
            Kind::Padding => {}
        }
    }
    if header.comments().is_none() {
        blocks.push(comments(None, tags, options)?);
    }
    if let Some(cover) = cover {
        let lead = picture::lead(cover)?.into();
        let data = Segment::Insert(0..cover.data().len());
        let content = vec![Segment::Generated(lead), data];
        blocks.push(NewBlock::made("a picture block", blocks::PICTURE, content)?);
    }
    Ok(blocks)
}

/// Returns the comment block that takes the place of the origin's.
fn comments(
    old: Option<&Block>,
    tags: &TagSet<'_>,
    options: &Options,
) -> Result<NewBlock<'static>, Error> {
    let mut comments = match old {
        Some(block) => Comments::parse(&block.bytes, block.content.start)?,
        None => Comments::new(&options.vendor),
    };
    comments.update(tags, None)?;
    NewBlock::made(
        "a comment block",
        blocks::VORBIS_COMMENT,
        comments.segments()?,
    )
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

/// A header in the making: segments, and generated bytes not yet handed on.
struct Parts {
    builder: PlanBuilder,
    pending: Vec<u8>,
}

impl Parts {
    /// Puts a header together, with `padding` bytes for padding blocks and their headers.
    fn new(header: &Header, blocks: &[NewBlock<'_>], padding: u64) -> Self {
        let mut parts = Self {
            builder: Plan::builder().extent(0..header.first_block),
            pending: Vec::new(),
        };
        for (index, block) in blocks.iter().enumerate() {
            let last = padding == 0 && index + 1 == blocks.len();
            parts.block(block, last);
        }
        parts.padding(padding);
        parts
    }

    fn block(&mut self, block: &NewBlock<'_>, last: bool) {
        match block {
            NewBlock::Kept(block) => {
                self.header(block.code, last, block.written_len());
                if block.is_held() {
                    self.pending.extend_from_slice(&block.bytes);
                } else {
                    self.push(|builder| builder.extent(block.content.clone()));
                }
            }
            NewBlock::Made { code, content } => {
                self.header(*code, last, block.len());
                for segment in content {
                    self.segment(segment);
                }
            }
        }
    }

    fn header(&mut self, code: u8, last: bool, len: u64) {
        self.pending.extend(blocks::header(code, last, len));
    }

    fn segment(&mut self, segment: &Segment) {
        match segment {
            Segment::Generated(bytes) => self.pending.extend_from_slice(bytes),
            other => self.push(|builder| builder.segment(other.clone())),
        }
    }

    /// Ends the header with padding: one block, or as many as its length takes.
    fn padding(&mut self, padding: u64) {
        let mut lens = padding_blocks(padding).peekable();
        while let Some(len) = lens.next() {
            let last = lens.peek().is_none();
            self.header(blocks::PADDING, last, len);
            self.push(|builder| builder.zeros(len));
        }
        self.push(|builder| builder);
    }

    /// Hands on what is pending, and then adds to the plan.
    fn push(&mut self, add: impl FnOnce(PlanBuilder) -> PlanBuilder) {
        let pending = std::mem::take(&mut self.pending);
        self.builder = add(std::mem::take(&mut self.builder).generated(pending));
    }
}
