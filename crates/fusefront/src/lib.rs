//! Answers FUSE requests from a tree of names and a library of content.
//!
//! | layer | module | knows |
//! |---|---|---|
//! | translation | `fuse`, `answer` | the kernel's requests and replies |
//! | logic | `fs`, `handle`, `attr` | inodes, handles, plans |
//! | ports | [`Library`] | content of leaves, from above |
//!
//! What a leaf is, this crate does not know. Two promises shape it: the size that the kernel was told
//! is the size that a read to the end gives, and a thread that waits for an origin never keeps the
//! others from answering.
//!
//! ```no_run
//! use std::path::Path;
//! use std::sync::Arc;
//! use fusefront::{Error, Library, Options, Session};
//!
//! fn serve(library: impl Library, tree: Arc<vtree::Tree>) -> Result<(), Error> {
//!     let options = Options::default();
//!     let mut session = Session::mount(tree, library, Path::new("/mnt/music"), &options)?;
//!     session.wait()
//! }
//! ```

mod announce;
mod answer;
mod attr;
mod edit;
mod errno;
mod error;
mod fs;
mod fuse;
mod gate;
mod handle;
mod handshake;
mod library;
mod mountpoint;
mod options;
mod passthrough;
mod publisher;
mod scratch;
mod session;
mod traffic;
mod window;
mod xattr;

pub use edit::Edit;
pub use error::Error;
pub use library::{LeafAttr, Library, Space};
pub use options::{Audience, Options};
pub use publisher::Publisher;
pub use session::{Session, Unmounter};
pub use traffic::Traffic;

#[cfg(test)]
mod tests;
