//! Goes from page to page.

use std::io;
use std::ops::Range;

use memchr::memmem;

use super::page::{CAPTURE, MAX_HEADER};
use super::{Page, exact};
use crate::ReadAt;

/// How much is searched at a time where no page is.
const STEP: u64 = 64 << 10;

/// A page of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    /// Where it starts.
    pub(crate) at: u64,
    pub(crate) page: Page,
}

impl Found {
    /// Returns where the page ends.
    pub(crate) fn end(&self) -> u64 {
        self.at + self.page.len()
    }
}

/// The pages in a range of a file, some bytes of which are at hand.
#[derive(Debug)]
pub(crate) struct Walk<'a, R: ?Sized> {
    pub(crate) file: &'a R,
    pub(crate) range: &'a Range<u64>,
    pub(crate) held: &'a [u8],
    /// Where `held` is in the file.
    pub(crate) held_at: u64,
}

impl<'a, R: ReadAt + ?Sized> Walk<'a, R> {
    /// Walks with nothing at hand.
    pub(crate) fn new(file: &'a R, range: &'a Range<u64>) -> Self {
        let (held, held_at) = (&[], 0);
        Self {
            file,
            range,
            held,
            held_at,
        }
    }

    /// Returns the first page at `from` or after it that starts before `until`.
    ///
    /// Called with the end of a page it returns the next one: this is what walking means. Between two
    /// pages may be what is none.
    pub(crate) fn next(&self, from: u64, until: u64) -> io::Result<Option<Found>> {
        if from >= until {
            return Ok(None);
        }
        match self.at(from)? {
            None => self.search(from + 1, until),
            found => Ok(found),
        }
    }

    /// Returns the page that starts at an offset and ends in the range.
    fn at(&self, at: u64) -> io::Result<Option<Found>> {
        let len = self.range.end.saturating_sub(at).min(MAX_HEADER as u64);
        let held = self.held_from(at);
        let mut page = Page::parse(held);
        if page.is_none() && (held.len() as u64) < len {
            let mut header = [0; MAX_HEADER];
            let header = &mut header[..usize::try_from(len).expect("a header is short")];
            exact(self.file, header, at)?;
            page = Page::parse(header);
        }
        let found = page.map(|page| Found { at, page });
        Ok(found.filter(|found| found.end() <= self.range.end))
    }

    fn search(&self, mut from: u64, until: u64) -> io::Result<Option<Found>> {
        let until = until.min(self.range.end);
        let mut read = Vec::new();
        while from < until {
            let bytes = self.some_bytes(from, &mut read)?;
            for at in memmem::find_iter(bytes, CAPTURE) {
                let at = from + at as u64;
                if at >= until {
                    return Ok(None);
                }
                if let Some(found) = self.at(at)? {
                    return Ok(Some(found));
                }
            }
            // A capture pattern may lie across the end.
            from += (bytes.len() as u64 + 1)
                .saturating_sub(CAPTURE.len() as u64)
                .max(1);
        }
        Ok(None)
    }

    /// Returns bytes from an offset on: those at hand, or else what is read.
    fn some_bytes<'b>(&'b self, at: u64, read: &'b mut Vec<u8>) -> io::Result<&'b [u8]> {
        let held = self.held_from(at);
        if held.len() >= CAPTURE.len() {
            return Ok(held);
        }
        let len = (self.range.end - at).min(STEP);
        read.resize(usize::try_from(len).expect("a step fits"), 0);
        exact(self.file, read, at)?;
        Ok(read)
    }

    fn held_from(&self, at: u64) -> &[u8] {
        let skip = at.checked_sub(self.held_at);
        let skip = skip.and_then(|skip| usize::try_from(skip).ok());
        skip.and_then(|skip| self.held.get(skip..)).unwrap_or(&[])
    }
}
