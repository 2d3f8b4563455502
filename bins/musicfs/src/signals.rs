//! Unmounts when the user or the system asks the program to end, and reloads when asked to.

use std::fs;
use std::process;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result};
use fusefront::{Session, Unmounter};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level::signal_name;

use crate::background::Tasks;
use crate::follow::{Extent, Reloader};

/// Waits for SIGINT, SIGTERM, SIGHUP and SIGUSR1, from before anything is mounted on.
#[derive(Debug)]
pub(crate) struct Catcher {
    mounted: Arc<Mutex<Mounted>>,
    handle: Handle,
    thread: JoinHandle<()>,
}

/// What signals act on, once it is there.
#[derive(Debug, Default)]
struct Mounted {
    unmounter: Option<Unmounter>,
    reloader: Option<Reloader>,
    tasks: Option<Tasks>,
}

impl Mounted {
    /// Does what a signal says if it does not say to end, and returns whether it does not.
    fn takes(&self, signal: i32) -> bool {
        // Before there is anything to reload, the library is being read anyway.
        if let (SIGHUP, Some(reloader)) = (signal, &self.reloader) {
            // Nobody waits for it.
            drop(reloader.reload(Extent::Everything));
        }
        if let (SIGUSR1, Some(tasks)) = (signal, &self.tasks) {
            tasks.toggle();
        }
        !ends(signal)
    }
}

/// Returns whether a signal says to end.
fn ends(signal: i32) -> bool {
    !matches!(signal, SIGHUP | SIGUSR1)
}

impl Catcher {
    /// Starts to wait. SIGHUP stays ignored if the program was started so, as by nohup(1).
    ///
    /// # Errors
    ///
    /// If signals cannot be caught.
    pub(crate) fn start() -> Result<Self> {
        let hangup = (!is_ignored(SIGHUP)).then_some(SIGHUP);
        let wanted = [SIGINT, SIGTERM, SIGUSR1].into_iter().chain(hangup);
        let signals = Signals::new(wanted).context("cannot catch signals")?;
        let handle = signals.handle();
        let mounted = Arc::default();
        let thread = thread::spawn({
            let mounted = Arc::clone(&mounted);
            move || unmount_on(signals, &mounted)
        });
        Ok(Self {
            mounted,
            handle,
            thread,
        })
    }

    /// Mounts; a signal that comes meanwhile waits until that is done, and unmounts then.
    pub(crate) fn mount(&self, mount: impl FnOnce() -> Result<Session>) -> Result<Session> {
        let mut mounted = lock(&self.mounted);
        let session = mount()?;
        mounted.unmounter = Some(session.unmounter());
        Ok(session)
    }

    /// Has SIGHUP reload from now on.
    pub(crate) fn reload_by(&self, reloader: Reloader) {
        lock(&self.mounted).reloader = Some(reloader);
    }

    /// Has SIGUSR1 pause what is done in the background, and go on with it, from now on.
    pub(crate) fn pause(&self, tasks: Tasks) {
        lock(&self.mounted).tasks = Some(tasks);
    }

    /// Stops to wait.
    pub(crate) fn stop(self) {
        self.handle.close();
        // It has nothing left to do; a panic in it was already reported.
        let _ = self.thread.join();
    }
}

fn lock(mounted: &Mutex<Mounted>) -> MutexGuard<'_, Mounted> {
    mounted.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns whether a signal was ignored when the program started (`SigIgn` in `/proc/self/status`, proc(5)).
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// Reloads on SIGHUP, pauses on SIGUSR1, and unmounts on the first other signal. While the mount is in use
/// it is detached: nobody finds it any more, and it ends when the last file is closed. A second signal
/// ends the process at once, as does one that comes before anything is mounted.
fn unmount_on(mut signals: Signals, mounted: &Mutex<Mounted>) {
    let mut arrived = signals.forever();
    let Some(signal) = arrived.find(|&signal| !lock(mounted).takes(signal)) else {
        return;
    };
    // What a shell reports for a process that a signal ended.
    let status = 128 + signal;
    let Some(unmounter) = lock(mounted).unmounter.clone() else {
        process::exit(status)
    };
    tracing::info!(signal = signal_name(signal), "unmounting");
    if let Err(error) = unmounter.unmount() {
        let error = anyhow::Error::from(error);
        tracing::debug!(error = format!("{error:#}"), "cannot unmount, detaching");
        match unmounter.detach() {
            Ok(()) => tracing::warn!("in use: detached, and served until the last file is closed"),
            Err(error) => {
                let error = anyhow::Error::from(error);
                tracing::error!(error = format!("{error:#}"), "cannot unmount");
            }
        }
    }
    if arrived.any(ends) {
        process::exit(status);
    }
}
