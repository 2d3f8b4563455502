//! An immutable directory tree with stable inode numbers, published whole.
//!
//! A [`Builder`] takes the path that each leaf wants and settles who gets which name; the result is
//! a [`Snapshot`] in a few flat arrays. A [`Tree`] holds the current snapshot and swaps it whole. What
//! a leaf is, this crate does not know: it carries an opaque [`LeafId`].
//!
//! ```
//! use vtree::{Builder, LeafId, Name, InodeNo};
//!
//! let mut builder = Builder::new();
//! builder.insert(b"Kid A/Idioteque.flac", LeafId::new(8)?);
//! builder.insert(b"Kid A/Idioteque.flac", LeafId::new(9)?);
//! let built = builder.build()?;
//!
//! let album = built.snapshot.lookup(InodeNo::ROOT, Name::new(b"Kid A")?).unwrap();
//! let names: Vec<_> = album.dir().unwrap().children().map(|node| node.name()).collect();
//! assert_eq!(names, [&b"Idioteque.1.flac"[..], b"Idioteque.flac"]);
//! assert_eq!(built.renamed[0].leaf, LeafId::new(9)?);
//! # Ok::<(), vtree::Error>(())
//! ```

mod builder;
mod claims;
mod edit;
mod error;
mod inode;
mod layout;
mod leaf_map;
mod name;
mod node;
mod parallel;
mod snapshot;
mod suffix;
mod tree;

pub use builder::{Builder, Built, Cause, Renamed};
pub use edit::Edited;
pub use error::Error;
pub use inode::InodeTable;
pub use leaf_map::LeafMap;
pub use name::Name;
pub use node::{Dir, InodeNo, LeafId, Node};
pub use snapshot::Snapshot;
pub use tree::Tree;

#[cfg(test)]
mod tests;
