//! Terms about paths, which are compared in the form that the database stores.

use std::borrow::Cow;

use crate::{RawValue, Value, norm_path};

/// A test for a file, or for everything beneath a folder.
#[derive(Debug, Clone)]
pub(super) struct PathTest {
    /// The path, relative if it lies in the library's directory.
    path: Vec<u8>,
    /// The same with a slash at the end.
    folder: Vec<u8>,
    directory: Vec<u8>,
}

impl PathTest {
    /// Makes a test for a path; a relative one starts at the library's directory.
    pub(super) fn new(pattern: &[u8], directory: &[u8]) -> Self {
        let path = norm_path(&joined(directory, pattern));
        let path = stored_form(directory, &path).into_owned();
        let mut folder = path.clone();
        if !folder.ends_with(b"/") {
            folder.push(b'/');
        }
        Self {
            path,
            folder,
            directory: directory.to_vec(),
        }
    }

    /// Tells whether a model's path matches; a model without one does not.
    pub(super) fn matches(&self, value: Option<&Value>) -> bool {
        match value {
            Some(Value::Bytes(path)) => self.covers(&stored_form(&self.directory, path)),
            _ => false,
        }
    }

    /// Tells whether a cell matches; `None` is SQL's NULL. Text never equals a path.
    pub(super) fn matches_cell(&self, cell: RawValue<'_>) -> Option<bool> {
        match cell {
            // SQLite's substr() of an empty blob is NULL, too.
            RawValue::Null | RawValue::Blob([]) => None,
            RawValue::Blob(path) => Some(self.covers(path)),
            RawValue::Int(_) | RawValue::Real(_) | RawValue::Text(_) => Some(false),
        }
    }

    fn covers(&self, stored: &[u8]) -> bool {
        *stored == *self.path || stored.starts_with(&self.folder)
    }
}

/// Joins a path to the directory unless it is absolute.
pub(super) fn joined(directory: &[u8], path: &[u8]) -> Vec<u8> {
    if path.starts_with(b"/") {
        return path.to_vec();
    }
    [directory, b"/", path].concat()
}

/// Returns a path the way that the database stores it: relative if it lies in the directory.
pub(super) fn stored_form<'p>(directory: &[u8], path: &'p [u8]) -> Cow<'p, [u8]> {
    if !path.starts_with(b"/") {
        return Cow::Borrowed(path);
    }
    let directory = directory.strip_suffix(b"/").unwrap_or(directory);
    let below = match path.strip_prefix(directory) {
        Some([]) => return Cow::Borrowed(b"."),
        Some([b'/', ..]) => norm_path(path),
        _ => return Cow::Borrowed(path),
    };
    let below = below.get(directory.len() + 1..).unwrap_or(b"");
    if below.is_empty() {
        return Cow::Borrowed(b".");
    }
    Cow::Owned(slashed(below))
}

/// Turns backslashes into slashes, as beets does to whatever it stores.
pub(super) fn slashed(path: &[u8]) -> Vec<u8> {
    path.iter()
        .map(|&byte| if byte == b'\\' { b'/' } else { byte })
        .collect()
}
