//! The user's folders (XDG Base Directory Specification 0.8).

use std::env;
use std::path::PathBuf;

/// Returns the folder that `variable` names, or else `default` in the user's home; neither counts unless it is absolute.
pub(crate) fn folder(variable: &str, default: &str) -> Option<PathBuf> {
    let absolute = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    absolute(variable).or_else(|| Some(absolute("HOME")?.join(default)))
}
