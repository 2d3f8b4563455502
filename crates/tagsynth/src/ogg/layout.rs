//! How long the comment packet is, and how packets lie in pages.

use super::Header;

/// A segment; a packet ends with a shorter one (RFC 3533 §5).
pub(crate) const SEGMENT: u8 = 255;
const SEGMENT_LEN: u64 = SEGMENT as u64;
/// How many segments a page holds.
const PAGE: u64 = 255;
/// Lengths of headers differ by multiples of this, as in `geometry`.
const STEP: u64 = 4096;
/// The header of a page without its segment table.
const PAGE_HEADER: u64 = splice::ogg::SEGMENTS as u64;

/// How packets lie in the pages of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The length of the comment packet with its padding.
    pub(crate) comments_len: u64,
    /// How many segments each page has.
    pub(crate) pages: Vec<u8>,
    /// Whether pages and packets are as long as they were.
    pub(crate) is_same: bool,
}

impl Layout {
    /// Lays out a comment packet of `content` bytes before its padding.
    ///
    /// In this order: packets and pages as they were; as many pages as there were, and the header
    /// longer by a multiple of 4096; as many pages and any length; the least pages that hold it, or one
    /// or two more, so that the length is again such a multiple; the least pages.
    pub(crate) fn new(header: &Header, content: u64, can_be_padded: bool) -> Self {
        let old = Old::of(header);
        if content == old.comments_len || (can_be_padded && content < old.comments_len) {
            return Self {
                comments_len: old.comments_len,
                pages: header
                    .pages
                    .iter()
                    .map(|page| page.page.n_segments)
                    .collect(),
                is_same: true,
            };
        }
        let segments = old.segments(content);
        let least = segments.div_ceil(PAGE);
        let n_pages = old.n_pages.clamp(least, segments);
        let candidates = if n_pages == old.n_pages { 1 } else { 3 };
        let aligned = (n_pages..n_pages + candidates)
            .filter(|_| can_be_padded)
            .find_map(|n_pages| Some((n_pages, old.aligned(content, n_pages)?)));
        let (n_pages, comments_len) = aligned.unwrap_or((n_pages, content));
        Self {
            comments_len,
            pages: spread(old.segments(comments_len), n_pages),
            is_same: false,
        }
    }

    /// Returns the segments of all pages, one after the other.
    pub(crate) fn segments(&self, header: &Header) -> Vec<u8> {
        let others = header
            .ends
            .windows(2)
            .map(|ends| (ends[1] - ends[0]) as u64);
        let mut segments = Vec::new();
        for len in [self.comments_len].into_iter().chain(others) {
            segments.extend((0..len / SEGMENT_LEN).map(|_| SEGMENT));
            segments.push(u8::try_from(len % SEGMENT_LEN).expect("less than 255"));
        }
        segments
    }
}

/// What the header is now.
struct Old {
    comments_len: u64,
    n_pages: u64,
    /// How many segments the packets after the comments have.
    other_segments: u64,
}

impl Old {
    fn of(header: &Header) -> Self {
        let comments_len = header.ends[0] as u64;
        let others = header
            .ends
            .windows(2)
            .map(|ends| (ends[1] - ends[0]) as u64);
        Self {
            comments_len,
            n_pages: header.pages.len() as u64,
            other_segments: others.map(n_segments).sum(),
        }
    }

    /// Returns how many segments all packets have with such a comment packet.
    fn segments(&self, comments_len: u64) -> u64 {
        n_segments(comments_len) + self.other_segments
    }

    /// Returns the least length of a comment packet that holds `content` and makes a header of
    /// `n_pages` pages longer by a multiple of 4096; `None` if there is none.
    ///
    /// With every 255 bytes a packet takes a byte more in a segment table, so that one length in 256
    /// cannot be had.
    fn aligned(&self, content: u64, n_pages: u64) -> Option<u64> {
        let headers = (n_pages - self.n_pages) * PAGE_HEADER;
        let more = (taken(content) + headers).saturating_sub(taken(self.comments_len));
        let all = taken(self.comments_len) + more.next_multiple_of(STEP) - headers;
        let (segments, rest) = (all / (SEGMENT_LEN + 1), all % (SEGMENT_LEN + 1));
        let len = segments * SEGMENT_LEN + rest;
        (rest < SEGMENT_LEN && self.segments(len) <= n_pages * PAGE).then_some(len)
    }
}

/// Returns what a packet takes with its entries in segment tables, but for the last one.
fn taken(len: u64) -> u64 {
    len + len / SEGMENT_LEN
}

fn n_segments(len: u64) -> u64 {
    len / SEGMENT_LEN + 1
}

/// Spreads segments over pages, evenly.
fn spread(mut segments: u64, n_pages: u64) -> Vec<u8> {
    let mut pages = Vec::new();
    for left in (1..=n_pages).rev() {
        let n = segments.div_ceil(left);
        segments -= n;
        pages.push(u8::try_from(n).expect("there are enough pages"));
    }
    pages
}
