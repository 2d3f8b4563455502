//! What was told of each leaf, and when its time moves.
//!
//! A library is read at some *epoch*: each time when it is noticed that rows changed, the next one
//! begins. What was found out in an epoch holds for as long as nobody takes that back.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fusefront::LeafAttr;
use vtree::{LeafId, LeafMap};

use crate::state::Kept;

/// An epoch that lies before all others.
const NEVER: u32 = 0;
/// By how much times move at least, since some servers look for more than one second.
const STEP: i64 = 2;

/// What was told of all leaves.
#[derive(Debug)]
pub(crate) struct Known {
    leaves: LeafMap<Told>,
    epoch: AtomicU32,
    /// The first epoch that what was told has to be of.
    valid_from: AtomicU32,
}

/// What was told of a leaf.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) len: u64,
    /// See [`fingerprint::of_content`](crate::fingerprint::of_content).
    pub(crate) content: u64,
    /// Seconds since 1970.
    pub(crate) mtime: i64,
    epoch: u32,
    /// A few bits of its device's number: which origins there may be waiting for each other.
    group: u16,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            leaves: LeafMap::default(),
            epoch: AtomicU32::new(NEVER + 1),
            valid_from: AtomicU32::new(NEVER + 1),
        }
    }
}

impl Told {
    pub(crate) fn new(len: u64, content: u64, mtime: i64, device: u64) -> Self {
        Self {
            len,
            content,
            mtime,
            epoch: NEVER,
            group: group(device),
        }
    }

    /// Returns what was told when this was kept.
    pub(crate) fn of(kept: &Kept) -> Self {
        Self::new(kept.len, kept.content, kept.mtime, kept.origin.dev)
    }

    pub(crate) fn attr(&self) -> LeafAttr {
        let mtime = time_of(self.mtime);
        LeafAttr {
            len: self.len,
            mtime,
            ctime: mtime,
        }
    }
}

impl Known {
    /// Returns the epoch that has begun last; to be asked before anything is read.
    pub(crate) fn epoch(&self) -> u32 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Returns what was told of a leaf, if it still holds.
    pub(crate) fn get(&self, leaf: LeafId) -> Option<Told> {
        let valid_from = self.valid_from.load(Ordering::Acquire);
        self.leaves
            .get(leaf)
            .filter(|told| told.epoch >= valid_from)
    }

    /// Returns what was told of a leaf, if it still holds and was read in `epoch`: what else was read of
    /// the leaf then holds too.
    pub(crate) fn get_of(&self, leaf: LeafId, epoch: u32) -> Option<Told> {
        self.get(leaf).filter(|told| told.epoch == epoch)
    }

    /// Returns what was told of a leaf last, whether or not it still holds.
    pub(crate) fn last(&self, leaf: LeafId) -> Option<Told> {
        self.leaves.get(leaf)
    }

    /// Tells of a leaf what was read in `epoch`: what `tell` makes of what was told before. `None` if
    /// something was told in a later epoch.
    pub(crate) fn tell(
        &self,
        leaf: LeafId,
        epoch: u32,
        tell: impl FnOnce(Option<Told>) -> Told,
    ) -> Option<Told> {
        let mut is_late = false;
        let told = self.leaves.update(leaf, |before| {
            is_late = before.is_some_and(|before| before.epoch > epoch);
            if is_late {
                return before;
            }
            // Where another one has begun meanwhile, this may be one of those that changed.
            let is_over = self.epoch() != epoch;
            let epoch = if is_over { NEVER } else { epoch };
            Some(Told {
                epoch,
                ..tell(before)
            })
        });
        told.filter(|_| !is_late)
    }

    /// Begins an epoch in which what was told of these leaves may no longer hold.
    pub(crate) fn doubt(&self, leaves: impl IntoIterator<Item = LeafId>) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        for leaf in leaves {
            let doubt = |told| Told {
                epoch: NEVER,
                ..told
            };
            self.leaves.update(leaf, |before| before.map(doubt));
        }
    }

    /// Begins an epoch in which nothing that was told may hold any longer.
    pub(crate) fn doubt_all(&self) {
        let before = self.epoch.fetch_add(1, Ordering::AcqRel);
        self.valid_from.store(before + 1, Ordering::Release);
    }

    /// Returns about how many bytes of memory this takes.
    #[cfg(test)]
    pub(crate) fn memory(&self) -> usize {
        self.leaves.memory()
    }

    /// Returns a number for the disk or server that a leaf's origin is on, if anything was told of it.
    pub(crate) fn group(&self, leaf: LeafId) -> Option<u64> {
        let told = self.leaves.get(leaf);
        told.map(|told| u64::from(told.group))
    }
}

