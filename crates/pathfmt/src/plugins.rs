//! Template functions and fields of beets' plugins that are pure data.
//!
//! Whoever implements [`Environment`](crate::Environment) keeps the configured ones, names them in
//! [`provides`](crate::Environment::provides), and hands calls on. All messages are Python's.

pub use album_types::AlbumTypes;
pub use bucket::{Alpha, Bucket, BucketError};
pub use substitute::Substitute;
pub use the::{Article, The};

mod album_types;
mod bucket;
mod format;
mod ftintitle;
mod substitute;
mod the;

pub use ftintitle::without_featured;
