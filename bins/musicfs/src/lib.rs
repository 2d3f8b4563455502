//! Joins the six crates into a program.
