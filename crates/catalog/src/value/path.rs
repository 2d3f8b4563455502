//! Paths as beets stores and shows them.

use std::borrow::Cow;

/// Where the characters that stand for raw bytes begin.
const RAW: u32 = 0x0010_FF00;

/// Returns the absolute form of a stored path.
///
/// A relative path is joined to `directory` and normalised; an absolute one is left as it is,
/// whatever it contains, and so is an empty one.
///
/// ```
/// # use catalog::expand_path;
/// assert_eq!(*expand_path(b"/music", b"a/../b//c.mp3"), *b"/music/b/c.mp3");
/// assert_eq!(*expand_path(b"/music", b"/x//y.mp3"), *b"/x//y.mp3");
/// ```
pub fn expand_path<'a>(directory: &[u8], stored: &'a [u8]) -> Cow<'a, [u8]> {
    if stored.is_empty() || stored.starts_with(b"/") {
        return Cow::Borrowed(stored);
    }
    let joined = [directory, b"/", stored].concat();
    Cow::Owned(norm_path(&joined))
}

/// Normalises an absolute path as `os.path.normpath` does: no `.`, `..`, or repeated slashes.
///
/// Exactly two slashes in front are kept, which POSIX reserves.
pub fn norm_path(path: &[u8]) -> Vec<u8> {
    let slashes = path.iter().take_while(|&&byte| byte == b'/').count();
    let mut kept: Vec<&[u8]> = Vec::new();
    for part in path.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(kept.pop()),
            _ => kept.push(part),
        }
    }
    let root: &[u8] = if slashes == 2 { b"//" } else { b"/" };
    [root, &kept.join(&b'/')].concat()
}

/// Appends a path as text; each byte that is not UTF-8 becomes the character U+10FF00 + byte.
///
/// Real characters from that range are spelled byte by byte too, so that every path comes back
/// from its text unchanged.
///
/// ```
/// let mut out = String::new();
/// catalog::display_path(b"a\xff", &mut out);
/// assert_eq!(out, "a\u{10ffff}");
/// ```
pub fn display_path(path: &[u8], out: &mut String) {
    for chunk in path.utf8_chunks() {
        push_chars(chunk.valid(), out);
        push_raw(chunk.invalid(), out);
    }
}

fn push_chars(text: &str, out: &mut String) {
    if !text.contains(is_raw) {
        return out.push_str(text);
    }
    for c in text.chars() {
        if is_raw(c) {
            push_raw(c.encode_utf8(&mut [0; 4]).as_bytes(), out);
        } else {
            out.push(c);
        }
    }
}

fn is_raw(c: char) -> bool {
    u32::from(c) >= RAW
}

fn push_raw(bytes: &[u8], out: &mut String) {
    out.extend(
        bytes
            .iter()
            .filter_map(|&byte| char::from_u32(RAW + u32::from(byte))),
    );
}
