//! Byte ranges of a virtual file.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::ogg::Renumbered;
use crate::{Error, Origin, Plan, ReadAt, Segment};

/// What zeros are lent from: as many as a request of the kernel's readahead asks for.
static ZEROS: [u8; 128 << 10] = [0; 128 << 10];

/// How origin bytes reach the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Copied by `pread` into a buffer that is used again.
    Pread,
    /// Lent from a map where the range lies in one extent and the origin's filesystem suits maps;
    /// by `pread` otherwise.
    Map,
}

/// Consecutive bytes of a virtual file.
///
/// They may lie in a map of the origin: pass them to a system call, and never look at them.
#[derive(Debug)]
#[must_use]
pub struct Chunk<'a> {
    bytes: &'a [u8],
    mapped: bool,
}

impl<'a> Chunk<'a> {
    /// Returns the bytes, to be handed to the kernel.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns whether the bytes lie in a map, so that only the kernel may look at them.
    pub fn is_mapped(&self) -> bool {
        self.mapped
    }

    fn owned(bytes: &'a [u8]) -> Self {
        let mapped = false;
        Self { bytes, mapped }
    }
}

/// A plan with its origin: a virtual file that can be read.
#[derive(Debug)]
pub struct Reader {
    plan: Arc<Plan>,
    origin: Arc<Origin>,
    insert: Option<Arc<Origin>>,
}

impl Reader {
    /// Joins a plan and the origin that it was made for.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] if an extent reaches past the origin's end, [`Error::NoInsert`] if the
    /// plan has bytes of an insert.
    pub fn new(plan: Arc<Plan>, origin: Arc<Origin>) -> Result<Self, Error> {
        Self::with_insert(plan, origin, None)
    }

    /// Joins a plan, the origin that it was made for, and the file that is inserted.
    ///
    /// # Errors
    ///
    /// As for [`Reader::new`]; [`Error::Changed`] if the insert has another length than the plan
    /// was made for.
    pub fn with_insert(
        plan: Arc<Plan>,
        origin: Arc<Origin>,
        insert: Option<Arc<Origin>>,
    ) -> Result<Self, Error> {
        for segment in plan.segments() {
            match (segment, &insert) {
                (Segment::Extent(range), _) if range.end > origin.len() => {
                    return Err(Error::Truncated { at: origin.len() });
                }
                (Segment::Renumbered(pages), _) if pages.range().end > origin.len() => {
                    return Err(Error::Truncated { at: origin.len() });
                }
                (Segment::Insert(_) | Segment::InsertText(_), None) => return Err(Error::NoInsert),
                (Segment::Insert(range), Some(insert)) if range.end > insert.len() => {
                    return Err(Error::Changed);
                }
                (Segment::InsertText(text), Some(insert)) if text.insert_len() != insert.len() => {
                    return Err(Error::Changed);
                }
                _ => {}
            }
        }
        Ok(Self {
            plan,
            origin,
            insert,
        })
    }

    /// Returns the length of the virtual file.
    pub fn len(&self) -> u64 {
        self.plan.len()
    }

    /// Returns whether the virtual file has no bytes.
    pub fn is_empty(&self) -> bool {
        self.plan.is_empty()
    }

    /// Returns the plan.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Returns the origin.
    pub fn origin(&self) -> &Arc<Origin> {
        &self.origin
    }

