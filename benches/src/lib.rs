//! Shared pieces of the benchmarks: what they read, and how much of it.
//!
//! `cargo bench -p benches` measures; `cargo test -p benches --benches` runs everything once, with
//! small inputs, to show that it still works. What a benchmark measures is checked before it is
//! measured, so that a fast wrong answer is no result.
//!
//! What goes wrong in here is a broken benchmark or a full disk, and stops it.

#![expect(
    clippy::missing_panics_doc,
    reason = "every function panics where the machine or a fixture is broken; a bench has no better answer"
)]

pub mod audio;
pub mod mounted;
pub mod names;
pub mod stream;

use std::env;

use criterion::Criterion;

/// Returns the harness, set up as the command line says.
pub fn criterion() -> Criterion {
    Criterion::default().configure_from_args()
}

/// Returns whether everything is to run just once, by criterion's own rule.
pub fn is_smoke_run() -> bool {
    let has = |flag: &str| env::args().any(|argument| argument == flag);
    has("--test") || !has("--bench")
}

/// Returns how large an input is to be.
pub fn sized<T>(measured: T, smoke: T) -> T {
    if is_smoke_run() { smoke } else { measured }
}
