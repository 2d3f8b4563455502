//! Vorbis comments, whatever container they are in.
//!
//! ```text
//! offset  width     field
//! 0       4         vendor length v, little-endian
//! 4       v         vendor, UTF-8
//! 4+v     4         count n, little-endian
//! 8+v     n times:
//!         4         comment length c, little-endian
//!         c         KEY=value, UTF-8; the key is ASCII 0x20..=0x7d without `=`, in any case
//! ```
//!
//! Vorbis I §5.2.1, RFC 9639 §8.6. The framing bit of Ogg Vorbis belongs to its container.
//! Comments are read as mutagen reads them: what it repairs is written back repaired.

use std::borrow::Cow;

use splice::{InsertText, ReadAt, Segment};

use crate::edits::Edits;
use crate::known::{Dialect, known};
use crate::parse::{Raw, Storage};
use crate::read::{self, Window};
use crate::{Cover, Error, Field, TagSet, keys, picture};

/// Where the cover is, spelled as mediafile spells it (<https://wiki.xiph.org/VorbisComment>).
const PICTURE: &str = "metadata_block_picture";
/// What a cover takes the place of: the same, and where it was before that was agreed on.
const PICTURES: [&str; 4] = [
    PICTURE,
    "METADATA_BLOCK_PICTURE",
    "COVERART",
    "COVERARTMIME",
];

/// The most comments that are read: more than any file has, and few enough to hold.
const MAX_COMMENTS: u64 = 1 << 18;

/// A comment block as a list of comments, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comments<'a> {
    vendor: Cow<'a, str>,
    items: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// What the only comment called [`PICTURE`] has for a value.
    cover: Option<InsertText>,
}

/// Returns how many bytes the comments at `offset` take, whatever length their container states.
pub(crate) fn measure<R: ReadAt + ?Sized>(
    window: &mut Window<'_, R>,
    offset: u64,
) -> Result<u64, Error> {
    let mut at = offset + 4 + u64::from(u32::from_le_bytes(window.array(offset)?));
    let count = u64::from(u32::from_le_bytes(window.array(at)?));
    check_count(count)?;
    at += 4;
    for _ in 0..count {
        check_len(at - offset)?;
        at += 4 + u64::from(u32::from_le_bytes(window.array(at)?));
    }
    check_len(at - offset)?;
    window.get(at, 0)?;
    Ok(at - offset)
}

fn check_len(len: u64) -> Result<(), Error> {
    if len > read::LARGEST {
        return Err(Error::TooLarge {
            what: "the length of all comments",
            len,
            limit: read::LARGEST,
        });
    }
    Ok(())
}

fn check_count(count: u64) -> Result<(), Error> {
    if count > MAX_COMMENTS {
        return Err(Error::TooLarge {
            what: "the count of comments",
            len: count,
            limit: MAX_COMMENTS,
        });
    }
    Ok(())
}

impl<'a> Comments<'a> {
    /// Returns a block without comments.
    pub(crate) fn new(vendor: &'a str) -> Self {
        Self {
            vendor: Cow::from(vendor),
            items: Vec::new(),
            cover: None,
        }
    }

    /// Parses comments at the start of `bytes`, which may go on after them.
    ///
    /// `offset` is where `bytes` are in the origin.
    pub(crate) fn parse(bytes: &'a [u8], offset: u64) -> Result<Self, Error> {
        let mut rest = bytes;
        let malformed = |what| Error::Malformed { what, offset };
        let vendor = take(&mut rest).ok_or(malformed("vendor past the end of the comments"))?;
        let count = take_u32(&mut rest).ok_or(malformed("comments without a count"))?;
        check_count(count.into())?;
        let mut items = Vec::new();
        for index in 0..count {
            let comment = take(&mut rest).ok_or(malformed("comment past the end of its block"))?;
            items.extend(item(String::from_utf8_lossy(comment), index));
        }
        Ok(Self {
            vendor: String::from_utf8_lossy(vendor),
            items,
            cover: None,
        })
    }

    /// Returns the comments, in order.
    pub(crate) fn items(&self) -> impl Iterator<Item = (&str, &str)> {
        self.items.iter().map(|(key, value)| (&**key, &**value))
    }

