//! `musicfs materialize`: the mount's files as real ones.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use fixtures::Library;
use tempfile::TempDir;

use crate::disk::{Disk, Large};
use crate::support::{
    Mounted, PATIENCE, can_mount, eventually, execute, files_below, fixture, library_with, musicfs,
    refuse, run_to_end, send, served,
};

fn materializing(library: &Library, target: &Path, more: &[&str]) -> Command {
    let config = library.config();
    let mut args = vec![OsStr::new("materialize"), target.as_os_str()];
    args.extend([OsStr::new("--config"), config.as_os_str()]);
    args.extend(more.iter().map(OsStr::new));
    let mut command = musicfs();
    command.args(args).env("XDG_STATE_HOME", state(library));
    command
}

fn materialize(library: &Library, target: &Path, more: &[&str]) -> Output {
    run_to_end(materializing(library, target, more))
}

/// Where state is kept for the library, by the program and by mounts.
fn state(library: &Library) -> PathBuf {
    library.folder().join("xdg")
}

fn mount(library: &Library, more: &[&str]) -> Mounted {
    let place = TempDir::with_prefix("musicfs-mount-").unwrap();
    let mountpoint = place.path().join("mnt");
    fs::create_dir(&mountpoint).unwrap();
    let config = library.config();
    let mut args = vec![OsStr::new("--config"), config.as_os_str()];
    args.extend(more.iter().map(OsStr::new));
    let mut command = musicfs();
    command.env("XDG_STATE_HOME", state(library));
    Mounted::run(command, place, mountpoint, &args)
}

#[track_caller]
fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn copies_are_the_files_of_the_mount() {
    let Some(library) = fixture() else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("export");
    let output = materialize(&library, &target, &["--copy"]);
    assert!(output.status.success(), "{}", said(&output));
    let mounted = mount(&library, &[]);
    assert_same_files(&target, mounted.path());
    let files = files_below(&target);
    assert!(files.len() > 40, "{}", files.len());
    assert!(library.changed_origins().is_empty());
}

