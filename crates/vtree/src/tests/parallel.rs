//! What is done at once, and what becomes of it where threads are short.

use std::collections::HashSet;
use std::process::Command;
use std::sync::Mutex;
use std::thread::ThreadId;
use std::{env, thread};

use crate::parallel::{FEW, both, sort_by};

/// The size of the stacks of threads, in bytes (`std::thread`).
const STACK: &str = "RUST_MIN_STACK";
/// More than any address space.
const TOO_LARGE: &str = "1152921504606846976";

#[test]
fn few_and_many_things_are_sorted_and_equal_ones_keep_their_order() {
    for n_things in [0, 1, FEW, FEW + 1, 5 * FEW + 3] {
        // A generator of full period (Knuth, TAOCP 3.2.1.2, theorem A).
        let mut state = 1_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 20
        };
        let mut things: Vec<_> = (0..n_things).map(|place| (random(), place)).collect();
        let mut expected = things.clone();
        expected.sort_unstable();
        sort_by(&mut things, |a, b| a.0.cmp(&b.0));
        assert!(things == expected);
    }
}

#[test]
fn two_things_are_done_of_few_and_of_many() {
    for n_things in [0, FEW, FEW + 1] {
        let mut done = false;
        assert_eq!(both(n_things, || n_things, || done = true), (n_things, ()));
        assert!(done);
    }
}

/// Which threads did something.
#[derive(Default)]
struct Threads(Mutex<HashSet<ThreadId>>);

impl Threads {
    fn note(&self) {
        self.0.lock().unwrap().insert(thread::current().id());
    }

    fn into_set(self) -> HashSet<ThreadId> {
        self.0.into_inner().unwrap()
    }
}

#[test]
fn many_things_are_done_by_several_threads_and_few_by_one() {
    let here = HashSet::from([thread::current().id()]);
    let sorting = |n_things: usize| {
        let threads = Threads::default();
        let mut things: Vec<_> = (0..n_things).rev().collect();
        sort_by(&mut things, |a, b| {
            threads.note();
            a.cmp(b)
        });
        threads.into_set()
    };
    assert_eq!(sorting(FEW), here);
    // Each of these takes a run of its own, where there are as many processors.
    let n_expected = thread::available_parallelism().map_or(1, |n| n.get().min(2));
    assert!(sorting(2 * FEW + 1).len() >= n_expected);
    let doing = |n_things: usize| {
        let threads = Threads::default();
        both(n_things, || threads.note(), || threads.note());
        threads.into_set()
    };
    assert_eq!(doing(FEW), here);
    assert_eq!(doing(FEW + 1).len(), 2);
}

#[test]
fn what_the_system_has_no_thread_for_is_done_in_place() {
    if env::var(STACK).is_ok_and(|stack| stack == TOO_LARGE) {
        thread::Builder::new().spawn(|| ()).unwrap_err();
        few_and_many_things_are_sorted_and_equal_ones_keep_their_order();
        two_things_are_done_of_few_and_of_many();
        return;
    }
    let mut again = Command::new(env::current_exe().unwrap());
    let name = "tests::parallel::what_the_system_has_no_thread_for_is_done_in_place";
    again.args(["--exact", "--test-threads=1", name]);
    let output = again.env(STACK, TOO_LARGE).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("1 passed"), "{output:?}");
}
