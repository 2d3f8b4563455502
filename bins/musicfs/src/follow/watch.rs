//! Waits until something may have happened to a library.

use std::collections::BTreeSet;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::io::Errno;

use crate::source::Source;

/// How often the database is asked whether it changed, where nothing tells.
const INTERVAL: Timespec = Timespec {
    tv_sec: 1,
    tv_nsec: 0,
};
/// The folders in which something may happen to the library.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// What tells of them, where the system lets us be told.
    events: Option<OwnedFd>,
}

impl Watch {
    /// Watches the folders of a library, and no others any more.
    pub(super) fn turn_to(&mut self, source: &Source) -> Result<()> {
        self.events = None;
        let events = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)
            .context("cannot watch folders")?;
        let wanted = WatchFlags::MODIFY
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::CREATE
            | WatchFlags::MOVED_TO
            | WatchFlags::MOVED_FROM
            | WatchFlags::DELETE;
        let files = [source.configuration(), source.library.path()];
        let folders: BTreeSet<&Path> = files.into_iter().filter_map(Path::parent).collect();
        for folder in folders {
            // A folder that cannot be watched is looked at once a second all the same.
            if let Err(error) = inotify::add_watch(&events, folder, wanted) {
                tracing::debug!(folder = %folder.display(), %error, "cannot be watched");
            }
        }
        self.events = Some(events);
        Ok(())
    }

    /// Waits until something happened, or for a second.
    pub(super) fn wait(&self, wake: &OwnedFd) {
        let awaited = [Some(wake), self.events.as_ref()];
        let mut ready: Vec<_> = awaited
            .into_iter()
            .flatten()
            .map(|awaited| PollFd::new(awaited, PollFlags::IN))
            .collect();
        match rustix::event::poll(&mut ready, Some(&INTERVAL)) {
            Ok(_) | Err(Errno::INTR) => {}
            // Waiting must not become spinning.
            Err(_) => thread::sleep(Duration::from_secs(1)),
        }
        let mut count = [0; 8];
        let _ = rustix::io::read(wake, &mut count);
        if let Some(events) = &self.events {
            let mut buffer = [MaybeUninit::uninit(); 4096];
            let mut events = inotify::Reader::new(events, &mut buffer);
            while events.next().is_ok() {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use rustix::event::EventfdFlags;

    use super::*;

    #[test]
    fn what_is_told_of_nothing_looks_once_a_second_and_can_be_woken() {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let wake = rustix::event::eventfd(0, flags).unwrap();
        let watch = Watch::default();
        let start = Instant::now();
        watch.wait(&wake);
        assert!(start.elapsed() >= Duration::from_secs(1));
        rustix::io::write(&wake, &[1; 8]).unwrap();
        watch.wait(&wake);
        assert!(rustix::io::read(&wake, &mut [0; 8]).is_err());
    }
}
