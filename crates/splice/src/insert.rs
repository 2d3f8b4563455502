//! A second file as text: for containers whose tags hold nothing else.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{Error, ReadAt};

/// Bytes that make one group of [`GROUP`] characters (RFC 4648 §4).
const BYTES: u64 = 3;
const GROUP: u64 = 4;
/// How many groups are made at a time.
const STEP: u64 = 16 << 10;

/// A part of the Base64 text (RFC 4648 §4, padded) of some bytes and the whole insert after them.
///
/// The text is made when it is read. A part of it needs no more of the insert than it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InsertText {
    /// What is encoded in front of the insert.
    lead: Arc<[u8]>,
    insert_len: u64,
    /// Which characters these are.
    range: Range<u64>,
}

impl InsertText {
    /// Returns the whole text of `lead` and an insert of `insert_len` bytes.
    ///
    /// # Errors
    ///
    /// [`Error::TooLong`] if no file could hold the text.
    pub fn new(lead: impl Into<Arc<[u8]>>, insert_len: u64) -> Result<Self, Error> {
        let lead = lead.into();
        let bytes = insert_len.checked_add(lead.len() as u64);
        let len = bytes.and_then(|bytes| bytes.div_ceil(BYTES).checked_mul(GROUP));
        let range = 0..len.ok_or(Error::TooLong)?;
        Ok(Self {
            lead,
            insert_len,
            range,
        })
    }

    /// Returns how many characters these are; each is one byte.
    pub fn len(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// Returns whether these are none.
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// Returns how long the insert is.
    pub fn insert_len(&self) -> u64 {
        self.insert_len
    }

    /// Returns a part of this text; `range` counts its characters, and is cut off at its end.
    #[must_use]
    pub fn part(&self, range: Range<u64>) -> Self {
        let at = |offset: u64| self.range.start.saturating_add(offset).min(self.range.end);
        let (start, end) = (at(range.start), at(range.end));
        Self {
            lead: self.lead.clone(),
            insert_len: self.insert_len,
            range: start..end.max(start),
        }
    }

    /// Fills `buf` with the characters from `offset` on; returns how many there were.
    ///
    /// # Errors
    ///
    /// What reading `insert` gives; [`io::ErrorKind::UnexpectedEof`] if it is too short.
    pub fn read_at<R: ReadAt + ?Sized>(
        &self,
        insert: &R,
        buf: &mut [u8],
        offset: u64,
    ) -> io::Result<usize> {
        let part = self.part(offset..offset.saturating_add(buf.len() as u64));
        let mut done = 0;
        let mut at = part.range.start;
        while at < part.range.end {
            let first = at / GROUP;
            let groups = first..part.range.end.div_ceil(GROUP).min(first + STEP);
            let text = STANDARD.encode(self.bytes(insert, groups)?);
            let text = &text.as_bytes()[index(at % GROUP)..];
            let n = text.len().min(index(part.range.end - at));
            buf[done..done + n].copy_from_slice(&text[..n]);
            done += n;
            at += n as u64;
        }
        Ok(done)
    }

    /// Returns the bytes that some groups of characters stand for.
    fn bytes<R: ReadAt + ?Sized>(&self, insert: &R, groups: Range<u64>) -> io::Result<Vec<u8>> {
        let lead_len = self.lead.len() as u64;
        let start = groups.start * BYTES;
        let end = (groups.end * BYTES).min(lead_len + self.insert_len);
        let mut bytes = vec![0; index(end - start)];
        let from_lead = index(lead_len.saturating_sub(start)).min(bytes.len());
        if from_lead > 0 {
            let lead = &self.lead[index(start)..];
            bytes[..from_lead].copy_from_slice(&lead[..from_lead]);
        }
        let rest = &mut bytes[from_lead..];
        let at = start.saturating_sub(lead_len);
        if insert.read_at(rest, at)? < rest.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(bytes)
    }
}

/// Returns a count of bytes that are in memory as an index.
fn index(n: u64) -> usize {
    usize::try_from(n).expect("what is in memory has an index")
}
