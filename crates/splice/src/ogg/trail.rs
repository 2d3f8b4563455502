//! Where pages were found before.

use std::collections::{BTreeMap, VecDeque};

use super::locate::LOOK_BACK;
use super::walk::Found;

/// How many reads are remembered: the kernel has several on the way, in any order.
const READS: usize = 8;
/// There is at most one mark in so many bytes.
const DISTANCE: u64 = 1 << 20;

/// Offsets at which a walk looks for a page.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    /// Of the last reads, where each ended, and where to look for pages from there on.
    reads: VecDeque<(u64, u64)>,
    /// One page in each stretch of the file that was walked, by the number of the stretch.
    marks: BTreeMap<u64, u64>,
}

impl Trail {
    /// Remembers that pages from `offset` on are found at `boundary`, which may be before it.
    pub(crate) fn leave(&mut self, offset: u64, boundary: u64) {
        if self.reads.len() == READS {
            self.reads.pop_front();
        }
        self.reads.push_back((offset, boundary));
    }

    /// Remembers a page for long.
    pub(crate) fn mark(&mut self, found: &Found) {
        self.marks.entry(found.at / DISTANCE).or_insert(found.at);
    }

    /// Returns where to look for pages from `offset` on, if a read has ended there or shortly before.
    pub(crate) fn near(&self, offset: u64) -> Option<u64> {
        let before = self.reads.iter().filter(|(end, _)| *end <= offset);
        let (end, boundary) = before.max()?;
        (offset - end <= LOOK_BACK).then_some(*boundary)
    }

    /// Returns the last page known to start at or before `offset`.
    pub(crate) fn mark_before(&self, offset: u64) -> Option<u64> {
        let before = self.marks.range(..=offset / DISTANCE).rev();
        before.map(|(_, &at)| at).find(|&at| at <= offset)
    }
}
