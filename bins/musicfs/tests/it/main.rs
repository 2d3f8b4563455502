//! Tests of the whole.

mod layering;
