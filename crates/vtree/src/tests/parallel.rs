//! What is done at once, and what becomes of it where threads are short.

use std::process::Command;
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
