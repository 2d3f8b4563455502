//! Edited files that were not taken, kept for whoever wants their tags back.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::iter;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use splice::ReadAt;

/// How many bytes of files are kept; the oldest go first.
const MOST_BYTES: u64 = 2 << 30;
/// How many files are kept.
const MOST_FILES: usize = 1000;
/// How much is copied at once.
const CHUNK: usize = 1 << 20;
/// How many bytes of a name are kept.
const LONGEST_NAME: usize = 160;

/// Copies a file to the folder, and returns its name there, which begins with its number.
///
/// # Errors
///
/// What reading and writing give, and [`io::ErrorKind::FileTooLarge`] for what is larger than all that
/// is kept.
pub(super) fn keep(
    folder: &Path,
    id: i64,
    path: &Path,
    file: &(impl ReadAt + ?Sized),
) -> io::Result<String> {
    if file.len() > MOST_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    make_room(folder, file.len())?;
    let (name, out) = create(folder, &name(id, path))?;
    let written = write(out, file);
    if written.is_err() {
        let _ = fs::remove_file(folder.join(&name));
    }
    written.map(|()| name)
}

/// Makes a file of this name, or of one like it: a journal that was lost began to count anew.
fn create(folder: &Path, name: &str) -> io::Result<(String, File)> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let names = (1..).map(|n| format!("{name}.{n}"));
    for name in iter::once(name.to_owned()).chain(names) {
        match options.open(folder.join(&name)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|out| (name, out)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn write(mut out: File, file: &(impl ReadAt + ?Sized)) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    let mut at = 0;
    while at < file.len() {
        let n = file.read_at(&mut buffer, at)?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        out.write_all(&buffer[..n])?;
        at += n as u64;
    }
    out.sync_all()
}

/// Returns the number, and the file's name as far as it is text.
fn name(id: i64, path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut start = name.len().saturating_sub(LONGEST_NAME);
    while !name.is_char_boundary(start) {
        start += 1;
    }
    format!("{id}-{}", &name[start..])
}

/// Removes the oldest files until there is room for one of `len` bytes.
fn make_room(folder: &Path, len: u64) -> io::Result<()> {
    let mut files: Vec<(i64, PathBuf, u64)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.split_once('-'));
        // What is not ours stays, and does not count.
        if let Some(number) = number.and_then(|(number, _)| number.parse().ok()) {
            files.push((number, entry.path(), entry.metadata()?.len()));
        }
    }
    files.sort();
    let mut left = files.iter().map(|(.., len)| len).sum::<u64>();
    let mut n_left = files.len();
    for (_, path, bytes) in files {
        if left + len <= MOST_BYTES && n_left < MOST_FILES {
            break;
        }
        fs::remove_file(path)?;
        left -= bytes;
        n_left -= 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_which_edit_and_which_file() {
        assert_eq!(name(7, Path::new("/a/b.mp3")), "7-b.mp3");
        let long = format!("/{}.flac", "ü".repeat(200));
        let name = name(7, Path::new(&long));
        assert!(name.len() < 200 && name.ends_with("ü.flac"), "{name}");
    }

    #[test]
    fn what_is_kept_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let keep = |bytes: &[u8]| keep(folder.path(), 1, Path::new("/x"), bytes).unwrap();
        let names = [keep(b"one"), keep(b"two"), keep(b"three")];
        assert_eq!(names, ["1-x", "1-x.1", "1-x.2"]);
        let read = names.map(|name| fs::read(folder.path().join(name)).unwrap());
        assert_eq!(read, [&b"one"[..], b"two", b"three"]);
    }

    #[test]
    fn the_oldest_files_go_first() {
        let folder = tempfile::tempdir().unwrap();
        for id in [10, 9, 8] {
            keep(folder.path(), id, Path::new("/x"), &b"bytes"[..]).unwrap();
        }
        fs::write(folder.path().join("mine"), "mine").unwrap();
        make_room(folder.path(), MOST_BYTES - 11).unwrap();
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["10-x", "9-x", "mine"]);
        make_room(folder.path(), MOST_BYTES).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
