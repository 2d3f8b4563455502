//! Looks at a mountpoint before something is mounted there, and unmounts.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use fusefront::Unmounter;
use rustix::io::Errno;

/// The type of our filesystems in the mount table.
const OURS: &str = "fuse.musicfs";
/// How many links the system follows for one path (`path_resolution(7)`).
const MOST_LINKS: u32 = 40;

/// Checks that `path` can be mounted on and returns it absolute and free of symbolic links.
///
/// A mount whose daemon died (every access answers `ENOTCONN`) is detached first.
///
/// # Errors
///
/// Says what is in the way, and what to do about it.
pub fn prepare(path: &Path, may_hide_files: bool) -> Result<PathBuf> {
    if is_stale(path) && mounted_at(&real_path(path))?.as_deref() == Some(OURS) {
        tracing::warn!(mountpoint = %path.display(), "detaching a mount whose daemon has died");
        unmount(path, true)?;
    }
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => bail!(
            "mountpoint {0} does not exist; create it with `mkdir -p {0}`",
            path.display()
        ),
        other => other.with_context(|| format!("mountpoint {} is unusable", path.display()))?,
    };
    if !metadata.is_dir() {
        bail!("mountpoint {} is not a directory", path.display());
    }
    let path = fs::canonicalize(path)?;
    if let Some(kind) = mounted_at(&path)? {
        bail!(
            "{0} is already a mountpoint (of type {kind}); unmount it first (`musicfs umount {0}`) \
             or choose another directory",
            path.display()
        );
    }
    let mut entries = fs::read_dir(&path)
        .with_context(|| format!("mountpoint {} cannot be read", path.display()))?;
    if !may_hide_files && entries.next().is_some() {
        bail!(
            "mountpoint {} is not empty; choose an empty directory, or add `-o nonempty` to hide \
             its files while the library is mounted",
            path.display()
        );
    }
    Ok(path)
}

/// Unmounts `path`; `lazy` detaches it even while it is in use.
///
/// # Errors
///
/// When nothing of ours is mounted there, it is in use, or the system refuses.
pub fn unmount(path: &Path, lazy: bool) -> Result<()> {
    let path = ours(path)?;
    let unmounter = Unmounter::of(&path);
    if lazy {
        return Ok(unmounter.detach()?);
    }
    let advice = "if it is in use, close what uses it, or detach it with --lazy";
    let done = unmounter.unmount().map_err(anyhow::Error::from);
    done.map_err(|error| anyhow!("{error:#}; {advice}"))
}

/// Returns the device number of the library that is mounted at `path`.
///
/// # Errors
///
/// When nothing of ours is mounted there, or it does not answer.
pub(crate) fn device(path: &Path) -> Result<u64> {
    let path = ours(path)?;
    let root = rustix::fs::stat(&path);
    let root = root.with_context(|| format!("the mount at {} does not answer", path.display()));
    Ok(root?.st_dev)
}

/// Returns `path` as the mount table has it, if something of ours is mounted there.
fn ours(path: &Path) -> Result<PathBuf> {
    let path = real_path(path);
    match mounted_at(&path)? {
        None => bail!("nothing is mounted at {}", path.display()),
        Some(kind) if kind != OURS => bail!(
            "{} holds a file system of type {kind}, not musicfs",
            path.display()
        ),
        Some(_) => Ok(path),
    }
}

