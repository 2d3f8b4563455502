//! Joins the six crates into a program that mounts a beets library.
//!
//! This is the only place that knows that names, tags and files are music from beets: an item becomes
//! a name ([`naming`]), a tag set ([`tags`]) and served bytes ([`library`]).

// It panics when nobody reads standard error; `logging::tell` does not.
#![deny(clippy::print_stderr)]

pub mod art;
mod background;
mod caught;
pub mod check;
pub mod cli;
mod composed;
mod control;
pub mod demo;
pub mod diff;
mod edit;
mod fingerprint;
mod follow;
mod journal;
mod known;
pub mod leaf;
pub mod library;
mod limits;
pub mod logging;
mod lyrics;
pub mod materialize;
#[cfg(test)]
mod memory;
pub mod mount;
pub mod mount_options;
pub mod mountpoint;
mod mounts;
pub mod naming;
pub mod origins;
pub mod parallel;
mod plans;
mod signals;
pub mod source;
mod state;
pub mod tags;
pub mod views;
pub mod work;
mod xdg;
