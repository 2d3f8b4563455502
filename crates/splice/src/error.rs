//! What can go wrong when a plan is built or served.

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An extent ends before it starts, or past the largest offset that a file can have.
    #[error("extent {start}..{end} is not a range of a file")]
    BadExtent {
        /// First byte.
        start: u64,
        /// One past the last byte.
        end: u64,
    },
    /// The plan is longer than a file can be.
    #[error("the plan is longer than {} bytes", i64::MAX)]
    TooLong,
    /// The origin ended inside an extent.
    #[error("the origin ends at byte {at}, inside an extent")]
    Truncated {
        /// Offset in the origin at which no byte could be read.
        at: u64,
    },
    /// The origin is not the file that the plan was made for.
    #[error("the origin changed since it was opened")]
    Changed,
    /// The filesystem shares no extents of the origin, or the plan moves them by parts of a block.
    #[error("the filesystem cannot share the origin's extents at these places")]
    NotShared,
    /// The plan has bytes of a second file, and there is none.
    #[error("the plan has bytes of a second file, which was not given")]
    NoInsert,
    /// The origin is a directory, a device, a pipe or a socket.
    #[error("the origin is not a regular file")]
    NotRegular,
    /// The origin could not be read.
    #[error("the origin cannot be read")]
    Io(#[from] std::io::Error),
}
