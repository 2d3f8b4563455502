//! What can go wrong while reading a library, or changing it.

use std::path::PathBuf;

/// A library that cannot be read or changed, and why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no file.
    #[error("{}: no such file", path.display())]
    Missing {
        /// The library's path.
        path: PathBuf,
    },
    /// It is a folder, a pipe or a device.
    #[error("{} is not a file", path.display())]
    NotAFile {
        /// The library's path.
        path: PathBuf,
    },
    /// The file cannot be looked at or opened.
    #[error("cannot open {}", path.display())]
    Open {
        /// The library's path.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is something else, or encrypted.
    #[error("{} is not an SQLite database", path.display())]
    NotADatabase {
        /// The library's path.
        path: PathBuf,
    },
    /// The database has no table of items.
    #[error("{} has no table `items`, so it is not a beets library", path.display())]
    NotALibrary {
        /// The library's path.
        path: PathBuf,
    },
    /// Another process kept the database locked for longer than we wait.
    #[error("{} is locked by another process", path.display())]
    Busy {
        /// The library's path.
        path: PathBuf,
    },
    /// A writer died in the middle, and undoing its work takes the right to write.
    #[error("{} was left half written; any beet command repairs it", path.display())]
    HalfWritten {
        /// The library's path.
        path: PathBuf,
    },
    /// The database is damaged.
    #[error("{} is damaged", path.display())]
    Damaged {
        /// The library's path.
        path: PathBuf,
        /// What the database engine says.
        source: BoxedError,
    },
    /// The file, its folder or its filesystem does not allow writing.
    #[error("{} may not be written to", path.display())]
    ReadOnly {
        /// The library's path.
        path: PathBuf,
    },
    /// A column is missing that beets has since added.
    #[error(
        "{} is of an older beets: `{table}` has no column `{column}`; beets 2.14 adds it when it opens the library",
        path.display()
    )]
    NoColumn {
        /// The library's path.
        path: PathBuf,
        /// The table.
        table: &'static str,
        /// The column.
        column: String,
    },
    /// A row is gone.
    #[error("{} has no row {id} in `{table}` any more", path.display())]
    NoRow {
        /// The library's path.
        path: PathBuf,
        /// The table.
        table: &'static str,
        /// The row's number.
        id: i64,
    },
    /// Reading failed in some other way.
    #[error("cannot read {}", path.display())]
    Read {
        /// The library's path.
        path: PathBuf,
        /// What the database engine says.
        source: BoxedError,
    },
}

/// The error of a layer below, whose type is nobody's business.
pub type BoxedError = Box<dyn std::error::Error + Send + Sync>;
