//! Reads a virtual file: the bytes that a plan makes of its origin.

use std::io;

use splice::{Plan, ReadAt, Segment};

use crate::Cover;

/// A virtual file as something to read; for looking at renderings, not for serving them.
#[derive(Debug)]
pub struct Composed<'a, R: ?Sized> {
    plan: &'a Plan,
    origin: &'a R,
    insert: Option<Cover<'a>>,
}

impl<'a, R: ReadAt + ?Sized> Composed<'a, R> {
    /// Joins a plan, the origin that it was made for, and the cover that it inserts.
    pub fn new(plan: &'a Plan, origin: &'a R, insert: Option<Cover<'a>>) -> Self {
        Self {
            plan,
            origin,
            insert,
        }
    }

    /// Copies what `segment` has at `offset` into `buf`, up to the end of either.
    fn read_segment(&self, segment: &Segment, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let left = segment.len() - offset;
        let n = usize::try_from(left).map_or(buf.len(), |left| left.min(buf.len()));
        let buf = &mut buf[..n];
        let inserted = || self.insert.ok_or(io::ErrorKind::NotFound);
        match segment {
            Segment::Generated(bytes) => bytes.as_ref().read_at(buf, offset),
            Segment::Extent(range) => self.origin.read_at(buf, range.start + offset),
            Segment::Renumbered(pages) => pages.read_at(self.origin, buf, offset),
            Segment::Zeros(_) => {
                buf.fill(0);
                Ok(n)
            }
            Segment::Insert(range) => inserted()?.data().read_at(buf, range.start + offset),
            Segment::InsertText(text) => text.read_at(inserted()?.data(), buf, offset),
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

impl<R: ReadAt + ?Sized> ReadAt for Composed<'_, R> {
    fn len(&self) -> u64 {
        self.plan.len()
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let (mut done, mut start) = (0, 0);
        for segment in self.plan.segments() {
            let at = offset + done as u64;
            let end = start + segment.len();
            if (start..end).contains(&at) && done < buf.len() {
                let n = self.read_segment(segment, at - start, &mut buf[done..])?;
                done += n;
                if at + (n as u64) < end {
                    break;
                }
            }
            start = end;
        }
        Ok(done)
    }
}
