//! ID3v1: the last 128 bytes of a file.
//!
//! ```text
//! +0     3   "TAG"
//! +3    30   title
//! +33   30   artist
//! +63   30   album
//! +93    4   year
//! +97   30   comment; in 1.1 of 28 characters, a zero and the track
//! +127   1   genre, 255 for none
//! ```
//!
//! Text is ISO-8859-1, padded with zeros or spaces. There is no other standard than what programs do
//! (<https://id3.org/ID3v1>).

use splice::ReadAt;

use crate::Error;
use crate::id3v2::{Encoding, Frame, GENRES, Part, Stamp, Tag, integer, latin1, resolve_genres};
use crate::read;

/// Length of a tag.
pub(crate) const LEN: u64 = 128;
/// Tags that lack up to so many bytes of the year are read too; mutagen once wrote them.
const SHORT_BY: usize = 4;
/// What the end of `APETAGEX` and the start of a tag have in common, before the tag.
const APE: &[u8] = b"APETAGEX";

/// Text fields: offset and length of each in a full tag.
const TITLE: usize = 3;
const ARTIST: usize = 33;
const ALBUM: usize = 63;
const YEAR: usize = 93;
const COMMENT: usize = 97;
const TEXT_LEN: usize = 30;

/// A tag at the end of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Id3v1 {
    /// Offset in the origin.
    pub(crate) start: u64,
    /// The whole tag, its year filled up.
    bytes: [u8; 128],
}

/// Finds the tag at the end of `origin`.
///
/// # Errors
///
/// [`Error::Read`] if the origin cannot be read.
pub(crate) fn find<R: ReadAt + ?Sized>(origin: &R) -> Result<Option<Id3v1>, Error> {
    let before = APE.len() - 5;
    let wanted = LEN + before as u64;
    let start = origin.len().saturating_sub(wanted);
    let end = read::read_exact_at(origin, start, origin.len() - start)?;
    let position = |word: &[u8]| end.windows(word.len()).position(|window| window == word);
    let Some(index) = position(b"TAG") else {
        return Ok(None);
    };
    if position(APE).is_some_and(|ape| ape + before == index) {
        return Ok(None);
    }
    let tag = &end[index..];
    let missing = 128_usize
        .checked_sub(tag.len())
        .filter(|&missing| missing <= SHORT_BY);
    Ok(missing.map(|missing| {
        let mut bytes = [0; 128];
        bytes[..COMMENT - missing].copy_from_slice(&tag[..COMMENT - missing]);
        bytes[COMMENT..].copy_from_slice(&tag[COMMENT - missing..]);
        Id3v1 {
            start: start + index as u64,
            bytes,
        }
    }))
}

impl Id3v1 {
    /// Adds to `tag` the frames that it lacks; `major` is the version that the frames are for.
    pub(crate) fn fill(&self, tag: &mut Tag, major: u8) {
        let text = |id: &[u8; 4], text: String| {
            let filled = (!text.is_empty()).then_some(text)?;
            Some(Frame::text(*id, Encoding::Latin1, vec![filled]))
        };
        let year = self.text(YEAR, 4);
        let year = match major {
            4 if year.is_empty() => None,
            4 => {
                let stamps = year.split(',').map(Stamp::new).collect();
                Some(Frame::new(
                    *b"TDRC",
                    Encoding::Latin1,
                    vec![Part::Stamps(stamps)],
                ))
            }
            _ => text(b"TYER", year),
        };
        let (comment, track) = self.comment_and_track();
        let comment = text(b"COMM", comment).map(as_comment);
        let number = |number: u8| number.to_string();
        let frames = [
            text(b"TIT2", self.text(TITLE, TEXT_LEN)),
            text(b"TPE1", self.text(ARTIST, TEXT_LEN)),
            text(b"TALB", self.text(ALBUM, TEXT_LEN)),
            year,
            comment,
            (track > 0)
                .then_some(track)
                .and_then(|track| text(b"TRCK", number(track))),
            (self.bytes[127] != 255)
                .then(|| number(self.bytes[127]))
                .and_then(|genre| text(b"TCON", genre)),
        ];
        for frame in frames.into_iter().flatten() {
            if !tag.contains(&frame) {
                tag.add(frame);
            }
        }
    }

    fn comment_and_track(&self) -> (String, u8) {
        match self.bytes[COMMENT + 28..COMMENT + 30] {
            [0, track] => (self.text(COMMENT, 28), track),
            _ => (self.text(COMMENT, TEXT_LEN), 0),
        }
    }

    fn text(&self, start: usize, len: usize) -> String {
        let field = &self.bytes[start..start + len];
        let text = field.split(|&byte| byte == 0).next().unwrap_or_default();
        // Python's idea of white space in bytes: without the vertical tab, trim_ascii lacks one.
        let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
        let first = text
            .iter()
            .position(|byte| !blank(byte))
            .unwrap_or(text.len());
        let last = text
            .iter()
            .rposition(|byte| !blank(byte))
            .map_or(first, |last| last + 1);
        latin1(&text[first..last])
    }
}

fn as_comment(mut frame: Frame) -> Frame {
    frame
        .parts
        .insert(0, Part::Text("ID3v1 Comment".to_owned()));
    frame.parts.insert(0, Part::Raw(b"eng".to_vec()));
    frame
}

/// Returns the tag that says what `tag` says, as far as it can; the comment stays empty.
pub(crate) fn render(tag: &Tag) -> [u8; 128] {
    let mut bytes = [0; 128];
    bytes[..3].copy_from_slice(b"TAG");
    for (id, start) in [(*b"TIT2", TITLE), (*b"TPE1", ARTIST), (*b"TALB", ALBUM)] {
        let text = tag
            .get(id)
            .and_then(Frame::texts)
            .and_then(|texts| texts.first());
        write_latin1(
            text.map_or("", String::as_str),
            &mut bytes[start..start + TEXT_LEN],
        );
    }
    write_latin1(&year(tag), &mut bytes[YEAR..YEAR + 4]);
    // Tracks from 256 on have no place.
    if let Some(track) = track(tag).and_then(|track| u8::try_from(track).ok()) {
        bytes[126] = track;
    }
    bytes[127] = genre(tag).unwrap_or(255);
    bytes
}

fn year(tag: &Tag) -> String {
    if let Some(frame) = tag.get(*b"TDRC") {
        let stamps: Vec<String> = frame.stamps().iter().map(|stamp| stamp.text(' ')).collect();
        return stamps.join(",");
    }
    let texts = tag.get(*b"TYER").and_then(Frame::texts);
    texts.map_or(String::new(), |texts| texts.join("\0"))
}

fn track(tag: &Tag) -> Option<i64> {
    let text = tag.get(*b"TRCK")?.texts()?.first()?;
    integer(text.split('/').next()?)
}

fn genre(tag: &Tag) -> Option<u8> {
    let genres = resolve_genres(tag.get(*b"TCON")?.texts()?);
    let index = GENRES
        .iter()
        .position(|&genre| genre == genres[..].first().map_or("", String::as_str))?;
    u8::try_from(index).ok()
}

/// Fills `field` with text, `?` for what is not in ISO-8859-1, and zeros.
fn write_latin1(text: &str, field: &mut [u8]) {
    for (byte, c) in field.iter_mut().zip(text.chars()) {
        *byte = u8::try_from(u32::from(c)).unwrap_or(b'?');
    }
}
