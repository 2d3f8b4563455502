//! An immutable directory tree with stable inodes, published whole.
