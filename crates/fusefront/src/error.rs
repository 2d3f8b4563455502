//! What can go wrong while mounting, and what a request can fail with.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;

/// An error of this crate; a [`crate::Library`] answers with the same.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The inode is in no snapshot any more, or the leaf no longer in the library.
    #[error("the entry is gone")]
    Gone,
    /// There is no entry of that name, or no longer.
    #[error("there is no such entry")]
    NotFound,
    /// There is an entry of that name.
    #[error("there is such an entry already")]
    Exists,
    /// The directory has entries.
    #[error("the directory is not empty")]
    NotEmpty,
    /// It is not offered here.
    #[error("this is not supported")]
    NotSupported,
    /// A directory was expected.
    #[error("not a directory")]
    NotADirectory,
    /// A file was expected.
    #[error("is a directory")]
    IsADirectory,
    /// The request would change something.
    #[error("the filesystem is read-only")]
    ReadOnly,
    /// It is not allowed here, whoever asks.
    #[error("this is not allowed")]
    NotPermitted,
    /// Another program was in the way for too long.
    #[error("the library is in use by another program")]
    Busy,
    /// There is no room for what is written, or none is given.
    #[error("there is no space for what is written")]
    NoSpace,
    /// An edited file cannot be taken for the leaf.
    #[error("the edited file is refused")]
    Refused {
        /// Why.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The name is longer than a directory entry can be.
    #[error("the name is too long")]
    NameTooLong,
    /// There is no extended attribute of this name.
    #[error("no such attribute")]
    NoAttribute,
    /// What was asked for is longer than what there is room for.
    #[error("there is no room for all of it")]
    NoRoom,
    /// The handle is not open.
    #[error("handle {fh} is not open")]
    BadHandle {
        /// The handle.
        fh: u64,
    },
    /// A seek for data or holes started at or past the end.
    #[error("offset {offset} is past the end")]
    PastEnd {
        /// The offset.
        offset: i64,
    },
    /// The kernel asked for something that no request of its kind can mean.
    #[error("the request makes no sense")]
    BadRequest,
    /// The origin of a leaf cannot be read, or nothing can be rendered from it.
    #[error("{}: the origin cannot be served", path.display())]
    Origin {
        /// The origin.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// What the library says of a leaf cannot be read.
    #[error("what the library says of the file cannot be read")]
    Unknown {
        /// Why.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// An open file can no longer be read.
    #[error("the open file cannot be read")]
    Read(#[from] splice::Error),
    /// What is written can be kept no longer, or cannot be read back.
    #[error("the file that keeps what is written fails")]
    Written(#[source] io::Error),
    /// The folder for what is written cannot be used.
    #[error("what is written cannot be kept in {}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A mount option is malformed.
    #[error("mount option {option:?}: {reason}")]
    BadOption {
        /// The option.
        option: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The filesystem could not be mounted.
    #[error("cannot mount on {}", mountpoint.display())]
    Mount {
        /// Where.
        mountpoint: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The filesystem could not be unmounted; it is still served.
    #[error("cannot unmount {}", mountpoint.display())]
    Unmount {
        /// Where.
        mountpoint: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The session ended with an error.
    #[error("the session on {} ended early", mountpoint.display())]
    Session {
        /// Where.
        mountpoint: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Error {
    /// Returns the error of a leaf whose origin at `path` cannot be served.
    pub fn origin(
        path: impl Into<PathBuf>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        let (path, source) = (path.into(), source.into());
        Self::Origin { path, source }
    }

    /// Returns the error of a leaf of which the library cannot be asked.
    pub fn unknown(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source = source.into();
        Self::Unknown { source }
    }

    /// Returns the error of an edited file that cannot be taken.
    pub fn refused(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source = source.into();
        Self::Refused { source }
    }

    /// Returns whether the user has to look at it: something outside this program is amiss.
    pub(crate) fn is_failure(&self) -> bool {
        matches!(
            self,
            Self::Origin { .. } | Self::Unknown { .. } | Self::Read(_) | Self::Written(_)
        )
    }

    /// Returns the message with those of all causes.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }
}
