//! Tests of the whole.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

mod ascii;
mod asked;
mod background;
mod changes;
mod check;
mod cli;
mod composed;
mod copies;
mod dead_servers;
mod diff;
mod disk;
mod edit;
mod errors;
mod extras;
mod follow;
mod formats;
mod handles;
mod layering;
mod materialize;
mod memory;
mod mount;
mod names;
mod progress;
mod real_beets;
mod real_beets_saves;
mod reload;
mod replay;
mod saves;
mod sidecars;
mod soak;
mod state;
mod support;
mod tags;
mod trouble;
mod views;
mod watchers;
mod xattr;
