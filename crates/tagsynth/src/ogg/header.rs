//! The packets in front of the audio, and the pages that they lie in.

use std::ops::Range;

use splice::ReadAt;
use splice::ogg::{Page, SEGMENTS};

use super::Codec;
use super::codec::Rest;
use crate::read::{self, Window};
use crate::{Error, vorbis};

/// The most pages before the stream that are looked at: other streams begin there.
const MAX_STREAMS: usize = 256;
/// The most bytes from the stream's first page to its audio, with other streams between its pages.
const MAX_SPAN: u64 = 2 * read::LARGEST;

/// A page with packets of the header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeaderPage {
    /// Where it starts.
    pub(crate) at: u64,
    pub(crate) page: Page,
}

impl HeaderPage {
    pub(crate) fn end(&self) -> u64 {
        self.at + self.page.len()
    }

    pub(crate) fn body(&self) -> Range<u64> {
        self.at + self.page.header_len()..self.end()
    }
}

/// The comment packet in parts.
#[derive(Debug)]
pub(crate) struct CommentPacket<'a> {
    pub(crate) magic: &'a [u8],
    pub(crate) comments: &'a [u8],
    /// Where the comments start, though they need not be in one piece.
    pub(crate) at: u64,
    pub(crate) rest: Rest<'a>,
}

/// Everything before the audio of a stream.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) codec: Codec,
    /// The page that identifies the stream.
    pub(crate) first: HeaderPage,
    /// The stream's pages after its first.
    pub(crate) pages: Vec<HeaderPage>,
    /// The packets in them, one after the other.
    pub(crate) packets: Vec<u8>,
    /// Where each packet ends in `packets`.
    pub(crate) ends: Vec<usize>,
    /// Where the audio starts.
    pub(crate) audio: u64,
}

impl Header {
    /// Finds the header of the first stream of a codec.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] and [`Error::Truncated`] where beets cannot read tags either, or where
    /// packets are not alone on their pages.
    pub(crate) fn parse<R: ReadAt + ?Sized>(origin: &R, codec: Codec) -> Result<Self, Error> {
        let mut window = Window::new(origin);
        let first = find_stream(&mut window, codec)?;
        let mut header = Self {
            codec,
            first,
            pages: Vec::new(),
            packets: Vec::new(),
            ends: Vec::new(),
            audio: first.end(),
        };
        while header.ends.len() < codec.magics().len() {
            let (page, segments) = read_page(&mut window, header.audio)?;
            if page.page.serial == first.page.serial {
                header.add(&mut window, page, &segments)?;
            }
            header.audio = page.end();
            check_span(header.audio - first.at)?;
        }
        header.check_packets()?;
        Ok(header)
    }