/// Files have the times that mounts tell that keep them in the same folder, and they are kept nowhere else.
#[test]
fn times_are_those_that_are_kept_where_that_is_said() {
    let Some(library) = fixture() else {
        return;
    };
    let kept = library.folder().join("kept");
    let case = "flac-every-field";
    let option = format!("state={}", kept.display());
    let mounted = mount(&library, &["-o", &option]);
    let name = served(&mounted, &library, case);
    let mtime = |path: &Path| fs::metadata(path).unwrap().mtime();
    let before = mtime(&name);
    // With other tags the time moves on.
    let sql = "UPDATE items SET isrc = 'MOVED', mtime = 0 WHERE id = ?1";
    let connection = rusqlite::Connection::open(library.database()).unwrap();
    let id = library.case(case).id;
    assert_eq!(connection.execute(sql, [id]).unwrap(), 1);
    eventually("the time moves", &mounted, || mtime(&name) > before);
    let (name, expected) = (name.strip_prefix(mounted.path()).unwrap(), mtime(&name));
    let name = name.to_owned();
    drop(mounted);
    drop(connection);
    // What else the time could be told by says something else.
    let database = fs::File::options().write(true).open(library.database());
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    database.unwrap().set_modified(long_ago).unwrap();
    let folder = TempDir::new().unwrap();
    let output = materialize(
        &library,
        folder.path(),
        &["--copy", "--state", kept.to_str().unwrap()],
    );
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(mtime(&folder.path().join(name)), expected);
    assert!(!state(&library).exists());
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

const VIEWS: &str = "
musicfs:
  views:
    One: $id
    Two: {path: two/$id, id3v23: yes}
    Three: three/$id
    Four: $title/$id
";

/// Has the file of an item take a while to be written.
fn make_long(library: &Library, case: &str) {
    let origin = library.origin(library.case(case));
    let mut file = fs::File::options().append(true).open(origin).unwrap();
    file.write_all(&Large::noise()).unwrap();
}

/// Checks that a folder holds what the mount does, and nothing else.
#[track_caller]
fn assert_same_files(target: &Path, mounted: &Path) {
    let files = files_below(target);
    assert_eq!(files, files_below(mounted));
    for file in &files {
        let (here, there, file) = (target.join(file), mounted.join(file), file.display());
        assert!(
            fs::read(&here).unwrap() == fs::read(&there).unwrap(),
            "{file}"
        );
        let mtime = |path: &Path| fs::metadata(path).unwrap().mtime();
        assert_eq!(mtime(&here), mtime(&there), "{file}");
    }
}

#[test]
fn the_files_of_an_item_in_several_views_are_each_its_own() {
    if !can_mount() {
        return;
    }
    let library = library_with(VIEWS);
    make_long(&library, "mp3-plain");
    let only = ["-q", &format!("id:{}", library.case("mp3-plain").id)];
    let mounted = mount(&library, &only);
    for _ in 0..5 {
        let folder = TempDir::new().unwrap();
        let output = materialize(&library, folder.path(), &[&["--copy"], &only[..]].concat());
        assert!(output.status.success(), "{output:?}");
        assert_eq!(files_below(folder.path()).len(), 4);
        assert_same_files(folder.path(), mounted.path());
    }
}

/// Kills the program in the middle of a file.
fn kill_in_the_middle(mut child: Child, target: &Path) {
    let is_partial = |path: &PathBuf| path.extension().is_some_and(|word| word == "partial");
    let is_in_the_middle = || target.is_dir() && files_below(target).iter().any(is_partial);
    let start = Instant::now();
    loop {
        assert_eq!(child.try_wait().unwrap(), None, "it ended too early");
        assert!(start.elapsed() < PATIENCE, "it begins no file");
        // Stopped, so that it is still there when it is killed.
        send("STOP", child.id());
        if is_in_the_middle() {
            break;
        }
        send("CONT", child.id());
        sleep(Duration::from_millis(2));
    }
    send("KILL", child.id());
    child.wait().unwrap();
    assert!(is_in_the_middle());
}

#[test]
fn a_run_that_was_killed_is_taken_up_by_the_next() {
    if !can_mount() {
        return;
    }
    let library = library_with(VIEWS);
    make_long(&library, "mp3-plain");
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("export");
    let mut command = materializing(&library, &target, &["--copy"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    kill_in_the_middle(command.spawn().unwrap(), &target);
    // Not ours, however much it looks so.
    let other = target.join(".musicfs-a.partial");
    fs::write(&other, "somebody else's").unwrap();
    let output = materialize(&library, &target, &["--copy"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(fs::read(&other).unwrap(), b"somebody else's");
    fs::remove_file(other).unwrap();
    assert_same_files(&target, mount(&library, &[]).path());
}

#[test]
fn a_file_that_has_its_name_on_xfs_is_on_the_disk() {
    let Some(disk) = Disk::new("mkfs.xfs") else {
        return;
    };
    let Some(library) = fixture() else {
        return;
    };
    let target = disk.path().join("export");
    for _ in 0..2 {
        let output = materialize(&library, &target, &["--copy"]);
        assert!(output.status.success(), "{}", said(&output));
        disk.lose_power();
        assert_same_files(&target, mount(&library, &[]).path());
    }
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
    assert!(everything_below(folder.path()).is_empty());
}

/// Has materializing refused, whatever it is told about the target.
#[track_caller]
fn refuse_target(library: &Library, target: &Path) -> String {
    let config = library.config();
    refuse(&[
        OsStr::new("materialize"),
        target.as_os_str(),
        OsStr::new("--config"),
        config.as_os_str(),
    ])
}

/// Returns every path below a folder, with those of folders.
fn everything_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                left.push(entry.path());
            }
            found.push(entry.path());
        }
    }
    found.sort();
    found
}

#[test]
fn nothing_is_written_into_the_library() {
    let library = Library::copy_to_temp();
    let folder = TempDir::new().unwrap();
    let link = folder.path().join("link");
    symlink(library.music(), &link).unwrap();
    let before = everything_below(&library.music());
    for target in [
        library.music(),
        library.music().join("export/deep"),
        library
            .music()
            .join("../")
            .join(library.music().file_name().unwrap())
            .join("export"),
        link.join("export"),
    ] {
        let said = refuse_target(&library, &target);
        assert!(said.contains("lies in the library's own folder"), "{said}");
    }
    let nowhere = folder.path().join("none/../export");
    let said = refuse_target(&library, &nowhere);
    assert!(said.contains("cannot resolve"), "{said}");
    assert_eq!(everything_below(&library.music()), before);
    assert_eq!(everything_below(folder.path()), [link]);
}

#[test]
fn no_link_in_the_folder_leads_into_the_library() {
    let library = Library::copy_to_temp();
    let folder = TempDir::new().unwrap();
    let before = everything_below(&library.music());
    // Every name of a folder at the top leads there.
    let shown = TempDir::new().unwrap();
    assert!(
        materialize(&library, shown.path(), &["--copy"])
            .status
            .success()
    );
    for entry in fs::read_dir(shown.path()).unwrap() {
        let entry = entry.unwrap();
        symlink(library.music(), folder.path().join(entry.file_name())).unwrap();
    }
    let output = materialize(&library, folder.path(), &["--copy"]);
    assert_eq!(output.status.code(), Some(1));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(printed.contains("is a link that leads out of"), "{printed}");
    assert!(
        said(&output).contains("0 files written"),
        "{}",
        said(&output)
    );
    assert_eq!(everything_below(&library.music()), before);
    assert!(library.changed_origins().is_empty());
}

#[test]
fn edited_files_have_the_times_that_mounts_tell() {
    let Some(library) = fixture() else {
        return;
    };
    let id = library.case("flac-plain").id;
    let edit = format!("UPDATE items SET comments = 'new', mtime = 0 WHERE id = {id}");
    execute(&library, &edit);
    let folder = TempDir::new().unwrap();
    let only = ["--copy", "-q", &format!("id:{id}")];
    assert!(materialize(&library, folder.path(), &only).status.success());
    let file = files_below(folder.path()).remove(0);
    let mtime = |path: &Path| fs::metadata(path).unwrap().mtime();
    let before = mtime(&folder.path().join(&file));
    // A change of anything else makes the database newer.
    let database = fs::File::options().write(true).open(library.database());
    let later = SystemTime::now() + Duration::from_secs(1000);
    database.unwrap().set_modified(later).unwrap();
    let mounted = mount(&library, &[]);
    assert_eq!(mtime(&mounted.path().join(&file)), before);
    drop(mounted);
    let output = materialize(&library, folder.path(), &only);
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        said(&output).contains("1 there already"),
        "{}",
        said(&output)
    );
}

/// A retagged file of 17 MB takes tens of KiB on a filesystem that shares extents.
fn check_sharing(mkfs: &str) {
    let Some(large) = Large::new(mkfs) else {
        return;
    };
    let Large { disk, library, .. } = &large;
    let (query, directory) = (large.query(), large.music());
    let directory = directory.to_str().unwrap();
    let before = disk.used();
    let target = disk.path().join("export");
    let output = materialize(library, &target, &["-q", &query, "--directory", directory]);
    assert!(output.status.success(), "{}", said(&output));
    let more = disk.used() - before;
    assert!(more < 200 << 10, "{more} bytes more");
    let files = files_below(&target);
    assert_eq!(files.len(), 1);
    let written = fs::read(target.join(&files[0])).unwrap();
    let origin = fs::read(large.origin()).unwrap();
    assert!(written.ends_with(&Large::noise()) && written != origin);
    let mounted = mount(library, &["-q", &query, "--directory", directory]);
    assert!(fs::read(mounted.path().join(&files[0])).unwrap() == written);
}

#[test]
fn audio_is_shared_on_xfs() {
    check_sharing("mkfs.xfs");
}

#[test]
fn audio_is_shared_on_btrfs() {
    check_sharing("mkfs.btrfs");
}