/// Returns where a folder is, or will be once it is made, free of symbolic links; nothing is made.
pub(crate) fn resolve(folder: &Path) -> io::Result<PathBuf> {
    let folder = std::path::absolute(folder)?;
    let mut missing = Vec::new();
    let mut there = folder.as_path();
    loop {
        // A link that leads nowhere is there, and nothing can be made beneath it.
        match fs::symlink_metadata(there) {
            Ok(_) => {
                let there = there.canonicalize()?;
                return Ok(missing
                    .into_iter()
                    .rev()
                    .fold(there, |at, name| at.join(name)));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Err(error) => match (there.parent(), there.components().next_back()) {
                (Some(parent), Some(Component::Normal(name))) => {
                    missing.push(name);
                    there = parent;
                }
                // `..` of a folder that is not there leads nowhere.
                _ => return Err(error),
            },
        }
    }
}

/// Returns whether a mount at `mountpoint`, which is free of symbolic links, would hide what `path`
/// leads to, or a link on the way there.
pub(crate) fn would_hide(mountpoint: &Path, path: &Path) -> bool {
    let Ok(path) = std::path::absolute(path) else {
        return false;
    };
    let parts = |path: &Path| -> Vec<OsString> {
        let parts = path.components().rev();
        parts.map(|part| part.as_os_str().to_owned()).collect()
    };
    let (mut at, mut to_go, mut n_links) = (PathBuf::new(), parts(&path), 0);
    while let Some(part) = to_go.pop() {
        match part.as_bytes() {
            b"." => continue,
            b".." => _ = at.pop(),
            _ => at.push(part),
        }
        // From the mountpoint itself, `..` leads out.
        if at != mountpoint && at.starts_with(mountpoint) {
            return true;
        }
        let Ok(target) = fs::read_link(&at) else {
            continue;
        };
        n_links += 1;
        if n_links > MOST_LINKS {
            return false;
        }
        at.pop();
        to_go.extend(parts(&target));
    }
    at == mountpoint
}

/// Returns `path` absolute and free of symbolic links, as the mount table has it.
fn real_path(path: &Path) -> PathBuf {
    // A dead mount cannot be resolved itself, but the folder that it is in can.
    let resolve = || {
        let folder = std::path::absolute(path).ok()?;
        Some(
            fs::canonicalize(folder.parent()?)
                .ok()?
                .join(folder.file_name()?),
        )
    };
    let resolved = fs::canonicalize(path).ok().or_else(resolve);
    resolved.unwrap_or_else(|| path.to_owned())
}

/// Returns whether a FUSE mount at `path` has lost its daemon.
///
/// `stat` will not do: the kernel may still know the answer. `statfs` always asks the daemon.
fn is_stale(path: &Path) -> bool {
    matches!(rustix::fs::statfs(path), Err(Errno::NOTCONN))
}

/// Returns the type of the topmost filesystem mounted exactly at `path`, if any.
fn mounted_at(path: &Path) -> Result<Option<String>> {
    let table = fs::read("/proc/self/mountinfo").context("cannot read /proc/self/mountinfo")?;
    Ok(mount_type(&table, path))
}

/// Finds `path` in the text of `/proc/self/mountinfo` (proc(5)).
fn mount_type(mountinfo: &[u8], path: &Path) -> Option<String> {
    let mut found = None;
    for line in mountinfo.split(|&byte| byte == b'\n') {
        let mut words = line.split(|&byte| byte == b' ');
        let mountpoint = words.by_ref().nth(4).map(unescape);
        let kind = words.skip_while(|word| word != b"-").nth(1);
        if let (Some(mountpoint), Some(kind)) = (mountpoint, kind)
            && mountpoint == path
        {
            found = Some(String::from_utf8_lossy(kind).into_owned());
        }
    }
    found
}

/// Undoes the octal escapes (`\040` for a space) of a path in mountinfo.
fn unescape(word: &[u8]) -> PathBuf {
    let mut path = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((&byte, after)) = rest.split_first() {
        let octal = (byte == b'\\').then(|| after.get(..3)).flatten();
        let digits = octal.and_then(|digits| std::str::from_utf8(digits).ok());
        let value = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        path.push(value.unwrap_or(byte));
        rest = if value.is_some() { &after[3..] } else { after };
    }
    PathBuf::from(OsString::from_vec(path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const TABLE: &[u8] = b"\
22 1 0:21 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 22 0:50 / /mnt/my\\040music ro,nosuid,nodev - fuse.musicfs musicfs ro,user_id=0
41 22 0:51 / /mnt/a rw - tmpfs none rw
42 41 0:52 / /mnt/a rw - fuse.other other rw
";

    #[track_caller]
    fn check(path: &str, expected: Option<&str>) {
        assert_eq!(mount_type(TABLE, Path::new(path)).as_deref(), expected);
    }

    #[test]
    fn what_is_reached_through_a_mountpoint_would_be_hidden() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let mountpoint = folder.join("music");
        fs::create_dir_all(mountpoint.join("album")).unwrap();
        fs::create_dir(folder.join("state")).unwrap();
        for (link, target) in [
            ("music/out", "../state"),
            ("music/away", "../nowhere"),
            ("in", "music"),
            ("through", "in/out"),
            ("state/loop", "loop"),
        ] {
            symlink(target, folder.join(link)).unwrap();
        }
        for (path, expected) in [
            ("music", true),
            ("in", true),
            ("music/album/new/er", true),
            ("in/album", true),
            ("music/out", true),
            ("music/out/new", true),
            ("music/away", true),
            ("in/out", true),
            ("through", true),
            ("music/album/../../state", true),
            ("state/../music/album", true),
            ("state", false),
            ("state/loop", false),
            ("music/../state", false),
            ("in/../state/new", false),
            ("music2", false),
            ("nowhere/at/all", false),
        ] {
            assert_eq!(
                would_hide(&mountpoint, &folder.join(path)),
                expected,
                "{path}"
            );
        }
    }

    #[test]
    fn escaped_mountpoints_are_found() {
        check("/mnt/my music", Some("fuse.musicfs"));
    }

    #[test]
    fn the_topmost_mount_counts() {
        check("/mnt/a", Some("fuse.other"));
    }

    #[test]
    fn a_folder_below_a_mount_is_none() {
        check("/mnt/a/b", None);
    }
}