    /// Returns the packet of comments.
    pub(crate) fn comment_packet(&self) -> Result<CommentPacket<'_>, Error> {
        let packet = &self.packets[..self.ends[0]];
        let (magic, text) = packet.split_at(self.codec.magics()[0].len());
        let at = self.pages[0].body().start + magic.len() as u64;
        let len = vorbis::measure(&mut Window::new(text), 0)?;
        let len = usize::try_from(len).expect("they lie in the packet");
        let (comments, rest) = text.split_at(len);
        Ok(CommentPacket {
            magic,
            comments,
            at,
            rest: self.codec.rest(rest, at)?,
        })
    }

    /// Returns the ranges of the file that hold a range of `packets`.
    pub(crate) fn extents(&self, range: Range<u64>) -> impl Iterator<Item = Range<u64>> {
        let mut start = 0;
        self.pages.iter().filter_map(move |page| {
            let body = page.body();
            let end = start + page.page.body_len;
            let part = range.start.max(start)..range.end.min(end);
            let extent = body.start + part.start.saturating_sub(start)..;
            let extent = extent.start..(body.start + part.end.saturating_sub(start));
            start = end;
            (!part.is_empty()).then_some(extent)
        })
    }

    /// Adds a page and the parts of packets in it.
    fn add<R: ReadAt + ?Sized>(
        &mut self,
        window: &mut Window<'_, R>,
        page: HeaderPage,
        segments: &[u8],
    ) -> Result<(), Error> {
        self.check_page(page)?;
        check_len(self.packets.len() as u64 + page.page.body_len)?;
        let mut at = self.packets.len();
        self.packets
            .extend_from_slice(window.get(page.body().start, page.page.body_len)?);
        for &segment in segments {
            at += usize::from(segment);
            if segment < 255 {
                self.ends.push(at);
            }
        }
        self.pages.push(page);
        if !self.packets.starts_with(self.codec.magics()[0]) {
            return malformed("no comments where they must be", page.at);
        }
        Ok(())
    }

    /// Checks that a page follows those before it.
    fn check_page(&self, HeaderPage { at, page }: HeaderPage) -> Result<(), Error> {
        let last = self.pages.last().map(|last| last.page);
        let is_inside = self.packets.len() > self.ends.last().copied().unwrap_or(0);
        match last {
            _ if page.n_segments == 0 => malformed("a page without packets before the audio", at),
            _ if page.is_first() => malformed("a stream that begins twice", at),
            _ if page.is_continued() != is_inside => malformed("a page out of order", at),
            Some(last) if last.is_last() => malformed("a stream that ends before its audio", at),
            Some(last) if last.number.wrapping_add(1) != page.number => {
                malformed("a page out of order", at)
            }
            _ => Ok(()),
        }
    }

    /// Checks that there are the packets that must be, and nothing after them on the last page.
    fn check_packets(&self) -> Result<(), Error> {
        let magics = self.codec.magics();
        if self.ends.len() > magics.len() || self.ends.last() != Some(&self.packets.len()) {
            return malformed("audio on a page of the header", self.audio);
        }
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        let has_magic = |(start, magic): (usize, &&[u8])| self.packets[start..].starts_with(magic);
        if !starts.zip(magics).all(has_magic) {
            return malformed("another packet where the setup must be", self.audio);
        }
        Ok(())
    }
}

/// Finds the page that identifies the first stream of a codec.
fn find_stream<R: ReadAt + ?Sized>(
    window: &mut Window<'_, R>,
    codec: Codec,
) -> Result<HeaderPage, Error> {
    let mut at = 0;
    for _ in 0..MAX_STREAMS {
        let (page, segments) = read_page(window, at)?;
        if segments.is_empty() {
            return malformed("a page without packets before the audio", at);
        }
        let body = window.get(page.body().start, page.page.body_len)?;
        if body.starts_with(codec.id_magic()) {
            check_first(codec, page, &segments, body)?;
            return Ok(page);
        }
        at = page.end();
    }
    malformed("no stream that can have tags", at)
}

/// Checks the page that identifies a stream.
fn check_first(
    codec: Codec,
    HeaderPage { at, page }: HeaderPage,
    segments: &[u8],
    body: &[u8],
) -> Result<(), Error> {
    let short = segments.iter().position(|&segment| segment < 255);
    if !page.is_first() || short != Some(segments.len() - 1) {
        return malformed("a stream that does not begin with a packet of its own", at);
    }
    match codec.fault(body) {
        Some(what) => malformed(what, at),
        None => Ok(()),
    }
}

/// Reads the header of the page at an offset, and its segment table.
pub(crate) fn read_page<R: ReadAt + ?Sized>(
    window: &mut Window<'_, R>,
    at: u64,
) -> Result<(HeaderPage, Vec<u8>), Error> {
    let [.., n_segments] = window.array::<SEGMENTS>(at)?;
    let header = window.get(at, SEGMENTS as u64 + u64::from(n_segments))?;
    let segments = header[SEGMENTS..].to_vec();
    let Some(page) = Page::parse(header) else {
        return malformed("no page where one must be", at);
    };
    let page = HeaderPage { at, page };
    window.get(page.end(), 0)?;
    Ok((page, segments))
}

/// Checks that packets are not longer than what is read, or would be.
pub(super) fn check_len(len: u64) -> Result<(), Error> {
    if len > read::LARGEST {
        return Err(Error::TooLarge {
            what: "the length of packets before the audio",
            len,
            limit: read::LARGEST,
        });
    }
    Ok(())
}

fn check_span(len: u64) -> Result<(), Error> {
    if len > MAX_SPAN {
        return Err(Error::TooLarge {
            what: "the length of pages before the audio",
            len,
            limit: MAX_SPAN,
        });
    }
    Ok(())
}

fn malformed<T>(what: &'static str, offset: u64) -> Result<T, Error> {
    Err(Error::Malformed { what, offset })
}
