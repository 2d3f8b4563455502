//! Where the tag of a file is.
//!
//! ```text
//! audio
//! leftovers      24 bytes of older headers, as often as PyMusepack left them there
//! tag            header, items, footer
//! Lyrics3 tag    rarely; its last 15 bytes: its length as six digits, "LYRICS200"
//! ID3v1 tag      rarely; 128 bytes, "TAG" first
//! ```
//!
//! What is looked for, and where, is what mutagen looks for. But while it takes a size at its word
//! and cuts the file there, here the items have to account for what is cut.

use std::ops::Range;

use splice::ReadAt;

use super::{FOOTER, Footer, MARKER};
use crate::read::Window;
use crate::{Error, id3v1};

/// The end of a file that is read first: the whole of most tags but for pictures.
const TAIL: u64 = 16 << 10;
/// The end of a Lyrics3v2 tag (<https://id3.org/Lyrics3v2>).
const LYRICS: &[u8] = b"LYRICS200";
/// How long the digits are that are in front of it.
const LYRICS_DIGITS: usize = 6;
/// What is left of a header.
const LEFTOVER: u64 = 24;
/// More leftovers than any file has.
const MAX_LEFTOVERS: u32 = 64;

/// The place of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Where everything that a new tag replaces starts; it goes on to the end of the file.
    pub(crate) start: u64,
    /// Where the header is, if there is one.
    pub(crate) header: Option<u64>,
    /// Where the items are; the footer follows.
    pub(crate) items: Range<u64>,
    /// How many there are said to be.
    pub(crate) count: u32,
}

impl Place {
    /// Finds the tag of a file; what is in front of `least` is no leftover.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if its size is a lie, [`Error::Read`] if the origin cannot be read.
    pub(crate) fn find<R: ReadAt + ?Sized>(
        window: &mut Window<'_, R>,
        least: u64,
    ) -> Result<Option<Self>, Error> {
        let tail = window.origin_len().min(TAIL);
        window.get(window.origin_len() - tail, tail)?;
        let Some(at) = find_footer(window)? else {
            return Ok(None);
        };
        let malformed = |what| Error::Malformed { what, offset: at };
        let footer = Footer::parse(window.array(at)?).ok_or(malformed("no APEv2 footer"))?;
        let len = u64::from(footer.size)
            .checked_sub(FOOTER)
            .ok_or(malformed("an APEv2 tag that is smaller than its footer"))?;
        let start = at
            .checked_sub(len)
            .ok_or(malformed("an APEv2 tag that is larger than its file"))?;
        // One read for all that is looked at from here on, if it is beyond the tail.
        let ahead = start.saturating_sub(FOOTER + LEFTOVER);
        window.get(ahead, start - ahead)?;
        let header = match start.checked_sub(FOOTER) {
            Some(header) if footer.has_header() && is_marked(window, header)? => Some(header),
            // Whatever the footer says: what is there is no header, and may be audio.
            _ => None,
        };
        Ok(Some(Self {
            start: before_leftovers(window, header.unwrap_or(start), least)?,
            header,
            items: start..at,
            count: footer.count,
        }))
    }
}

/// Returns where the footer is: last, or in front of an ID3v1 tag and a Lyrics3 tag.
fn find_footer<R: ReadAt + ?Sized>(window: &mut Window<'_, R>) -> Result<Option<u64>, Error> {
    let len = window.origin_len();
    let mut ends = vec![Some(len)];
    if let Some(v1) = len.checked_sub(id3v1::LEN)
        && window.get(v1, 3)? == b"TAG"
    {
        ends.push(Some(v1));
        ends.push(before_lyrics(window, v1)?);
    }
    for end in ends.into_iter().flatten() {
        if let Some(at) = end.checked_sub(FOOTER)
            && is_marked(window, at)?
        {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// Returns where the Lyrics3 tag starts that ends at `end`.
fn before_lyrics<R: ReadAt + ?Sized>(
    window: &mut Window<'_, R>,
    end: u64,
) -> Result<Option<u64>, Error> {
    let len = LYRICS_DIGITS + LYRICS.len();
    let Some(at) = end.checked_sub(len as u64) else {
        return Ok(None);
    };
    let (digits, marker) = window.get(at, len as u64)?.split_at(LYRICS_DIGITS);
    let lyrics = str::from_utf8(digits)
        .ok()
        .filter(|_| marker == LYRICS)
        .and_then(|digits| digits.parse().ok());
    Ok(lyrics.and_then(|lyrics: u64| at.checked_sub(lyrics)))
}

/// Returns where the leftovers in front of a tag start.
fn before_leftovers<R: ReadAt + ?Sized>(
    window: &mut Window<'_, R>,
    tag: u64,
    least: u64,
) -> Result<u64, Error> {
    let mut start = tag;
    for _ in 0..MAX_LEFTOVERS {
        match start.checked_sub(LEFTOVER) {
            Some(at) if at >= least && is_marked(window, at)? => start = at,
            _ => return Ok(start),
        }
    }
    Err(Error::Malformed {
        what: "more leftovers of APEv2 headers than any file has",
        offset: start,
    })
}

fn is_marked<R: ReadAt + ?Sized>(window: &mut Window<'_, R>, at: u64) -> Result<bool, Error> {
    Ok(window.array(at)? == MARKER)
}
