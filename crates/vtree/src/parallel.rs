//! What several processors do at once.

use std::cmp::Ordering;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread::{self, available_parallelism};

/// What is sorted faster than threads are started.
pub(crate) const FEW: usize = 8192;
/// More processors than this gain little, since one of them merges.
const MOST_THREADS: usize = 8;

/// Sorts `things`; equal ones keep their order.
pub(crate) fn sort_by<T: Send>(things: &mut [T], compare: impl Fn(&T, &T) -> Ordering + Sync) {
    let n_threads = available_parallelism().map_or(1, NonZero::get);
    let run = things.len().div_ceil(n_threads.min(MOST_THREADS)).max(FEW);
    if things.len() > run {
        thread::scope(|scope| {
            for part in things.chunks_mut(run) {
                let sort = || part.sort_by(&compare);
                // What the system refuses a thread for is sorted below.
                let _ = thread::Builder::new().spawn_scoped(scope, sort);
            }
        });
    }
    // Of runs that are sorted, this merges them.
    things.sort_by(compare);
}

/// Does two things with `n_things`; at once if there are many, and the system has a thread for it.
pub(crate) fn both<T: Send, U>(
    n_things: usize,
    there: impl Fn() -> T + Sync,
    here: impl FnOnce() -> U,
) -> (T, U) {
    if n_things <= FEW {
        return (there(), here());
    }
    thread::scope(|scope| {
        let thread = thread::Builder::new().spawn_scoped(scope, &there);
        let here = here();
        let there = match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => there(),
        };
        (there, here)
    })
}