/// Returns the time of a virtual file with these bytes, after others were told of it or kept.
///
/// It moves when the bytes do: to `first`, which it would be by itself, to now, and by two seconds at
/// least.
pub(crate) fn time_after(
    before: impl Iterator<Item = Told> + Clone,
    content: u64,
    first: impl FnOnce() -> i64,
) -> i64 {
    let same = before.clone().filter(|told| told.content == content);
    if let Some(mtime) = same.map(|told| told.mtime).max() {
        return mtime;
    }
    let after = before.map(|told| told.mtime.saturating_add(STEP)).max();
    match after {
        Some(after) => after.max(first()).max(seconds(SystemTime::now())),
        None => first(),
    }
}

/// Returns whole seconds since 1970; not every client keeps fractions.
pub(crate) fn seconds(time: SystemTime) -> i64 {
    let whole = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => whole(after),
        Err(before) => -whole(before.duration()),
    }
}

fn time_of(seconds: i64) -> SystemTime {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 {
        UNIX_EPOCH.checked_sub(distance)
    } else {
        UNIX_EPOCH.checked_add(distance)
    };
    time.unwrap_or(UNIX_EPOCH)
}

/// Returns a number for a disk or server, which two devices rarely share.
pub(crate) fn group(device: u64) -> u16 {
    let parts = [device, device >> 16, device >> 32, device >> 48];
    let low = |part: u64| part.to_le_bytes();
    parts.into_iter().fold(0, |folded, part| {
        let [first, second, ..] = low(part);
        folded ^ u16::from_le_bytes([first, second])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(number: u64) -> LeafId {
        LeafId::new(number).unwrap()
    }

    fn told(content: u64, mtime: i64) -> Told {
        Told::new(100, content, mtime, 0)
    }

    #[test]
    fn what_was_told_holds_until_it_is_doubted() {
        let known = Known::default();
        for number in [1, 2] {
            let epoch = known.epoch();
            assert!(known.tell(leaf(number), epoch, |_| told(7, 5)).is_some());
        }
        let epoch = known.epoch();
        known.doubt([leaf(1), leaf(3)]);
        assert!(known.get_of(leaf(1), epoch).is_none());
        assert!(known.get_of(leaf(2), epoch).is_some());
        assert!(known.get_of(leaf(2), known.epoch()).is_none());
        assert!(known.get(leaf(1)).is_none() && known.get(leaf(3)).is_none());
        assert_eq!(known.last(leaf(1)).map(|told| told.content), Some(7));
        assert!(known.get(leaf(2)).is_some());
        known.doubt_all();
        assert!(known.get(leaf(2)).is_none() && known.last(leaf(2)).is_some());
        let epoch = known.epoch();
        known.tell(leaf(2), epoch, |before| before.unwrap());
        assert!(known.get(leaf(2)).is_some());
    }

    #[test]
    fn what_was_read_before_a_change_was_noticed_is_doubted_and_never_overwrites() {
        let known = Known::default();
        let early = known.epoch();
        known.doubt([]);
        known.tell(leaf(1), early, |_| told(7, 5));
        assert!(known.get(leaf(1)).is_none() && known.last(leaf(1)).is_some());
        let late = known.epoch();
        known.tell(leaf(1), late, |_| told(8, 9));
        assert!(known.tell(leaf(1), early, |_| told(7, 5)).is_none());
        assert_eq!(known.get(leaf(1)).map(|told| told.content), Some(8));
    }

    #[track_caller]
    fn check_time(before: &[Told], content: u64, first: i64, expected: i64) {
        let time = time_after(before.iter().copied(), content, || first);
        assert_eq!(time, expected);
    }

    #[test]
    fn times_move_when_bytes_do_and_only_then() {
        const FUTURE: i64 = 1 << 40;
        check_time(&[], 7, 5, 5);
        check_time(&[told(7, 3)], 7, 5, 3);
        check_time(&[told(7, FUTURE)], 8, 5, FUTURE + 2);
        check_time(&[told(7, 3)], 8, FUTURE, FUTURE);
        let now = seconds(SystemTime::now());
        let time = time_after([told(7, 3)].into_iter(), 8, || 5);
        assert!((now..now + 60).contains(&time));
        // Another mount found out earlier what changed.
        check_time(&[told(7, 3), told(8, FUTURE)], 8, 5, FUTURE);
    }

    #[test]
    fn seconds_and_times_are_each_others_inverse() {
        for number in [0, 1, -1, 1_700_000_000, -1_700_000_000] {
            assert_eq!(seconds(time_of(number)), number);
        }
        assert_eq!(seconds(UNIX_EPOCH + Duration::from_millis(1999)), 1);
    }
}
