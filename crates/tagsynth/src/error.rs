//! What can keep a file from being rendered; the caller then serves its origin unchanged.

use crate::Field;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No format claims the file.
    #[error("not a file of any known format")]
    Unrecognised,
    /// The format is known, but beets writes no tags to it.
    #[error("{format} files are served as they are")]
    Unsupported {
        /// The name of the format.
        format: &'static str,
    },
    /// A structure breaks the rules of its format.
    #[error("{what} at byte {offset}")]
    Malformed {
        /// The structure, and what is wrong with it.
        what: &'static str,
        /// Offset in the origin.
        offset: u64,
    },
    /// A structure ends past the end of the origin.
    #[error("{len} bytes at byte {offset} end past the origin's {origin_len} bytes")]
    Truncated {
        /// Offset in the origin.
        offset: u64,
        /// The bytes that should have been there.
        len: u64,
        /// Length of the origin.
        origin_len: u64,
    },
    /// The end of the audio is missing.
    #[error("the end is missing: {what}")]
    CutShort {
        /// What tells so.
        what: &'static str,
    },
    /// A structure is larger than its format, or this crate, allows.
    #[error("{what}: {len} is more than {limit}")]
    TooLarge {
        /// The structure, or the count.
        what: &'static str,
        /// Its length in bytes, or the count itself.
        len: u64,
        /// The most that is allowed.
        limit: u64,
    },
    /// A value has no form in the format: beets cannot write it either.
    #[error("{} cannot be written: {reason}", field.name())]
    Value {
        /// The field.
        field: Field,
        /// Why not.
        reason: &'static str,
    },
    /// The origin could not be read.
    #[error("the origin cannot be read at byte {offset}")]
    Read {
        /// Offset in the origin.
        offset: u64,
        /// What the medium reported.
        #[source]
        source: std::io::Error,
    },
    /// The parts of the virtual file make no plan.
    #[error("the virtual file cannot be planned")]
    Plan(#[from] splice::Error),
}
