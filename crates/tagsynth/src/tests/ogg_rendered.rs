//! Renders Ogg files, and checks what holds for every rendering.

use fixtures::OggPage;
use splice::ReadAt as _;

use super::flac_rendered::options;
use super::model;
use crate::vorbis::Comments;
use crate::{Composed, Cover, Format, Rendering, TagSet, probe, render};

/// A page, or bytes that are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Page(OggPage),
    Junk(Vec<u8>),
}

/// A file taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Apart {
    /// The packets of the first stream up to its audio.
    pub(super) packets: Vec<Vec<u8>>,
    /// The pages with these packets.
    pub(super) pages: Vec<OggPage>,
    /// All else, with the numbers of the first stream's pages counted from its audio.
    pub(super) rest: Vec<Part>,
}

/// Renders, and checks what holds for every rendering; returns it with the virtual file's bytes.
#[track_caller]
pub(super) fn rendered(origin: &[u8], tags: &TagSet<'_>) -> (Rendering, Vec<u8>) {
    let (rendering, bytes) = rendered_with(origin, tags, None);
    let again = render(&*bytes, b"", tags, None, &options()).unwrap();
    assert!(again.plan.is_identity(bytes.len() as u64), "{again:?}");
    let is_same = bytes == origin;
    assert_eq!(rendering.plan.is_identity(origin.len() as u64), is_same);
    (rendering, bytes)
}

/// Renders with a cover, likewise; rendering once more gives the same file once more.
#[track_caller]
pub(super) fn covered(origin: &[u8], tags: &TagSet<'_>, picture: &[u8]) -> (Rendering, Vec<u8>) {
    let cover = Cover::new(&picture).unwrap().unwrap();
    let (rendering, bytes) = rendered_with(origin, tags, Some(cover));
    let again = render(&*bytes, b"", tags, Some(cover), &options()).unwrap();
    assert!(composed(&again, &bytes, Some(cover)) == bytes);
    (rendering, bytes)
}

#[track_caller]
fn rendered_with(
    origin: &[u8],
    tags: &TagSet<'_>,
    cover: Option<Cover<'_>>,
) -> (Rendering, Vec<u8>) {
    let rendering = render(origin, b"", tags, cover, &options()).unwrap();
    let bytes = composed(&rendering, origin, cover);
    let (old, new) = (apart(origin), apart(&bytes));
    assert_eq!(new.packets.len(), old.packets.len());
    assert_eq!(new.packets[0], old.packets[0]);
    assert!(new.packets[2..] == old.packets[2..]);
    assert!(new.rest == old.rest);
    check_pages(&new.pages);
    check_comments(&old.packets[1], &new.packets[1], tags, cover);
    let rest = bytes.len() as u64 - rendering.header_len;
    assert_eq!(rest, rendering.audio.end - rendering.audio.start);
    assert_eq!(rendering.audio.end, origin.len() as u64);
    (rendering, bytes)
}

pub(super) fn composed(rendering: &Rendering, origin: &[u8], cover: Option<Cover<'_>>) -> Vec<u8> {
    let composed = Composed::new(&rendering.plan, origin, cover);
    let mut bytes = vec![0xaa; usize::try_from(composed.len()).unwrap()];
    assert_eq!(composed.read_at(&mut bytes, 0).unwrap(), bytes.len());
    bytes
}

/// Finds the pages of a file, every one of which must have the right checksum.
pub(super) fn parts(bytes: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        if let Some(page) = OggPage::read(rest) {
            rest = &rest[page.stored_len()..];
            parts.push(Part::Page(page));
            continue;
        }
        rest = after;
        match parts.last_mut() {
            Some(Part::Junk(junk)) => junk.push(*first),
            _ => parts.push(Part::Junk(vec![*first])),
        }
    }
    parts
}

fn magic(format: Format) -> (&'static [u8], usize) {
    match format {
        Format::Opus => (b"OpusHead", 2),
        _ => (b"\x01vorbis", 3),
    }
}

pub(super) fn apart(bytes: &[u8]) -> Apart {
    let (magic, n_packets) = magic(probe(bytes, b"").unwrap());
    let mut apart = Apart {
        packets: Vec::new(),
        pages: Vec::new(),
        rest: Vec::new(),
    };
    let mut packet = Vec::new();
    let mut is_ended = false;
    for part in parts(bytes) {
        let page = match part {
            Part::Page(page) if !is_ended && apart.is_of_stream(&page, magic) => page,
            other => {
                apart.rest.push(other);
                continue;
            }
        };
        let begins_again = page.flags & OggPage::FIRST != 0 && !apart.pages.is_empty();
        is_ended = page.flags & OggPage::LAST != 0 || begins_again;
        if begins_again {
            apart.rest.push(Part::Page(page));
        } else if apart.packets.len() == n_packets {
            apart.audio(page);
        } else {
            apart.header(page, &mut packet);
        }
    }
    apart
}

impl Apart {
    fn is_of_stream(&self, page: &OggPage, magic: &[u8]) -> bool {
        match self.pages.first() {
            Some(first) => page.serial == first.serial,
            None => page.body.starts_with(magic),
        }
    }

    fn audio(&mut self, mut page: OggPage) {
        let n_pages = u32::try_from(self.pages.len()).unwrap();
        let first = self.pages[0].number.wrapping_add(n_pages);
        page.number = page.number.wrapping_sub(first);
        self.rest.push(Part::Page(page));
    }

    fn header(&mut self, page: OggPage, packet: &mut Vec<u8>) {
        let mut body = page.body.as_slice();
        for &segment in &page.segments {
            let (segment, after) = body.split_at(segment.into());
            body = after;
            packet.extend(segment);
            if segment.len() < 255 {
                self.packets.push(std::mem::take(packet));
            }
        }
        self.pages.push(page);
    }
}

/// Checks that pages of a header follow each other.
#[track_caller]
fn check_pages(pages: &[OggPage]) {
    let mut is_inside = false;
    for (page, n) in pages.iter().zip(0..) {
        assert_eq!(page.number, pages[0].number.wrapping_add(n));
        assert_eq!(page.serial, pages[0].serial);
        assert!(!page.segments.is_empty());
        assert_eq!(page.flags & OggPage::CONTINUED != 0, is_inside);
        is_inside = page.segments.last() == Some(&255);
    }
    assert!(!is_inside);
}

/// Checks the comments of a virtual file against the model.
#[track_caller]
fn check_comments(old: &[u8], new: &[u8], tags: &TagSet<'_>, cover: Option<Cover<'_>>) {
    let start = if old[0] == b'O' { 8 } else { 7 };
    assert_eq!(new[..start], old[..start]);
    let before = Comments::parse(&old[start..], 0).unwrap();
    let before: Vec<_> = before.items().collect();
    let mut expect = model::comments(&before, tags, cover.is_some());
    let comments = Comments::parse(&new[start..], 0).unwrap();
    let found = comments.items();
    let mut found: Vec<_> = found
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    if cover.is_some() {
        let is_other = |item: &(String, String)| item.0 != "metadata_block_picture";
        found.retain(is_other);
        expect.retain(is_other);
    }
    assert_eq!(found, expect);
}
