//! The saves through the mount, which names wait for.

use std::time::{Duration, Instant};

/// How long after a save through the mount nothing else must be saved before names follow, and how long they wait
/// at most: a program that saves one file after the other goes by the names that they had.
const QUIET: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The saves that are under way, and those that were just made.
#[derive(Debug, Default)]
pub(super) struct Saves {
    n_open: usize,
    /// When the first of them began, and when the last began or ended.
    times: Option<(Instant, Instant)>,
}

impl Saves {
    pub(super) fn begin(&mut self, now: Instant) {
        self.note(now);
        self.n_open += 1;
    }

    pub(super) fn end(&mut self, now: Instant) {
        self.note(now);
        self.n_open -= 1;
    }

    /// Returns whether names are to wait; if not, those that are saved next have them wait anew.
    pub(super) fn go_on(&mut self, now: Instant) -> bool {
        let goes_on = self.times.is_some_and(|(first, last)| {
            self.follow_on(last, now) && now.duration_since(first) < LONGEST_WAIT
        });
        if !goes_on {
            self.times = None;
        }
        goes_on
    }

    fn note(&mut self, now: Instant) {
        let times = self.times.filter(|&(_, last)| self.follow_on(last, now));
        self.times = Some((times.map_or(now, |(first, _)| first), now));
    }

    /// Returns whether what is saved now belongs to those of which the last was then.
    fn follow_on(&self, last: Instant, now: Instant) -> bool {
        self.n_open > 0 || now.duration_since(last) < QUIET
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Duration = Duration::from_millis(1);

    #[test]
    fn names_wait_until_nothing_more_is_saved() {
        let (mut saves, start) = (Saves::default(), Instant::now());
        assert!(!saves.go_on(start));
        saves.begin(start);
        saves.end(start);
        assert!(saves.go_on(start + QUIET * 9 / 10));
        saves.begin(start + QUIET * 9 / 10);
        saves.end(start + QUIET * 9 / 10);
        assert!(saves.go_on(start + QUIET));
        assert!(!saves.go_on(start + QUIET * 2));
    }

    #[test]
    fn names_wait_for_a_save_that_takes_long() {
        let (mut saves, start) = (Saves::default(), Instant::now());
        saves.begin(start);
        assert!(saves.go_on(start + QUIET * 3));
        saves.end(start + QUIET * 3);
        assert!(saves.go_on(start + QUIET * 7 / 2));
        assert!(!saves.go_on(start + QUIET * 4));
    }

    #[test]
    fn names_wait_no_longer_than_that() {
        let (mut saves, start) = (Saves::default(), Instant::now());
        saves.begin(start);
        assert!(saves.go_on(start + LONGEST_WAIT * 9 / 10));
        assert!(!saves.go_on(start + LONGEST_WAIT));
        // What is saved then has them wait as long again.
        let next = start + LONGEST_WAIT + MOMENT;
        saves.end(next);
        assert!(saves.go_on(next));
    }

    #[test]
    fn a_save_long_ago_shortens_no_wait() {
        let (mut saves, start) = (Saves::default(), Instant::now());
        saves.begin(start);
        saves.end(start);
        let next = start + LONGEST_WAIT;
        saves.begin(next);
        saves.end(next);
        assert!(saves.go_on(next + MOMENT));
    }
}
