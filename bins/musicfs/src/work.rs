//! What was done with rows and origins, counted.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use splice::ReadAt;

/// Counts the work that answering takes beyond the memory of this program.
#[derive(Debug, Default)]
pub(crate) struct Work {
    rows: AtomicU64,
    opens: AtomicU64,
    looks: AtomicU64,
    reads: AtomicU64,
    bytes: AtomicU64,
    renders: AtomicU64,
    composed: AtomicU64,
}

/// Counts at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Rows of items that were read one by one.
    pub rows: u64,
    /// Origins and pictures that were opened.
    pub opens: u64,
    /// Origins and pictures that were looked at without opening them.
    pub looks: u64,
    /// Reads for renderings; those that programs do are counted where they are served.
    pub reads: u64,
    /// The bytes that these gave.
    pub bytes: u64,
    /// Renderings.
    pub renders: u64,
    /// Files that were composed for the kernel to read.
    pub composed: u64,
}

impl Work {
    /// Returns the counts so far.
    pub(crate) fn counts(&self) -> Counts {
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counts {
            rows: get(&self.rows),
            opens: get(&self.opens),
            looks: get(&self.looks),
            reads: get(&self.reads),
            bytes: get(&self.bytes),
            renders: get(&self.renders),
            composed: get(&self.composed),
        }
    }

    pub(crate) fn count_row(&self) {
        self.rows.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_open(&self) {
        self.opens.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_look(&self) {
        self.looks.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_render(&self) {
        self.renders.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_composed(&self) {
        self.composed.fetch_add(1, Ordering::Relaxed);
    }

    /// Has the reads of a file counted.
    pub(crate) fn counting<'w, R>(&'w self, file: &'w R) -> Counting<'w, R> {
        Counting { file, work: self }
    }
}

/// A file whose reads are counted.
#[derive(Debug)]
pub(crate) struct Counting<'w, R> {
    file: &'w R,
    work: &'w Work,
}

impl<R: ReadAt> ReadAt for Counting<'_, R> {
    fn len(&self) -> u64 {
        self.file.len()
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let n = self.file.read_at(buf, offset)?;
        self.work.reads.fetch_add(1, Ordering::Relaxed);
        self.work.bytes.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