    /// Returns exactly the `len` bytes at `offset`, fewer only at the end of the virtual file.
    ///
    /// `scratch` holds the bytes that had to be copied; it grows to `len` and is meant to be used
    /// again.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] or [`Error::Changed`] if the origin is no longer what it was when it was
    /// opened, [`Error::Io`] if it cannot be read.
    pub fn read<'a>(
        &'a self,
        access: Access,
        offset: u64,
        len: usize,
        scratch: &'a mut Vec<u8>,
    ) -> Result<Chunk<'a>, Error> {
        let left = self.len().saturating_sub(offset);
        let len = usize::try_from(left).map_or(len, |left| left.min(len));
        match self.plan.locate(offset) {
            Some((index, start)) if len > 0 => {
                if let Some(chunk) = self.lend(access, index, offset - start, len)? {
                    return Ok(chunk);
                }
                if scratch.len() < len {
                    scratch.resize(len, 0);
                }
                self.assemble(index, offset - start, &mut scratch[..len])?;
                Ok(Chunk::owned(&scratch[..len]))
            }
            _ => Ok(Chunk::owned(&[])),
        }
    }

    /// Returns a range that lies in one segment without copying it, if that can be.
    fn lend(
        &self,
        access: Access,
        index: usize,
        skip: u64,
        len: usize,
    ) -> Result<Option<Chunk<'_>>, Error> {
        match &self.plan.segments()[index] {
            Segment::Generated(bytes) => {
                let skip = usize::try_from(skip).unwrap_or(usize::MAX);
                let bytes = bytes.get(skip..).and_then(|rest| rest.get(..len));
                Ok(bytes.map(Chunk::owned))
            }
            Segment::Zeros(n) if len as u64 <= n - skip => Ok(ZEROS.get(..len).map(Chunk::owned)),
            Segment::Extent(range) if access == Access::Map => {
                let start = range.start + skip;
                let end = start + len as u64;
                if end > range.end {
                    return Ok(None);
                }
                let Some(bytes) = self.origin.mapped(&(start..end)) else {
                    return Ok(None);
                };
                // The rest of the last page of a truncated file would be served as zeros.
                self.origin.check()?;
                let mapped = true;
                Ok(Some(Chunk { bytes, mapped }))
            }
            _ => Ok(None),
        }
    }

    /// Fills `buf` from segment `index` on, the first `skip` bytes of which are left out.
    fn assemble(&self, index: usize, mut skip: u64, buf: &mut [u8]) -> Result<(), Error> {
        let mut rest = buf;
        let (mut origin_was_read, mut insert_was_read) = (false, false);
        for segment in &self.plan.segments()[index..] {
            let left = segment.len() - skip;
            let n = usize::try_from(left).map_or(rest.len(), |left| left.min(rest.len()));
            let (now, later) = rest.split_at_mut(n);
            match segment {
                Segment::Generated(bytes) => {
                    let skip = bytes.len() - usize::try_from(left).unwrap_or(bytes.len());
                    now.copy_from_slice(&bytes[skip..skip + n]);
                }
                Segment::Zeros(_) => now.fill(0),
                Segment::Extent(range) => {
                    self.origin.fill(now, range.start + skip)?;
                    origin_was_read = true;
                }
                Segment::Renumbered(pages) => {
                    self.fill_pages(pages, now, skip)?;
                    origin_was_read = true;
                }
                Segment::Insert(range) => {
                    self.inserted()?.fill(now, range.start + skip)?;
                    insert_was_read = true;
                }
                Segment::InsertText(text) => {
                    text.read_at(&**self.inserted()?, now, skip)?;
                    insert_was_read = true;
                }
            }
            (rest, skip) = (later, 0);
            if rest.is_empty() {
                break;
            }
        }
        if origin_was_read {
            self.origin.check()?;
        }
        if insert_was_read {
            self.inserted()?.check()?;
        }
        Ok(())
    }

    fn fill_pages(&self, pages: &Renumbered, buf: &mut [u8], skip: u64) -> Result<(), Error> {
        let filled = pages.read_at(&*self.origin, buf, skip);
        if filled.is_err() {
            // A file that was cut says better what is wrong.
            self.origin.check()?;
        }
        Ok(filled.map(drop)?)
    }

    fn inserted(&self) -> Result<&Arc<Origin>, Error> {
        self.insert.as_ref().ok_or(Error::NoInsert)
    }
}

/// Tells from the reads of one handle whether they are sequential.
#[derive(Debug, Default)]
pub struct Detector {
    /// Where the next read of a stream would start.
    next: AtomicU64,
    /// How many reads in a row were near that.
    hits: AtomicU64,
}

impl Detector {
    /// The kernel keeps two readahead windows in flight, which may arrive in either order.
    const SLACK: u64 = 1 << 20;
    /// Fewer reads than this are probes of a header, not a stream.
    const STREAM: u64 = 3;

    /// Notes a read and returns how to serve it.
    pub fn observe(&self, offset: u64, len: usize) -> Access {
        let end = offset.saturating_add(len as u64);
        let next = self.next.swap(end, Ordering::Relaxed);
        if offset.abs_diff(next) > Self::SLACK {
            self.hits.store(0, Ordering::Relaxed);
            return Access::Pread;
        }
        if self.hits.fetch_add(1, Ordering::Relaxed) < Self::STREAM {
            Access::Pread
        } else {
            Access::Map
        }
    }
}
