//! Pages of an Ogg stream that get other numbers while they are served.
//!
//! ```text
//! offset  width  field of a page (RFC 3533 §6); integers are little-endian
//! 0       4      "OggS"
//! 4       1      version, 0
//! 5       1      flags: 1 starts inside a packet, 2 first of its stream, 4 last of its stream
//! 6       8      granule position, -1 if no packet ends on the page
//! 14      4      serial number of the stream
//! 18      4      number of the page in its stream
//! 22      4      CRC of the page with zeros in this place
//! 26      1      count n of segments
//! 27      n      length of each segment
//! 27+n           segments
//! ```
//!
//! When the header of a stream takes other pages than before, every page after it needs another
//! number, and so another checksum. The checksum is linear ([`Crc`]): the new one is the old one,
//! xor that of a page that is zero but for what changes in its number. So a page's header is enough
//! to patch it, and nothing of its content is read, nor believed to be whole.
//!
//! What is a page is told by walking: it starts where the one before it ends, or, where nothing looks
//! like a page, at the next place that does; it has a header, and ends before the file does. Whatever
//! is between pages stays as it is, and so do pages of other streams. A read in the middle of a file
//! gives what a walk from its start would have given, at the cost of some pages around it: `locate`
//! says how, and `end` how the last page of the stream is known.

mod crc;
mod end;
mod locate;
mod page;
mod trail;
mod walk;

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

pub use crc::Crc;
pub use page::{CONTINUED, FIRST, LAST, MAX_HEADER, MAX_PAGE, Page, SEGMENTS};

use crate::ReadAt;
use locate::Look;
use page::{CHECKSUM, N_SEGMENTS, NUMBER};
use trail::Trail;
use walk::{Found, Walk};

/// How many bytes are searched for the next page. A file with holes may be longer than anybody can
/// wait for.
const MAX_GAP: u64 = 64 << 20;

/// Pages of the origin, of which those of one stream get other numbers.
///
/// What was learned of the origin is shared by all clones, and so is used again by whoever reads it
/// through the same plan.
#[derive(Clone)]
pub struct Renumbered {
    range: Range<u64>,
    serial: u32,
    delta: u32,
    learned: Arc<Learned>,
}

/// What is known of the origin.
#[derive(Default)]
struct Learned {
    /// Where the stream ends.
    end: Mutex<Option<u64>>,
    trail: Mutex<Trail>,
}

impl Renumbered {
    /// Takes the pages in `range`, which starts with a page, and adds `delta` to the numbers of those
    /// of the stream `serial`.
    ///
    /// Numbers wrap around, so that a large `delta` stands for a negative one.
    pub fn new(range: Range<u64>, serial: u32, delta: u32) -> Self {
        Self {
            range,
            serial,
            delta,
            learned: Arc::default(),
        }
    }

    /// Returns where the pages are in the origin.
    pub fn range(&self) -> &Range<u64> {
        &self.range
    }

    /// Returns how many bytes these are.
    pub fn len(&self) -> u64 {
        self.range.end.saturating_sub(self.range.start)
    }

    /// Returns whether these are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `buf` with the bytes from `offset` on; returns how many there were.
    ///
    /// # Errors
    ///
    /// What reading `origin` gives; [`io::ErrorKind::UnexpectedEof`] if it is too short,
    /// [`io::ErrorKind::InvalidData`] if it was made to be looked through for ever.
    pub fn read_at<R: ReadAt + ?Sized>(
        &self,
        origin: &R,
        buf: &mut [u8],
        offset: u64,
    ) -> io::Result<usize> {
        let left = self.len().saturating_sub(offset);
        let n = usize::try_from(left).map_or(buf.len(), |left| left.min(buf.len()));
        let buf = &mut buf[..n];
        if !buf.is_empty() {
            let start = self.range.start + offset;
            exact(origin, buf, start)?;
            self.patch(origin, buf, start)?;
        }
        Ok(n)
    }