    /// Returns the values of the comments with this key, in any case.
    fn values(&self, key: &str) -> impl Iterator<Item = Raw<'_>> {
        let comments = self.items();
        let comments = comments.filter(move |(other, _)| other.eq_ignore_ascii_case(key));
        comments.map(|(_, value)| Raw::Text(Cow::from(value)))
    }

    /// Writes a tag set over the comments, and a cover over all pictures among them.
    ///
    /// # Errors
    ///
    /// [`Error::Value`] for a value that has no text, [`Error::TooLarge`] for a cover that no comment
    /// can hold.
    pub(crate) fn update(
        &mut self,
        tags: &'a TagSet<'a>,
        cover: Option<Cover<'_>>,
    ) -> Result<(), Error> {
        self.cover = cover.map(picture_text).transpose()?;
        let pictures = cover.map_or(&[][..], |_| &PICTURES);
        let edits = Edits::of(tags, pictures)?;
        self.items.retain(|(key, _)| !edits.touches(key));
        for (key, texts) in edits.into_written() {
            let comments = texts.into_iter().map(|text| (Cow::from(key), text));
            self.items.extend(comments);
        }
        Ok(())
    }

    /// Serialises the comments: generated bytes, and around the middle of them the text of the cover.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] if a length does not fit its field.
    pub(crate) fn segments(&self) -> Result<Vec<Segment>, Error> {
        let mut segments = Vec::with_capacity(3);
        let mut bytes = Vec::with_capacity(self.text_len());
        put_len(&mut bytes, self.vendor.len() as u64)?;
        bytes.extend_from_slice(self.vendor.as_bytes());
        put_len(&mut bytes, self.items.len() as u64)?;
        for (key, value) in &self.items {
            let cover = self.cover.as_ref().filter(|_| key == PICTURE);
            let cover_len = cover.map_or(0, InsertText::len);
            put_len(&mut bytes, (key.len() + 1 + value.len()) as u64 + cover_len)?;
            bytes.extend_from_slice(key.as_bytes());
            bytes.push(b'=');
            bytes.extend_from_slice(value.as_bytes());
            if let Some(cover) = cover {
                segments.push(Segment::Generated(std::mem::take(&mut bytes).into()));
                segments.push(Segment::InsertText(cover.clone()));
            }
        }
        segments.push(Segment::Generated(bytes.into()));
        Ok(segments)
    }

    /// Returns how many bytes the comments take without a cover.
    fn text_len(&self) -> usize {
        let items = self.items.iter();
        let items = items.map(|(key, value)| key.len() + value.len() + 5);
        8 + self.vendor.len() + items.sum::<usize>()
    }
}

/// Returns a cover as the value of a comment.
fn picture_text(cover: Cover<'_>) -> Result<InsertText, Error> {
    Ok(InsertText::new(picture::lead(cover)?, cover.data().len())?)
}

impl Storage for Comments<'_> {
    fn places(&self, field: Field) -> impl Iterator<Item = Vec<Raw<'_>>> {
        let keys = keys::written(field).iter().chain(keys::aliases(field));
        keys.map(|key| self.values(key).collect())
    }

    fn copies(&self, field: Field) -> impl Iterator<Item = bool> {
        known(field, Dialect::Vorbis)
    }

    fn year(&self) -> Option<Raw<'_>> {
        self.values(keys::YEAR).next()
    }
}

/// Splits a comment; `None` for one whose key is not allowed.
///
/// One without `=` becomes the value of `unknownN`, and letters beyond ASCII in a key `?`.
fn item(comment: Cow<'_, str>, index: u32) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    let Some(equals) = comment.find('=') else {
        return Some((Cow::from(format!("unknown{index}")), comment));
    };
    let (key, value) = match comment {
        Cow::Borrowed(comment) => (
            Cow::from(&comment[..equals]),
            Cow::from(&comment[equals + 1..]),
        ),
        Cow::Owned(mut comment) => {
            let value = comment.split_off(equals + 1);
            comment.truncate(equals);
            (Cow::from(comment), Cow::from(value))
        }
    };
    let key = if key.is_ascii() {
        key
    } else {
        Cow::from(key.replace(|c: char| !c.is_ascii(), "?"))
    };
    let allowed = !key.is_empty() && key.bytes().all(|byte| (b' '..=b'}').contains(&byte));
    allowed.then_some((key, value))
}

fn take_u32(rest: &mut &[u8]) -> Option<u32> {
    let (len, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u32::from_le_bytes(*len))
}

fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = usize::try_from(take_u32(rest)?).ok()?;
    let (bytes, after) = rest.split_at_checked(len)?;
    *rest = after;
    Some(bytes)
}

fn put_len(bytes: &mut Vec<u8>, len: u64) -> Result<(), Error> {
    let len = u32::try_from(len).map_err(|_| Error::TooLarge {
        what: "a comment",
        len,
        limit: u32::MAX.into(),
    })?;
    bytes.extend_from_slice(&len.to_le_bytes());
    Ok(())
}
