//! What can go wrong when a tree is built or asked.

use crate::LeafId;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A leaf's number leaves no room for an inode number.
    #[error("leaf {raw} is not below 2^61")]
    LeafOutOfRange {
        /// The number.
        raw: u64,
    },
    /// Two paths were given for one leaf.
    #[error("leaf {} was inserted twice", leaf.get())]
    DuplicateLeaf {
        /// The leaf.
        leaf: LeafId,
    },
    /// The tree has more nodes, or more bytes of names, than 32 bits can count.
    #[error("the tree is too large")]
    TooLarge,
    /// A name is empty, `.`, `..`, or contains a slash or a NUL.
    #[error("the name cannot be that of an entry")]
    BadName,
    /// A name is longer than a directory entry can be.
    #[error("the name has {len} bytes, more than {}", crate::Name::MAX)]
    NameTooLong {
        /// Its length in bytes.
        len: usize,
    },
}
