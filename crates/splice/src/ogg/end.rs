//! Finds where a stream ends, so that a later one with its serial is left alone.
//!
//! A stream ends after its last page, or where another with its serial begins: the links of a chain
//! should have serials of their own, and do not always. Only a walk over all pages could say that
//! none begins anywhere in a file, and costs as much as reading it, where players and scanners want
//! a second near the end. So numbers decide. They count a stream's pages, from zero: between two of
//! its pages a stream can have begun anew only if the second page's number of pages fit between
//! them. Where there is no room for as many of the size that pages have there, numbers that go up
//! are those of one stream. Where there is, a page between the two is looked at, and so on, until
//! the pages are so near that they are walked. If numbers ever fall, or anything else is out of
//! order, a walk from the start finds the end: there, or where no page is for long.
//!
//! ```text
//! number  3    120     241           480                          961
//!         |-----|-------|-------------|----------------------------|    480 of 961 pages: no room
//!         3    120     241           480           12             492   a stream began anew
//! ```

use std::io;
use std::ops::Range;

use super::MAX_GAP;
use super::locate::{LOOK_BACK, Look};
use super::walk::{Found, Walk};
use crate::ReadAt;

/// Pages that are nearer than this are walked.
const NEAR: u64 = 2 * LOOK_BACK;

/// Returns where the stream `serial`, which goes on in `range`, ends.
pub(crate) fn find<R: ReadAt + ?Sized>(
    file: &R,
    range: &Range<u64>,
    serial: u32,
) -> io::Result<u64> {
    let stream = Stream {
        file,
        range,
        serial,
    };
    if stream.is_all()? {
        Ok(range.end)
    } else {
        stream.walk()
    }
}

struct Stream<'a, R: ?Sized> {
    file: &'a R,
    range: &'a Range<u64>,
    serial: u32,
}

/// A page of the stream, and what is around it.
#[derive(Clone, Copy)]
struct Sample {
    at: u64,
    number: u32,
    /// How far the stream's pages are apart here.
    spacing: u64,
    is_last: bool,
}

impl<R: ReadAt + ?Sized> Stream<'_, R> {
    /// Walks from the start to the end of the stream.
    fn walk(&self) -> io::Result<u64> {
        let walk = Walk::new(self.file, self.range);
        let mut at = self.range.start;
        while let Some(found) = walk.next(at, self.range.end.min(at + MAX_GAP))? {
            at = found.end();
            if found.page.serial != self.serial {
                continue;
            }
            if found.page.is_first() {
                return Ok(found.at);
            }
            if found.page.is_last() {
                break;
            }
        }
        Ok(at)
    }

    /// Returns whether all pages of this serial are of the stream, as far as numbers tell.
    fn is_all(&self) -> io::Result<bool> {
        let start = Sample {
            at: self.range.start,
            number: 0,
            spacing: u64::MAX,
            is_last: false,
        };
        if self.range.end - start.at <= NEAR {
            return Ok(false);
        }
        let end = self.sample(self.range.end)?;
        end.map_or(Ok(false), |end| self.is_one(start, end))
    }

    /// Returns whether no stream begins between two pages.
    fn is_one(&self, from: Sample, to: Sample) -> io::Result<bool> {
        let distance = to.at - from.at;
        if from.is_last || from.number >= to.number {
            return Ok(false);
        }
        let spacing = from.spacing.min(to.spacing);
        // Pages are not all of one size: three fifths of it are small enough to be another.
        if distance.saturating_mul(5) < spacing.saturating_mul(3 * u64::from(to.number)) {
            return Ok(true);
        }
        if distance <= NEAR {
            return self.is_one_near(from.at, to.at);
        }
        match self.sample(from.at + distance / 2)? {
            Some(middle) if (from.at + 1..to.at).contains(&middle.at) => {
                Ok(self.is_one(middle, to)? && self.is_one(from, middle)?)
            }
            _ => Ok(false),
        }
    }

    /// Walks from a page to a page.
    fn is_one_near(&self, from: u64, to: u64) -> io::Result<bool> {
        let walk = Walk::new(self.file, self.range);
        Ok(self.run(&walk, from, to + 1)?.is_some())
    }

    /// Returns the last page of the stream before an offset; `None` if there is none near, or if
    /// pages are out of order.
    fn sample(&self, offset: u64) -> io::Result<Option<Sample>> {
        let look = Look::new(self.file, self.range, offset)?;
        let Some(start) = look.boundary()? else {
            return Ok(None);
        };
        let run = self.run(&look.walk(), start, offset)?;
        Ok(run.map(|run| run.sample()))
    }

    /// Walks over the pages that start in a range; `None` if they are not of one stream in order.
    fn run(&self, walk: &Walk<'_, R>, from: u64, until: u64) -> io::Result<Option<Run>> {
        let mut run: Option<Run> = None;
        let mut at = from;
        while let Some(found) = walk.next(at, until)? {
            at = found.end();
            if found.page.serial != self.serial {
                continue;
            }
            let follows = run.as_ref().is_none_or(|run| run.is_followed_by(&found));
            if found.page.is_first() || !follows {
                return Ok(None);
            }
            let (first, n_before) = run.map_or((found, 0), |run| (run.first, run.n_pages));
            run = Some(Run {
                first,
                last: found,
                n_pages: n_before + 1,
            });
        }
        Ok(run)
    }
}

/// Pages of one stream, in order.
struct Run {
    first: Found,
    last: Found,
    n_pages: u64,
}

impl Run {
    fn is_followed_by(&self, next: &Found) -> bool {
        !self.last.page.is_last() && self.last.page.number < next.page.number
    }

    fn sample(&self) -> Sample {
        let spacing = (self.last.at - self.first.at).checked_div(self.n_pages - 1);
        Sample {
            at: self.last.at,
            number: self.last.page.number,
            spacing: spacing.unwrap_or(self.last.page.len()),
            is_last: self.last.page.is_last(),
        }
    }
}
