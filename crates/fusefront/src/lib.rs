//! Answers FUSE requests from a tree and a library.
