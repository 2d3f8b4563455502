//! Joins the six crates into a program that mounts a beets library.
//!
//! This is the only place that knows that names, tags and files are music from beets: an item becomes
//! a name ([`naming`]), a tag set ([`tags`]) and served bytes. What is public is so for the tests and benches
//! of these joins.

// It panics when nobody reads standard error; `logging::tell` does not.
#![deny(clippy::print_stderr)]

mod art;
mod background;
mod caught;
mod check;
pub mod cli;
mod composed;
mod control;
mod demo;
mod diff;
mod edit;
mod fingerprint;
mod follow;
mod journal;
mod known;
mod leaf;
mod library;
mod limits;
mod logging;
mod lyrics;
mod materialize;
#[cfg(test)]
mod memory;
mod mount;
mod mount_options;
mod mountpoint;
mod mounts;
pub mod naming;
mod origins;
mod parallel;
mod plans;
mod signals;
pub mod source;
mod state;
pub mod tags;
mod views;
mod work;
mod xdg;
