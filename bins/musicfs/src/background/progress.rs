//! Tells how far the background has come.

use std::time::{Duration, Instant};

use fusefront::Error;

/// How often.
const INTERVAL: Duration = Duration::from_secs(10);

/// How far a look at everything has come.
pub(super) struct Progress {
    of: usize,
    done: usize,
    /// How many files could not be looked at.
    failed: usize,
    start: Instant,
    reported: Instant,
}

impl Progress {
    pub(super) fn new(of: usize) -> Self {
        let now = Instant::now();
        Self {
            of,
            done: 0,
            failed: 0,
            start: now,
            reported: now,
        }
    }

    pub(super) fn add(&mut self, looked: Result<(), Error>) {
        self.done += 1;
        if let Err(error) = looked {
            self.failed += 1;
            super::unknown(error);
        }
        if self.reported.elapsed() >= INTERVAL {
            self.reported = Instant::now();
            let Self {
                done, of, failed, ..
            } = *self;
            tracing::info!(done, of, failed, "finding out sizes and times");
        }
    }

    pub(super) fn finish(&self) {
        let (files, failed) = (self.done, self.failed);
        let seconds = self.start.elapsed().as_secs();
        tracing::info!(files, failed, seconds, "sizes and times are known");
    }
}
