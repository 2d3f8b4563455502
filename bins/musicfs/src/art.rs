//! Album art that is embedded in the files of the album's items, as beets' `embedart` does it.

use std::ffi::OsString;
use std::fmt::Display;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use catalog::{Item, Library};
use splice::Origin;

/// Opens the picture that belongs to the album of `item`; `None` if it has none.
///
/// A picture that cannot be opened is like none: the file keeps those that it has.
///
/// # Errors
///
/// If the database cannot be read.
pub fn open<E: Display>(
    library: &Library,
    item: &Item,
    open: impl FnOnce(&Path) -> Result<Origin, E>,
) -> Result<Option<Origin>, catalog::Error> {
    let Some(id) = item.album_id() else {
        return Ok(None);
    };
    let album = library.album(id)?;
    let Some(path) = album.and_then(|album| album.artpath()) else {
        return Ok(None);
    };
    let path = PathBuf::from(OsString::from_vec(path));
    let opened = open(&path).inspect_err(|error| {
        tracing::debug!(art = %path.display(), %error, "album art cannot be opened, and is not embedded");
    });
    Ok(opened.ok())
}
