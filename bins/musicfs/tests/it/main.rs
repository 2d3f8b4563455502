//! Tests of the whole.

mod cli;
mod errors;
mod layering;
mod mount;
mod support;
mod tags;
