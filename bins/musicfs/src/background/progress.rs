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

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What was logged.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn it_says_how_far_it_is_at_times_and_what_came_of_it() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let mut progress = Progress::new(3);
            progress.add(Ok(()));
            progress.reported = progress.reported.checked_sub(INTERVAL).unwrap();
            progress.add(Err(Error::Gone));
            progress.add(Ok(()));
            progress.finish();
        });
        let said = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let said: Vec<_> = said
            .lines()
            .map(|line| line.split_once(": ").unwrap().1)
            .collect();
        assert_eq!(
            said,
            [
                "finding out sizes and times done=2 of=3 failed=1",
                "sizes and times are known files=3 failed=1 seconds=0",
            ]
        );
    }
}
