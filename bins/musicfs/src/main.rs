//! The `musicfs` program.

fn main() {}
