//! Album art that is embedded in the files of the album's items, as beets' `embedart` does it.

use std::ffi::OsString;
use std::fmt::Display;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use catalog::{AlbumId, Library};

/// Returns the path of an album's picture; `None` if it has none.
///
/// # Errors
///
/// If the database cannot be read.
pub(crate) fn path(library: &Library, album: AlbumId) -> Result<Option<PathBuf>, catalog::Error> {
    let album = library.album(album)?;
    let path = album.and_then(|album| album.artpath());
    Ok(path.map(|path| PathBuf::from(OsString::from_vec(path))))
}

/// Does something with a picture; where that fails it is like none: the file keeps those that it has.
pub(crate) fn or_none<T, E: Display>(
    path: &Path,
    open: impl FnOnce(&Path) -> Result<T, E>,
) -> Option<T> {
    let opened = open(path).inspect_err(|error| {
        tracing::debug!(art = %path.display(), %error, "album art cannot be opened, and is not embedded");
    });
    opened.ok()
}
