//! Where the state of a library is.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use twox_hash::XxHash3_64;

use crate::xdg;

/// How many bytes of a library's path its folder shows, from its end on.
const SHOWN: usize = 80;

/// Returns the folder of a library's state: `$XDG_STATE_HOME/musicfs/LIBRARY` (XDG Base Directory
/// Specification 0.8).
///
/// # Errors
///
/// If the process has no such folder.
pub(crate) fn folder(library: &Path) -> Result<PathBuf> {
    let base = xdg::folder("XDG_STATE_HOME", ".local/state")
        .context("neither XDG_STATE_HOME nor HOME names a folder for it")?;
    Ok(base.join("musicfs").join(name(library)))
}

/// Returns a name for a library that can be read, and that no other library has: the end of its path,
/// and a number for all of it.
fn name(library: &Path) -> String {
    // By whatever links it is reached.
    let path = library.canonicalize();
    let path = path.as_deref().unwrap_or(library);
    let bytes = path.as_os_str().as_bytes();
    let hash = XxHash3_64::oneshot(bytes);
    let shown = bytes.strip_prefix(b"/").unwrap_or(bytes);
    let shown = &shown[shown.len().saturating_sub(SHOWN)..];
    let shown = String::from_utf8_lossy(shown);
    let plain = |character: char| match character {
        '/' => '-',
        'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' | '-' => character,
        _ => '_',
    };
    let shown: String = shown.chars().map(plain).collect();
    format!("{shown}-{:08x}", hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: &str) {
        assert_eq!(name(Path::new(path)), expected);
    }

    #[test]
    fn a_name_can_be_read() {
        check(
            "/home/anna/Music/library.db",
            "home-anna-Music-library.db-16890321",
        );
    }

    #[test]
    fn what_looks_alike_differs() {
        assert_ne!(name(Path::new("/a-b/c")), name(Path::new("/a/b-c")));
    }

    #[test]
    fn any_path_gives_a_name_of_moderate_length() {
        let long = format!("/{}", "ü/ ".repeat(2000));
        let name = name(Path::new(&long));
        assert!(name.len() < 128 && !name.contains('/'), "{name}");
    }
}
