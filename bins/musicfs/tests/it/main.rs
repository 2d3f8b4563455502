//! Tests of the whole.

mod cli;
mod errors;
mod layering;
mod mount;
mod names;
mod support;
mod tags;
