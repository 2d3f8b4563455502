//! Finds pages near an offset without walking there, and is certain of them.
//!
//! Bytes that look like a page may lie inside one, put there by chance or by malice, checksum and
//! all. But a walk from the start passes any offset `a` somewhere: at the latest where the page ends
//! that lies across it, less than [`MAX_PAGE`] bytes on, it looks for its next page. That is one of
//! those that *seem* to start in these bytes, or the first behind them. Walks from all of these
//! follow the same rule; where all have come to the same page, the one from the start is there too.
//! They hardly ever differ at all, and where they do not meet, nobody may tell.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

use super::exact;
use super::page::{MAX_HEADER, MAX_PAGE};
use super::walk::{Found, Walk};
use crate::ReadAt;

/// How much before an offset is looked at: twice what a page can be, where walks start in the first
/// half, and meet in the second.
pub(crate) const LOOK_BACK: u64 = 2 * MAX_PAGE;

/// The bytes around an offset.
pub(crate) struct Look<'a, R: ?Sized> {
    file: &'a R,
    range: &'a Range<u64>,
    held: Vec<u8>,
    /// Where `held` is in the file.
    at: u64,
    offset: u64,
}

impl<'a, R: ReadAt + ?Sized> Look<'a, R> {
    /// Reads what is needed to find the pages before an offset in `range`.
    pub(crate) fn new(file: &'a R, range: &'a Range<u64>, offset: u64) -> io::Result<Self> {
        let at = offset.saturating_sub(LOOK_BACK).max(range.start);
        let end = range.end.min(offset + MAX_HEADER as u64);
        let mut held = vec![0; usize::try_from(end - at).expect("a few pages")];
        exact(file, &mut held, at)?;
        Ok(Self {
            file,
            range,
            held,
            at,
            offset,
        })
    }

    /// Walks with these bytes at hand.
    pub(crate) fn walk(&self) -> Walk<'_, R> {
        Walk {
            file: self.file,
            range: self.range,
            held: &self.held,
            held_at: self.at,
        }
    }

    /// Returns where a walk from the start looks for a page too, a page's length or more before the
    /// offset if there are pages; `None` where that is not certain.
    pub(crate) fn boundary(&self) -> io::Result<Option<u64>> {
        if self.at == self.range.start {
            return Ok(Some(self.at));
        }
        let walk = self.walk();
        let mut walks = Walks::new(&walk, self.offset);
        walks.begin(self.at)?;
        walks.meet()
    }

    /// Returns the same, but as near to the offset as can be.
    pub(crate) fn nearest(&self) -> io::Result<Option<u64>> {
        let Some(mut at) = self.boundary()? else {
            return Ok(None);
        };
        let walk = self.walk();
        while let Some(found) = walk.next(at, self.offset + 1)? {
            if found.end() > self.offset {
                return Ok(Some(found.at));
            }
            at = found.end();
        }
        Ok(Some(at.max(self.offset)))
    }
}

/// Walks that are each at a page, by where it starts.
struct Walks<'a, R: ?Sized> {
    walk: &'a Walk<'a, R>,
    /// What they all are to find.
    offset: u64,
    at: BTreeMap<u64, Found>,
    /// Whether one found no more pages up to the offset.
    ended: bool,
}

impl<'a, R: ReadAt + ?Sized> Walks<'a, R> {
    fn new(walk: &'a Walk<'a, R>, offset: u64) -> Self {
        Self {
            walk,
            offset,
            at: BTreeMap::new(),
            ended: false,
        }
    }

    /// Begins a walk at everything that looks like a page in the first half, and one behind it.
    fn begin(&mut self, start: u64) -> io::Result<()> {
        let half = start + MAX_PAGE;
        let mut from = start;
        while from <= half {
            self.go_on(from)?;
            match self.at.last_key_value() {
                Some((&at, _)) if at >= from => from = at + 1,
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    /// Has a walk look for its next page.
    fn go_on(&mut self, from: u64) -> io::Result<()> {
        match self.walk.next(from, self.offset + 1)? {
            Some(found) => drop(self.at.insert(found.at, found)),
            None => self.ended = true,
        }
        Ok(())
    }

    /// Lets the walk that is furthest behind go on, until there is only one.
    fn meet(mut self) -> io::Result<Option<u64>> {
        while let Some(entry) = self.at.first_entry() {
            let found = *entry.get();
            let is_last = self.at.len() == 1 && !self.ended;
            if is_last {
                return Ok(Some(found.at));
            }
            if found.end() > self.offset {
                return Ok(None);
            }
            self.at.remove(&found.at);
            self.go_on(found.end())?;
        }
        Ok(Some(self.offset))
    }
}
