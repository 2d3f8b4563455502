//! What can be wrong with a configuration.

use std::io;
use std::path::PathBuf;

use crate::Place;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("cannot read the configuration {}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file that `include` names cannot be read.
    #[error("{place}: include: cannot read {}; beets would go on without it, with other paths", file.display())]
    Include {
        /// Where the file is named.
        place: Place,
        /// The file.
        file: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file is not UTF-8.
    #[error("{}:{line}: not UTF-8 at byte {at}; save the file as UTF-8", file.display())]
    NotUtf8 {
        /// The file.
        file: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// Offset of the offending byte.
        at: usize,
    },
    /// A file is not YAML.
    #[error("{place}: not YAML: {reason}")]
    Malformed {
        /// Where.
        place: Place,
        /// What is wrong.
        reason: String,
    },
    /// A file holds something other than a mapping.
    #[error("{place}: the file must hold a mapping, such as `directory: ~/Music`, not {found}")]
    NotAMapping {
        /// Where it starts.
        place: Place,
        /// What it holds.
        found: &'static str,
    },
    /// A key of an order has no field or no direction.
    #[error("{place}: {key}: {word:?} must be a field with + or - at its end, such as `artist+`")]
    NoSortKey {
        /// Where the order is given.
        place: Place,
        /// The setting.
        key: &'static str,
        /// The key of the order.
        word: String,
    },
    /// A setting has a value of the wrong type.
    #[error("{place}: {key} must be {expected}, not {found}")]
    WrongType {
        /// Where the value stands.
        place: Place,
        /// The setting, with dots between keys.
        key: String,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A setting has a value that is not allowed.
    #[error("{place}: {key}: {reason}")]
    Invalid {
        /// Where the value stands.
        place: Place,
        /// The setting, with dots between keys.
        key: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// `$BEETSDIR` is not a directory.
    #[error("$BEETSDIR is {}, a file; it must name the directory that holds config.yaml", file.display())]
    NotADirectory {
        /// What it names.
        file: PathBuf,
    },
    /// A path starts with `~`, and there is no home directory, or another user's is meant.
    #[error("{path}: the home directory is not known; write it in full")]
    NoHome {
        /// The path.
        path: String,
    },
}
