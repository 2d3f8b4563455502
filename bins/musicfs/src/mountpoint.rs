//! Looks at a mountpoint before something is mounted there, and unmounts.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use fusefront::Unmounter;
use rustix::io::Errno;

use crate::mounts::Mounts;

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
pub(crate) fn prepare(path: &Path, may_hide_files: bool) -> Result<PathBuf> {
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
pub(crate) fn unmount(path: &Path, lazy: bool) -> Result<()> {
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

/// Refuses to read files on disk at `path` where a library of ours is mounted over them: what would be
/// read is what that shows.
///
/// # Errors
///
/// Then, or if the mount table cannot be read.
pub(crate) fn check_reachable(path: &Path) -> Result<()> {
    let real = resolve(path).unwrap_or_else(|_| real_path(path));
    let mounts = mounts()?;
    match mounts.of(&real) {
        Some(mount) if mount.kind == OURS => bail!(
            "the files on disk at {0} cannot be read, since a library is mounted over them at {1}; \
             unmount it first (`musicfs umount {1}`)",
            path.display(),
            mount.mountpoint.display()
        ),
        _ => Ok(()),
    }
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
    Ok(mounts()?.at(path).map(|mount| mount.kind.clone()))
}

fn mounts() -> Result<Mounts> {
    Mounts::read().context("cannot read /proc/self/mountinfo")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

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
}