    /// Gives the pages in `buf`, which is at `start` in the origin, their numbers.
    fn patch<R: ReadAt + ?Sized>(&self, origin: &R, buf: &mut [u8], start: u64) -> io::Result<()> {
        let end = self.end(origin)?;
        if start >= end {
            return Ok(());
        }
        let until = end.min(start + buf.len() as u64);
        let mut at = self.boundary(origin, start)?;
        let mut next_is_from = None;
        while let Some(found) = self.walk(origin, buf, start).next(at, until)? {
            at = found.end();
            let fields = found.at..found.at + N_SEGMENTS as u64;
            if found.page.serial == self.serial && fields.end > start {
                put(buf, start, &found, self.delta);
            }
            next_is_from = (fields.end > until).then_some(found.at);
            self.trail(|trail| trail.mark(&found));
        }
        let boundary = next_is_from.unwrap_or(at.max(until));
        self.trail(|trail| trail.leave(until, boundary));
        Ok(())
    }

    fn walk<'a, R: ReadAt + ?Sized>(
        &'a self,
        origin: &'a R,
        held: &'a [u8],
        held_at: u64,
    ) -> Walk<'a, R> {
        Walk {
            file: origin,
            range: &self.range,
            held,
            held_at,
        }
    }

    /// Returns an offset from which a walk finds the pages at `offset` and after it.
    fn boundary<R: ReadAt + ?Sized>(&self, origin: &R, offset: u64) -> io::Result<u64> {
        if let Some(near) = self.trail(|trail| trail.near(offset)) {
            return Ok(near);
        }
        match Look::new(origin, &self.range, offset)?.nearest()? {
            Some(boundary) => Ok(boundary),
            None => self.walk_to(origin, offset),
        }
    }

    /// Walks to an offset from wherever it is known that pages are.
    fn walk_to<R: ReadAt + ?Sized>(&self, origin: &R, offset: u64) -> io::Result<u64> {
        let walk = Walk::new(origin, &self.range);
        let mark = self.trail(|trail| trail.mark_before(offset));
        let mut at = mark.unwrap_or(self.range.start);
        while let Some(found) = walk.next(at, (offset + 1).min(at + MAX_GAP))? {
            self.trail(|trail| trail.mark(&found));
            if found.end() > offset {
                return Ok(found.at);
            }
            at = found.end();
        }
        if at + MAX_GAP <= offset {
            let what = "pages that cannot be told from what is in them, after none for long";
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        Ok(offset)
    }

    /// Returns where the stream ends.
    fn end<R: ReadAt + ?Sized>(&self, origin: &R) -> io::Result<u64> {
        // Whoever comes meanwhile would look for the same, and waits.
        let mut known = self
            .learned
            .end
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(end) = *known {
            return Ok(end);
        }
        let end = end::find(origin, &self.range, self.serial)?;
        *known = Some(end);
        Ok(end)
    }

    fn trail<T>(&self, with: impl FnOnce(&mut Trail) -> T) -> T {
        let mut trail = self
            .learned
            .trail
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        with(&mut trail)
    }
}

/// What was learned is no part of what this is.
impl fmt::Debug for Renumbered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renumbered")
            .field("range", &self.range)
            .field("serial", &self.serial)
            .field("delta", &self.delta)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Renumbered {
    fn eq(&self, other: &Self) -> bool {
        let parts = |this: &Self| (this.range.clone(), this.serial, this.delta);
        parts(self) == parts(other)
    }
}

impl Eq for Renumbered {}

/// Writes what changes in a page where it lies in `buf`, which is at `start`.
fn put(buf: &mut [u8], start: u64, found: &Found, delta: u32) {
    let page = found.page.renumbered(delta);
    let number = (NUMBER..CHECKSUM).zip(page.number.to_le_bytes());
    let checksum = (CHECKSUM..N_SEGMENTS).zip(page.crc.to_le_bytes());
    for (field, byte) in number.chain(checksum) {
        let at = (found.at + field as u64).checked_sub(start);
        let at = at.and_then(|at| usize::try_from(at).ok());
        if let Some(slot) = at.and_then(|at| buf.get_mut(at)) {
            *slot = byte;
        }
    }
}

/// Fills `buf` with the bytes at `offset`.
fn exact<R: ReadAt + ?Sized>(file: &R, buf: &mut [u8], offset: u64) -> io::Result<()> {
    if file.read_at(buf, offset)? < buf.len() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}
