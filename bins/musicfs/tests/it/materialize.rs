//! `musicfs materialize`: the mount's files as real ones.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fixtures::Library;
use tempfile::TempDir;

use crate::support::{Mounted, can_mount, files_below, refuse, run};

fn materialize(library: &Library, target: &Path, more: &[&str]) -> Output {
    let config = library.config();
    let mut args = vec![OsStr::new("materialize"), target.as_os_str()];
    args.extend([OsStr::new("--config"), config.as_os_str()]);
    args.extend(more.iter().map(OsStr::new));
    run(&args)
}

#[track_caller]
fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn copies_are_the_files_of_the_mount() {
    if !can_mount() {
        return;
    }
    let library = Library::copy_to_temp();
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("export");
    let output = materialize(&library, &target, &["--copy"]);
    assert!(output.status.success(), "{}", said(&output));
    let mounted = Mounted::library(&library, &[]);
    let files = files_below(&target);
    assert_eq!(files, files_below(mounted.path()));
    assert!(files.len() > 40, "{}", files.len());
    for file in &files {
        let (here, there) = (target.join(file), mounted.path().join(file));
        assert!(
            fs::read(&here).unwrap() == fs::read(&there).unwrap(),
            "{file:?}"
        );
        let mtime = |path: &Path| fs::metadata(path).unwrap().mtime();
        assert_eq!(mtime(&here), mtime(&there), "{file:?}");
    }
    assert!(library.changed_origins().is_empty());
}

#[test]
fn a_run_that_was_ended_is_taken_up_and_nothing_is_written_over() {
    let library = Library::copy_to_temp();
    let folder = TempDir::new().unwrap();
    let target = folder.path();
    let n = library.items().len();
    assert!(materialize(&library, target, &["--copy"]).status.success());
    let files = files_below(target);
    let (lost, other) = (target.join(&files[0]), target.join(&files[1]));
    fs::remove_file(&lost).unwrap();
    fs::write(&other, b"somebody else's").unwrap();
    let output = materialize(&library, target, &["--copy"]);
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(said.contains("1 files written"), "{said}");
    assert!(
        said.contains(&format!("{} there already, 1 names taken, 0 failed", n - 2)),
        "{said}"
    );
    assert!(lost.exists());
    assert_eq!(fs::read(&other).unwrap(), b"somebody else's");
    assert_eq!(files_below(target), files);
}

#[test]
fn where_nothing_can_be_shared_copying_must_be_asked_for() {
    let library = Library::copy_to_temp();
    // Another filesystem than that of the library, whichever that is.
    let folder = TempDir::new_in("/dev/shm").unwrap();
    let output = materialize(&library, folder.path(), &["-q", "format:FLAC"]);
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(said.contains("add --copy to copy them"), "{said}");
    assert!(files_below(folder.path()).is_empty());
}

#[test]
fn nothing_is_written_into_the_library() {
    let library = Library::copy_to_temp();
    let target = library.music().join("export");
    let (config, target) = (library.config(), target.as_os_str().to_owned());
    let args = [
        "materialize".as_ref(),
        &*target,
        "--config".as_ref(),
        config.as_os_str(),
    ];
    let said = refuse(&args);
    assert!(said.contains("lies in the library's own folder"), "{said}");
}

/// A filesystem in a file, unmounted when dropped.
struct Disk {
    folder: TempDir,
}

impl Disk {
    /// Makes one with `mkfs`, or says loudly why there is none.
    fn new(mkfs: &str) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            eprintln!("NOT CHECKED on {mkfs}: only root can mount it");
            return None;
        }
        let mut make = fixtures::tool(mkfs)?;
        let disk = Self {
            folder: TempDir::with_prefix("musicfs-disk-").unwrap(),
        };
        let image = disk.folder.path().join("image");
        fs::File::create(&image)
            .unwrap()
            .set_len(400 << 20)
            .unwrap();
        fs::create_dir(disk.path()).unwrap();
        let output = make.arg(&image).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let mut mount = Command::new("mount");
        let mounted = mount
            .args(["-o", "loop"])
            .arg(&image)
            .arg(disk.path())
            .output()
            .unwrap();
        assert!(mounted.status.success(), "{mounted:?}");
        Some(disk)
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// Returns how many bytes are in use.
    fn used(&self) -> u64 {
        rustix::fs::syncfs(fs::File::open(self.path()).unwrap()).unwrap();
        let facts = rustix::fs::statvfs(self.path()).unwrap();
        (facts.f_blocks - facts.f_bfree) * facts.f_frsize
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}

/// A retagged file of 17 MB takes tens of KiB on a filesystem that shares extents.
fn check_sharing(mkfs: &str) {
    const AUDIO: usize = 17 << 20;
    let Some(disk) = Disk::new(mkfs) else { return };
    let library = Library::copy_to_temp();
    let item = library.case("flac-every-field");
    let music = disk.path().join("music");
    let origin = music.join(&item.path);
    fs::create_dir_all(origin.parent().unwrap()).unwrap();
    fs::copy(library.origin(item), &origin).unwrap();
    let mut file = OpenOptions::new().append(true).open(&origin).unwrap();
    let noise: Vec<u8> = (0..=250).cycle().take(AUDIO).collect();
    file.write_all(&noise).unwrap();
    let before = disk.used();
    let target = disk.path().join("export");
    let query = format!("id:{}", item.id);
    let directory = music.to_str().unwrap();
    let output = materialize(&library, &target, &["-q", &query, "--directory", directory]);
    assert!(output.status.success(), "{}", said(&output));
    let more = disk.used() - before;
    assert!(more < 200 << 10, "{more} bytes more");
    let files = files_below(&target);
    assert_eq!(files.len(), 1);
    let written = fs::read(target.join(&files[0])).unwrap();
    let origin = fs::read(&origin).unwrap();
    assert!(written.ends_with(&noise) && written != origin);
    let mounted = Mounted::library(&library, &["-q", &query, "--directory", directory]);
    assert!(fs::read(mounted.path().join(&files[0])).unwrap() == written);
}

#[test]
fn xfs_shares_the_audio() {
    check_sharing("mkfs.xfs");
}

#[test]
fn btrfs_shares_the_audio() {
    check_sharing("mkfs.btrfs");
}
