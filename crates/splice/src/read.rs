//! Byte ranges of a virtual file.

use std::ops::Range;
use std::sync::Arc;

use crate::ogg::Renumbered;
use crate::{Error, Origin, Plan, ReadAt, Segment};

/// What the kernel's copies go by. It takes a page from a buffer in one step if the page is one of the
/// buffer's too, else in two.
const PAGE: usize = 4096;

/// What zeros are lent from: as many as a request of the kernel's readahead asks for.
static ZEROS: Zeros = Zeros([0; 512 << 10]);

#[repr(align(4096))]
struct Zeros([u8; 512 << 10]);

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

    /// Returns the file that is inserted, if the plan has bytes of one.
    pub fn insert(&self) -> Option<&Arc<Origin>> {
        self.insert.as_ref()
    }

    /// Returns whether the virtual file is its origin, to the byte.
    pub fn is_origin(&self) -> bool {
        self.plan.is_identity(self.origin.len())
    }

    /// Returns exactly the `len` bytes at `offset`, fewer only at the end of the virtual file.
    ///
    /// `scratch` holds the bytes that had to be copied; it grows to a page of 4096 bytes more than `len`,
    /// and is meant to be used again.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] or [`Error::Changed`] if the origin is no longer what it was when it was
    /// opened, [`Error::Io`] if it cannot be read.
    pub fn read<'a>(
        &'a self,
        offset: u64,
        len: usize,
        scratch: &'a mut Vec<u8>,
    ) -> Result<&'a [u8], Error> {
        let left = self.len().saturating_sub(offset);
        let len = usize::try_from(left).map_or(len, |left| left.min(len));
        match self.plan.locate(offset) {
            Some((index, start)) if len > 0 => {
                if let Some(bytes) = self.lend(index, offset - start, len) {
                    return Ok(bytes);
                }
                let buf = whole_pages(scratch, len);
                self.assemble(index, offset - start, buf)?;
                Ok(buf)
            }
            _ => Ok(&[]),
        }
    }

    /// Returns a range that lies in one segment without copying it, if that can be.
    fn lend(&self, index: usize, skip: u64, len: usize) -> Option<&[u8]> {
        match &self.plan.segments()[index] {
            Segment::Generated(bytes) => {
                let skip = usize::try_from(skip).ok()?;
                bytes.get(skip..)?.get(..len)
            }
            Segment::Zeros(n) if len as u64 <= n - skip => ZEROS.0.get(..len),
            _ => None,
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

    /// Has the kernel fetch a range of the virtual file, as far as the origin has it.
    pub(crate) fn will_need(&self, range: &Range<u64>) {
        let Some((index, mut start)) = self.plan.locate(range.start) else {
            return;
        };
        for segment in &self.plan.segments()[index..] {
            if start >= range.end {
                break;
            }
            let end = start + segment.len();
            let extent = match segment {
                Segment::Extent(extent) => Some(extent),
                Segment::Renumbered(pages) => Some(pages.range()),
                _ => None,
            };
            if let Some(extent) = extent {
                let from = extent.start + range.start.saturating_sub(start);
                let to = extent.end - end.saturating_sub(range.end);
                self.origin.will_need(&(from..to));
            }
            start = end;
        }
    }

    fn inserted(&self) -> Result<&Arc<Origin>, Error> {
        self.insert.as_ref().ok_or(Error::NoInsert)
    }
}

/// Returns `len` bytes of a buffer that begin with a page.
fn whole_pages(scratch: &mut Vec<u8>, len: usize) -> &mut [u8] {
    if scratch.len() < len + PAGE {
        // No more than that: buffers are kept, and judged by what they hold.
        scratch.reserve_exact(len + PAGE - scratch.len());
        scratch.resize(len + PAGE, 0);
    }
    let start = scratch.as_ptr().align_offset(PAGE).min(PAGE);
    &mut scratch[start..start + len]
}
