//! Whose the folder of a library's state and edits is.
//!
//! A folder that was named by `state=` could be that of another library, whose edits would then be judged, and
//! undone, by the rows of this one. So the file `library` says whose it is: the device, the number and the
//! path of the database, as `2049 131077 /home/anna/Music/library.db`.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Seek, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::{ffi::OsString, str};

use anyhow::{Context, Result};

const FILE: &str = "library";

/// A folder that is another library's, or may be.
#[derive(Debug, thiserror::Error)]
#[error(
    "{folder} is where the edits, sizes and times of {theirs}{away} are kept, not those of {ours}: \
     name another folder (`-o state=FOLDER`, `--state FOLDER`), or, if they are one library that was \
     moved or copied, remove {folder}/{FILE}"
)]
pub(crate) struct Others {
    folder: String,
    theirs: String,
    away: &'static str,
    ours: String,
}

/// A database, however it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owner {
    device: u64,
    inode: u64,
    path: PathBuf,
}

/// Makes a folder, unless it is there, and notes that it is the library's from now on.
///
/// # Errors
///
/// [`Others`] if it is another library's, and what reading and writing there give.
pub(crate) fn claim(folder: &Path, library: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let ours = Owner::of(library)?;
    let path = folder.join(FILE);
    let mut options = File::options();
    options.read(true).write(true).create(true).mode(0o600);
    let noted = options.open(&path).and_then(|mut file| {
        // Two mounts that start at once are not to take it both.
        file.lock()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok((file, Owner::parse(&bytes)))
    });
    let (mut file, noted) = noted.with_context(|| path.display().to_string())?;
    if let Some(theirs) = &noted {
        ours.check(theirs, folder)?;
        if theirs.path != ours.path {
            let (from, to) = (theirs.path.display(), ours.path.display());
            tracing::info!(folder = %folder.display(), %from, %to, "the library was moved");
        }
    }
    if noted.as_ref() != Some(&ours) {
        let written = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(&ours.bytes()))
            .and_then(|()| file.sync_all());
        written.with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// Checks that a folder is the library's, or nobody's, as far as that is known.
///
/// # Errors
///
/// [`Others`] if it is another library's, and what reading there gives.
pub(crate) fn check(folder: &Path, library: &Path) -> Result<()> {
    let path = folder.join(FILE);
    match fs::read(&path) {
        Ok(bytes) => match Owner::parse(&bytes) {
            Some(theirs) => Ok(Owner::of(library)?.check(&theirs, folder)?),
            None => Ok(()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

impl Owner {
    fn of(library: &Path) -> Result<Self> {
        let of = || {
            let path = library.canonicalize()?;
            let metadata = fs::metadata(&path)?;
            Ok::<_, io::Error>(Self {
                device: metadata.dev(),
                inode: metadata.ino(),
                path,
            })
        };
        of().with_context(|| library.display().to_string())
    }

    /// Reads what was noted; what was cut short by a crash says nothing.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut words = bytes.strip_suffix(b"\n")?.splitn(3, |&byte| byte == b' ');
        let mut number = || str::from_utf8(words.next()?).ok()?.parse().ok();
        let (device, inode) = (number()?, number()?);
        let path = words.next()?.to_vec();
        let path = PathBuf::from(OsString::from_vec(path));
        Some(Self {
            device,
            inode,
            path,
        })
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} ", self.device, self.inode).into_bytes();
        bytes.extend_from_slice(self.path.as_os_str().as_bytes());
        bytes.push(b'\n');
        bytes
    }

    fn is_file(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }

    /// Checks that this is the library that was noted: at its path, whatever file that is by now, or the
    /// same file at another one, as where it was moved or is reached in another way.
    fn check(&self, noted: &Self, folder: &Path) -> Result<(), Others> {
        let there = Self::of(&noted.path);
        let is_same = match &there {
            Ok(there) => there.is_file(self),
            Err(_) => noted.is_file(self),
        };
        if is_same || noted.path == self.path {
            return Ok(());
        }
        Err(Others {
            folder: folder.display().to_string(),
            theirs: noted.path.display().to_string(),
            away: if there.is_ok() {
                ""
            } else {
                " (which is not there now)"
            },
            ours: self.path.display().to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two libraries, and a folder.
    fn place() -> (tempfile::TempDir, [PathBuf; 3]) {
        let root = tempfile::tempdir().unwrap();
        let [one, other, folder] =
            ["one.db", "other.db", "state"].map(|name| root.path().join(name));
        fs::write(&one, "one").unwrap();
        fs::write(&other, "other").unwrap();
        (root, [one, other, folder])
    }

    #[track_caller]
    fn check_refused(folder: &Path, library: &Path, reason: &str) {
        for refused in [claim(folder, library), check(folder, library)] {
            let error = refused.unwrap_err();
            assert!(error.is::<Others>(), "{error:#}");
            assert!(error.to_string().contains(reason), "{error}");
        }
    }

    #[test]
    fn it_is_whose_it_was_first() {
        let (_root, [one, other, folder]) = place();
        check(&folder, &one).unwrap();
        check(&folder, &other).unwrap();
        claim(&folder, &one).unwrap();
        claim(&folder, &one).unwrap();
        let both = format!(
            "of {} are kept, not those of {}",
            one.display(),
            other.display()
        );
        check_refused(&folder, &other, &both);
        // As the message says.
        fs::remove_file(folder.join(FILE)).unwrap();
        claim(&folder, &other).unwrap();
        check_refused(&folder, &one, "name another folder");
    }

    #[test]
    fn a_library_that_was_moved_is_the_same() {
        let (root, [one, other, folder]) = place();
        claim(&folder, &one).unwrap();
        let moved = root.path().join("moved\n .db");
        fs::rename(&one, &moved).unwrap();
        check_refused(&folder, &other, "one.db (which is not there now) are kept");
        check(&folder, &moved).unwrap();
        claim(&folder, &moved).unwrap();
        let link = root.path().join("link.db");
        fs::hard_link(&moved, &link).unwrap();
        claim(&folder, &link).unwrap();
        // And so is one that was put in its place.
        fs::copy(&other, &one).unwrap();
        fs::rename(&one, &link).unwrap();
        claim(&folder, &link).unwrap();
        check_refused(&folder, &moved, "link.db are kept");
    }

    #[test]
    fn what_was_cut_short_says_nothing() {
        let (_root, [one, other, folder]) = place();
        claim(&folder, &one).unwrap();
        let noted = fs::read(folder.join(FILE)).unwrap();
        for len in 0..noted.len() {
            fs::write(folder.join(FILE), &noted[..len]).unwrap();
            check(&folder, &other).unwrap();
        }
        claim(&folder, &other).unwrap();
        check_refused(&folder, &one, "other.db are kept");
    }
}
