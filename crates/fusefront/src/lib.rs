//! Answers FUSE requests from a tree of names and a library of content.
//!
//! | layer | module | knows |
//! |---|---|---|
//! | translation | `fuse`, `dispatch`, `answer`, `change` | the kernel's requests and replies |
//! | logic | `fs`, `handle`, `attr` | inodes, handles, plans |
//! | writing | `saves`, `overlay`, `copies`; `names`, `foreign` | what is written; names that are not the tree's |
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
mod change;
mod copies;
mod device;
mod dispatch;
mod edit;
mod errno;
mod error;
mod foreign;
mod fs;
mod fuse;
mod gate;
mod generations;
mod handle;
mod handshake;
mod later;
mod library;
mod mountpoint;
mod names;
mod notices;
mod options;
mod overlay;
mod passthrough;
mod publisher;
mod ranges;
mod saves;
mod scratch;
mod session;
mod spill;
mod traffic;
mod window;
mod xattr;

pub use announce::{Hands, announce};
pub use edit::{Edit, Taken};
pub use error::Error;
pub use library::{LeafAttr, Library, Space};
pub use options::{Audience, Options, Writing};
pub use publisher::{Heard, Publisher};
pub use session::{Session, Unmounter};
pub use traffic::Traffic;

#[cfg(test)]
mod tests;
