//! Compiles beets path templates and evaluates them into safe path names.
