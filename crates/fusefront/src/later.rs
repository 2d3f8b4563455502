//! What is done after a request is answered.
//!
//! The kernel holds locks while it waits for the answer to a request, and takes the same ones for some
//! notifications. So they are sent by other threads: each by its own, since it may have to wait for a lock
//! that is held until an origin answers, and nobody else is to wait with it. There is one at most for each
//! name and each file. No request waits for one of them. In which order they arrive is no matter: the kernel
//! only comes to ask again.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use fuser::{INodeNo, Notifier};
use vtree::InodeNo;

use crate::Library;
use crate::answer::Shared;
use crate::foreign::Place;

/// What the kernel has to look at again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Notice {
    /// A name, which stands for something else now.
    Entry(Place),
    /// The size and the content of a file.
    Content(InodeNo),
}

/// What is to be done later.
#[derive(Debug, Default)]
pub(crate) struct Later {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    notices: Vec<Notice>,
    /// Those that are being sent, each with whether it is to be sent once more then.
    sending: HashMap<Notice, bool>,
    wake: Option<Instant>,
    is_over: bool,
}

impl Later {
    /// Has the kernel look again.
    pub(crate) fn notify(&self, notice: Notice) {
        self.lock().notices.push(notice);
        self.changed.notify_one();
    }

    /// Has leaves looked at that are away from their names, at this time or before.
    pub(crate) fn wake_at(&self, time: Instant) {
        let mut state = self.lock();
        state.wake = Some(state.wake.map_or(time, |wake| wake.min(time)));
        self.changed.notify_one();
    }

    /// Ends the thread.
    pub(crate) fn end(&self) {
        self.lock().is_over = true;
        self.changed.notify_one();
    }

    /// Notes that a notice is about to be sent; returns whether it is to be sent now, and not once more by
    /// whoever is sending it.
    fn begin(&self, notice: &Notice) -> bool {
        let mut state = self.lock();
        if let Some(again) = state.sending.get_mut(notice) {
            *again = true;
            return false;
        }
        state.sending.insert(notice.clone(), false);
        true
    }

    /// Notes that a notice was sent; returns whether that was all.
    fn is_done(&self, notice: &Notice) -> bool {
        let mut state = self.lock();
        match state.sending.get_mut(notice) {
            Some(again) if *again => {
                *again = false;
                false
            }
            _ => {
                state.sending.remove(notice);
                true
            }
        }
    }

    /// Waits for something to do; `None` if nothing will come any more.
    fn next(&self) -> Option<Vec<Notice>> {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            let wait = state.wake.map(|wake| wake.saturating_duration_since(now));
            let is_time = wait.is_some_and(|wait| wait.is_zero());
            if state.is_over {
                return None;
            }
            if is_time {
                state.wake = None;
            }
            if is_time || !state.notices.is_empty() {
                return Some(std::mem::take(&mut state.notices));
            }
            state = match wait {
                None => {
                    let waited = self.changed.wait(state);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
                Some(wait) => {
                    let waited = self.changed.wait_timeout(state, wait);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the thread of a session in which files may be written.
pub(crate) fn start<L: Library>(shared: Arc<Shared<L>>) -> io::Result<()> {
    let thread = thread::Builder::new().name("later".to_owned());
    thread.spawn(move || attend(&shared)).map(drop)
}

fn attend<L: Library>(shared: &Arc<Shared<L>>) {
    while let Some(notices) = shared.fs.later.next() {
        let returned = shared
            .fs
            .expire(Instant::now())
            .into_iter()
            .map(Notice::Entry);
        for notice in notices.into_iter().chain(returned) {
            if shared.fs.later.begin(&notice) {
                dispatch(shared, &notice);
            }
        }
    }
}

/// Sends a notice by a thread of its own, or by this one if there can be no other.
fn dispatch<L: Library>(shared: &Arc<Shared<L>>, notice: &Notice) {
    let sender = (shared.clone(), notice.clone());
    let thread = thread::Builder::new().name("notice".to_owned());
    let started = thread.spawn(move || send_all(&sender.0, &sender.1));
    if let Err(error) = started {
        tracing::debug!(%error, "one thread sends all notices");
        send_all(shared, notice);
    }
}

/// Sends a notice, and again for as long as it is wanted meanwhile.
fn send_all<L: Library>(shared: &Shared<L>, notice: &Notice) {
    loop {
        send(shared, notice);
        if shared.fs.later.is_done(notice) {
            return;
        }
    }
}

fn send<L: Library>(shared: &Shared<L>, notice: &Notice) {
    match notice {
        Notice::Entry(Place { dir, name }) => {
            let (dir, name) = (INodeNo(dir.0), OsStr::from_bytes(name));
            shared.notify(|notifier: &Notifier| notifier.inval_entry(dir, name));
            // The listing is cached like pages of a file.
            shared.notify(|notifier| notifier.inval_inode(dir, 0, 0));
            shared.publisher.is_back();
        }
        Notice::Content(ino) => {
            let distrusted = &shared.fs.distrusted;
            let mark = distrusted.mark(*ino);
            let is_done = shared.notify(|notifier| notifier.inval_inode(INodeNo(ino.0), 0, 0));
            if let Some(mark) = mark.filter(|_| is_done) {
                distrusted.trust(*ino, mark);
            }
        }
    }
}
