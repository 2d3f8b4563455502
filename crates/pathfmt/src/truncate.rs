//! Cutting path components to length, by way of Python's `pathlib` rules.

use crate::carrier;

/// Returns the position of a file name's suffix as `pathlib` sees it: the last dot onward, unless
/// that dot comes first or last.
pub(crate) fn suffix_start(name: &[u8]) -> usize {
    match name.iter().rposition(|&byte| byte == b'.') {
        Some(at) if at > 0 && at + 1 < name.len() => at,
        _ => name.len(),
    }
}

/// Returns the position of a path's extension as `os.path.splitext` sees it: the last dot onward,
/// unless only dots stand before it in the name.
pub(crate) fn extension_start(path: &str) -> usize {
    let name = path.rfind('/').map_or(0, |at| at + 1);
    match path[name..].rfind('.') {
        Some(at) if path[name..name + at].bytes().any(|byte| byte != b'.') => name + at,
        _ => path.len(),
    }
}

/// Normalises a path and cuts its components to `limit`; returns whether anything changed.
///
/// Directories are cut to `limit` bytes, the stem of the file name to what the suffix leaves of it,
/// whose length counts in characters. A cut drops what is not UTF-8, even from short components.
pub(crate) fn truncate(path: &mut String, limit: i64) -> bool {
    if is_short(path, limit) {
        return false;
    }
    let cut = truncated(path, limit);
    let changed = cut != *path;
    *path = cut;
    changed
}

/// Returns whether a path is normal and short as it stands, for all but odd cases.
fn is_short(path: &str, limit: i64) -> bool {
    let Ok(limit) = usize::try_from(limit) else {
        return false;
    };
    let name = path.rfind('/').map_or(0, |at| at + 1);
    !carrier::may_carry(path)
        && !path[name..].starts_with('.')
        && path
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part.len() <= limit)
}

fn truncated(path: &str, limit: i64) -> String {
    let mut parts: Vec<_> = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    let mut out = String::with_capacity(path.len());
    let Some(name) = parts.pop() else {
        return ".".to_owned();
    };
    let (stem, suffix) = name.split_at(suffix_start(name.as_bytes()));
    out.push_str(&cut(root(path), limit));
    let taken = i64::try_from(suffix.chars().count()).unwrap_or(i64::MAX);
    let directories = parts.into_iter().map(|part| cut(part, limit));
    let stem = cut(stem, limit.saturating_sub(taken));
    for part in directories
        .chain([stem])
        .filter(|part| !part.is_empty() && part != ".")
    {
        if !out.is_empty() && !out.ends_with('/') {
            out.push('/');
        }
        out.push_str(&part);
    }
    if out.is_empty() {
        out.push('.');
    }
    out.push_str(suffix);
    out
}

/// Returns the root of a path: POSIX sets two slashes apart from one, and three from two.
fn root(path: &str) -> &'static str {
    match path.bytes().take_while(|&byte| byte == b'/').count() {
        0 => "",
        2 => "//",
        _ => "/",
    }
}

/// Returns the first `limit` bytes of a text, from the end if negative, without what is not UTF-8.
fn cut(text: &str, limit: i64) -> String {
    let mut bytes = carrier::encode_path(text);
    let magnitude = usize::try_from(limit.unsigned_abs()).unwrap_or(usize::MAX);
    let len = if limit < 0 {
        bytes.len().saturating_sub(magnitude)
    } else {
        magnitude
    };
    bytes.truncate(len);
    carrier::decode_valid(&bytes)
}
