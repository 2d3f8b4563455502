//! Names of directory entries, and what becomes of names that cannot be.
//!
//! | component | becomes |
//! |---|---|
//! | empty | nothing; a path without any component is `_` |
//! | `.`, `..` | `_` |
//! | with NUL | each NUL is `_` |
//! | over 255 bytes | cut before its extension, at the start of a UTF-8 character |

use std::borrow::Cow;

use crate::Error;

/// A checked path component: 1 to 255 bytes, neither `.` nor `..`, without slash and NUL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name<'a>(&'a [u8]);

impl<'a> Name<'a> {
    /// The most bytes that a name can have (Linux's `NAME_MAX`).
    pub const MAX: usize = 255;

    /// Checks `bytes`.
    ///
    /// # Errors
    ///
    /// [`Error::NameTooLong`] or [`Error::BadName`].
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let len = bytes.len();
        match bytes {
            b"" | b"." | b".." => Err(Error::BadName),
            _ if len > Self::MAX => Err(Error::NameTooLong { len }),
            _ if bytes.iter().any(|byte| matches!(byte, 0 | b'/')) => Err(Error::BadName),
            _ => Ok(Self(bytes)),
        }
    }

    /// Returns the bytes.
    pub fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

/// Returns what a non-empty component without slashes is in the tree.
pub(crate) fn safe(component: &[u8]) -> Cow<'_, [u8]> {
    if Name::new(component).is_ok() {
        return Cow::Borrowed(component);
    }
    if matches!(component, b"." | b"..") {
        return Cow::Borrowed(b"_");
    }
    let without_nul = |&byte: &u8| if byte == 0 { b'_' } else { byte };
    let bytes: Vec<u8> = component.iter().map(without_nul).collect();
    let (base, extension) = split_extension(&bytes);
    Cow::Owned(join(base, b"", extension))
}

/// Joins the parts of a name; what is too long is cut from the end of `base`.
pub(crate) fn join(base: &[u8], suffix: &[u8], extension: &[u8]) -> Vec<u8> {
    let room = Name::MAX.saturating_sub(suffix.len() + extension.len());
    [cut(base, room), suffix, extension].concat()
}

/// Returns the longest start of `bytes` of at most `room` bytes that does not split a UTF-8
/// character.
fn cut(bytes: &[u8], room: usize) -> &[u8] {
    if bytes.len() <= room {
        return bytes;
    }
    // A character has at most three continuation bytes; more of them are not UTF-8 anyway.
    let starts_a_character = |&end: &usize| bytes[end] & 0xC0 != 0x80;
    let end = (room.saturating_sub(3)..=room)
        .rev()
        .find(starts_a_character);
    &bytes[..end.unwrap_or(room)]
}

/// Splits a name before the last dot, as `os.path.splitext` does: leading dots start no extension.
///
/// An extension that would leave no room for a name and a number is none.
pub(crate) fn split_extension(name: &[u8]) -> (&[u8], &[u8]) {
    const LONGEST: usize = 64;
    let first = name.iter().position(|&byte| byte != b'.');
    let last = name.iter().rposition(|&byte| byte == b'.');
    match (first, last) {
        (Some(first), Some(dot)) if dot > first && name.len() - dot <= LONGEST => {
            name.split_at(dot)
        }
        _ => (name, b""),
    }
}
