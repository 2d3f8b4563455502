//! What is said, and what goes on, when something is wrong.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{FileExt, symlink};
use std::path::{Path, PathBuf};
use std::thread;

use rustix::io::Errno;
use tempfile::TempDir;

use crate::support::{self, Mounted, can_mount, files_below, musicfs, refuse, run_to_end, served};

/// A folder with a configuration and a place to mount on.
fn folder(config: &str) -> (TempDir, PathBuf, PathBuf) {
    let folder = TempDir::with_prefix("musicfs-errors-").unwrap();
    let file = folder.path().join("config.yaml");
    fs::write(&file, config).unwrap();
    let mountpoint = folder.path().join("mnt");
    fs::create_dir(&mountpoint).unwrap();
    (folder, file, mountpoint)
}

/// Mounts, which must be refused for these reasons.
#[track_caller]
fn refused(config: &Path, mountpoint: &Path, more: &[&str], reasons: &[&str]) {
    let mut args = vec![
        OsStr::new("mount"),
        mountpoint.as_os_str(),
        OsStr::new("--config"),
    ];
    args.push(config.as_os_str());
    args.extend(more.iter().map(OsStr::new));
    let message = refuse(&args);
    for reason in reasons {
        assert!(message.contains(reason), "{message:?} lacks {reason:?}");
    }
}

#[test]
fn a_missing_database_is_named() {
    let (_folder, config, mountpoint) = folder("library: absent.db\n");
    refused(&config, &mountpoint, &[], &["absent.db", "no such file"]);
}

#[test]
fn a_missing_configuration_is_named() {
    let (folder, _, mountpoint) = folder("");
    refused(
        &folder.path().join("absent.yaml"),
        &mountpoint,
        &[],
        &["absent.yaml"],
    );
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let (folder, config, mountpoint) = folder("library: notes.txt\n");
    fs::write(folder.path().join("notes.txt"), "buy milk\n".repeat(1000)).unwrap();
    refused(
        &config,
        &mountpoint,
        &[],
        &["notes.txt", "not an SQLite database"],
    );
}

#[test]
fn a_database_of_another_program_is_named() {
    let (folder, config, mountpoint) = folder("library: other.db\n");
    let database = rusqlite::Connection::open(folder.path().join("other.db")).unwrap();
    database
        .execute_batch("CREATE TABLE songs (name TEXT)")
        .unwrap();
    refused(
        &config,
        &mountpoint,
        &[],
        &["other.db", "not a beets library"],
    );
}

#[test]
fn a_template_that_is_no_text_is_named() {
    let (_folder, config, mountpoint) = folder("paths:\n  default: [a, b]\n");
    refused(&config, &mountpoint, &[], &["config.yaml", "paths.default"]);
}

#[test]
fn a_template_nested_too_deeply_is_pointed_at() {
    let library = fixtures::Library::copy_to_temp();
    let (_folder, _, mountpoint) = folder("");
    let template = format!("$album/{}x{}", "%upper{".repeat(5000), "}".repeat(5000));
    refused(
        &library.config(),
        &mountpoint,
        &["--path-format", &template],
        &["path-format", "^"],
    );
}

#[test]
fn a_malformed_template_is_pointed_at_and_taken_as_beets_takes_it() {
    let library = fixtures::Library::copy_to_temp();
    let config = library.config();
    let output = support::musicfs()
        .args([
            "paths",
            "-q",
            "singleton:true title:Alone",
            "--path-format",
            "$title %upper{$artist",
        ])
        .arg("--config")
        .arg(&config)
        .output()
        .unwrap();
    assert!(output.status.success());
    let names = String::from_utf8(output.stdout).unwrap();
    assert_eq!(names, "1\tAlone %upper{$artist.mp3\n");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("%upper{$artist") && said.contains('^'),
        "{said}"
    );
}

#[test]
fn a_bad_query_is_pointed_at() {
    let library = fixtures::Library::copy_to_temp();
    let (_folder, _, mountpoint) = folder("");
    refused(
        &library.config(),
        &mountpoint,
        &["-q", "artist:Can year:199x"],
        &[
            "musicfs: --query: \"199x\" is not a number",
            "\n  artist:Can year:199x\n             ^^^^^^^^^\n",
        ],
    );
}

#[test]
fn a_bad_query_of_a_rule_is_found_in_the_configuration() {
    for (query, reason) in [
        ("year:199x", "is not a number"),
        ("added:foo..", "is not a valid date"),
        ("title::[", "unterminated character set"),
        ("title::(?<=a*)b", "look-behind"),
        ("length:1:2:3", "is not a duration"),
        ("artist:x, ^year:x..3", "is not a number"),
        ("a \"b", "never closed"),
        ("a\\", "nothing follows this backslash"),
        ("playlist:x", "playlist"),
    ] {
        let config = format!(
            "library: library.db\nplugins: playlist\n\
             paths:\n  default: $title\n  '{query}': $artist\n"
        );
        let (folder, config, mountpoint) = folder(&config);
        let library = fixtures::Library::copy_to_temp();
        let database = fs::read(library.config().with_file_name("library.db")).unwrap();
        fs::write(folder.path().join("library.db"), database).unwrap();
        let place = format!("config.yaml:5:3: paths: {query}: ");
        let picture = format!("\n  {query}\n  ");
        refused(&config, &mountpoint, &[], &[&place, reason, &picture, "^"]);
    }
}

#[test]
fn a_mountpoint_must_exist_be_a_folder_and_be_empty() {
    let library = fixtures::Library::copy_to_temp();
    let (folder, _, mountpoint) = folder("");
    let config = library.config();
    refused(
        &config,
        &folder.path().join("absent"),
        &[],
        &["absent", "does not exist", "mkdir"],
    );
    refused(&config, &config, &[], &["config.yaml", "not a directory"]);
    fs::write(mountpoint.join("file"), "").unwrap();
    refused(&config, &mountpoint, &[], &["not empty", "nonempty"]);
}

#[test]
fn a_mountpoint_that_is_mounted_already_is_refused() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let mounted = Mounted::library(&library, &[]);
    refused(
        &library.config(),
        mounted.path(),
        &[],
        &["already a mountpoint", "umount"],
    );
    assert_eq!(files_below(mounted.path()).len(), library.items().len());
}

#[test]
fn a_stale_mount_is_replaced() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let mut dead = Mounted::library(&library, &[]);
    support::send("KILL", dead.pid());
    assert!(!dead.wait().success());
    assert!(
        support::is_mounted(dead.path()),
        "a stale mount is what this is about"
    );
    let folder = TempDir::with_prefix("musicfs-errors-").unwrap();
    let config = library.config();
    let args = [OsStr::new("--config"), config.as_os_str()];
    let mounted = Mounted::start_on(folder, dead.path().to_owned(), &args);
    assert_eq!(files_below(mounted.path()).len(), library.items().len());
    mounted.stop_by("TERM");
}

#[test]
fn what_is_not_mounted_cannot_be_unmounted() {
    let (_folder, _, mountpoint) = folder("");
    let message = refuse(&[OsStr::new("umount"), mountpoint.as_os_str()]);
    assert!(message.contains("nothing is mounted"), "{message}");
}

#[test]
fn an_unknown_mount_option_is_named() {
    let (_folder, config, mountpoint) = folder("");
    refused(
        &config,
        &mountpoint,
        &["-o", "allow_others"],
        &["allow_others"],
    );
}

/// Checks that a file cannot be opened, that the reason is logged, and that its name stays.
#[track_caller]
fn unreadable(mounted: &Mounted, path: &Path, reason: &str) {
    for _ in 0..2 {
        let error = File::open(path).expect_err("must fail");
        assert_eq!(
            error.raw_os_error(),
            Some(Errno::IO.raw_os_error()),
            "{error}"
        );
    }
    let listed = fs::read_dir(path.parent().unwrap()).unwrap();
    assert!(
        listed
            .map(|entry| entry.unwrap().path())
            .any(|there| there == path)
    );
    let log = mounted.log();
    assert_eq!(
        log.matches(reason).count(),
        1,
        "{reason:?} is not logged once: {log}"
    );
}

#[test]
fn a_missing_origin_keeps_its_name() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let mounted = Mounted::library(&library, &[]);
    fs::remove_file(library.origin(library.case("mp3-plain"))).unwrap();
    unreadable(
        &mounted,
        &served(&mounted, &library, "mp3-plain"),
        "No such file",
    );
    assert_eq!(files_below(mounted.path()).len(), library.items().len());
}

#[test]
fn a_missing_origin_that_was_seen_keeps_its_size() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let mounted = Mounted::library(&library, &[]);
    let path = served(&mounted, &library, "flac-outgrown");
    let before = fs::metadata(&path).unwrap();
    fs::remove_file(library.origin(library.case("flac-outgrown"))).unwrap();
    unreadable(&mounted, &path, "No such file");
    let after = fs::metadata(&path).unwrap();
    assert_eq!(after.len(), before.len());
    assert_eq!(after.modified().unwrap(), before.modified().unwrap());
}

#[test]
fn an_origin_that_is_no_file_is_unreadable() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let mounted = Mounted::library(&library, &[]);
    let origin = library.origin(library.case("mp3-plain"));
    fs::remove_file(&origin).unwrap();
    fs::create_dir(&origin).unwrap();
    unreadable(
        &mounted,
        &served(&mounted, &library, "mp3-plain"),
        "not a regular file",
    );
}

#[test]
fn an_origin_truncated_before_it_is_opened_is_served_as_far_as_it_goes() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let origin = library.origin(library.case("flac-plain"));
    File::options()
        .write(true)
        .open(&origin)
        .unwrap()
        .set_len(30)
        .unwrap();
    let mounted = Mounted::library(&library, &[]);
    let path = served(&mounted, &library, "flac-plain");
    assert_eq!(fs::read(&path).unwrap(), fs::read(&origin).unwrap());
    assert!(
        mounted.log().contains("served as it is"),
        "{}",
        mounted.log()
    );
}

#[test]
fn a_malformed_origin_is_served_as_it_is() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let origin = library.origin(library.case("mp3-plain"));
    let garbage = b"not music at all, ".repeat(2000);
    fs::write(&origin, &garbage).unwrap();
    let mounted = Mounted::library(&library, &[]);
    assert_eq!(
        fs::read(served(&mounted, &library, "mp3-plain")).unwrap(),
        garbage
    );
    assert!(
        mounted.log().contains("served as it is"),
        "{}",
        mounted.log()
    );
}

#[test]
fn an_origin_truncated_while_it_is_open_is_an_error_and_never_other_bytes() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let origin = library.origin(library.case("mp3-plain"));
    let mut bytes = fs::read(&origin).unwrap();
    // Far beyond what the kernel reads ahead.
    let frames = bytes[bytes.len() - 4000..].repeat(2000);
    bytes.extend(frames);
    fs::write(&origin, &bytes).unwrap();
    let mounted = Mounted::library(&library, &[]);
    let mut file = File::open(served(&mounted, &library, "mp3-plain")).unwrap();
    let mut start = [0; 100];
    file.read_exact(&mut start).unwrap();
    File::options()
        .write(true)
        .open(&origin)
        .unwrap()
        .set_len(10_000)
        .unwrap();
    let mut buf = [0; 4096];
    let error = file.read_at(&mut buf, 6_000_000).expect_err("must fail");
    assert_eq!(
        error.raw_os_error(),
        Some(Errno::IO.raw_os_error()),
        "{error}"
    );
    assert!(mounted.log().contains("origin"), "{}", mounted.log());
}

/// Mounts the fixture library with the path of one item leading into the mount, by `path` from the
/// mountpoint and the item's place in the mount, and checks that only that item is unreadable.
#[track_caller]
fn inside_the_mount(path: impl Fn(&Path, &Path) -> PathBuf) {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let folder = TempDir::with_prefix("musicfs-errors-").unwrap();
    let mountpoint = folder.path().join("mnt");
    fs::create_dir(&mountpoint).unwrap();
    let item = library.case("mp3-plain");
    let inside = mountpoint.join(&item.destination);
    let path = path(folder.path(), &inside);
    let database = rusqlite::Connection::open(library.database()).unwrap();
    let row = (path.as_os_str().as_encoded_bytes(), item.id);
    database
        .execute("UPDATE items SET path = ?1 WHERE id = ?2", row)
        .unwrap();
    drop(database);
    let config = library.config();
    let args = [OsStr::new("--config"), config.as_os_str()];
    let mounted = Mounted::start_on(folder, mountpoint, &args);
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                let error = File::open(&inside).expect_err("must fail");
                let expected = Some(Errno::IO.raw_os_error());
                assert_eq!(error.raw_os_error(), expected, "{error}");
            });
        }
    });
    assert!(
        mounted.log().contains("inside the mount"),
        "{}",
        mounted.log()
    );
    let other = served(&mounted, &library, "mp3-v24");
    assert!(!fs::read(other).unwrap().is_empty());
    mounted.stop_by("TERM");
}

#[test]
fn an_origin_that_is_its_own_virtual_file_is_refused_and_stops_nobody() {
    inside_the_mount(|_, inside| inside.to_owned());
}

#[test]
fn an_origin_below_its_own_virtual_file_is_refused() {
    inside_the_mount(|_, inside| inside.join("z.mp3"));
}

#[test]
fn an_origin_that_is_a_link_into_the_mount_is_refused() {
    inside_the_mount(|folder, inside| {
        let link = folder.join("link.mp3");
        std::os::unix::fs::symlink(inside, &link).unwrap();
        link
    });
}

#[test]
fn an_origin_behind_a_linked_folder_in_the_mount_is_refused() {
    inside_the_mount(|folder, inside| {
        let link = folder.join("linked");
        std::os::unix::fs::symlink(inside.parent().unwrap(), &link).unwrap();
        link.join(inside.file_name().unwrap())
    });
}

#[test]
fn an_origin_behind_links_is_found() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let origin = library.origin(library.case("ogg-every-field"));
    let moved = library.folder().join("moved.ogg");
    fs::rename(&origin, &moved).unwrap();
    std::os::unix::fs::symlink("../loop/../moved.ogg", library.folder().join("music/hop")).unwrap();
    fs::create_dir(library.folder().join("loop")).unwrap();
    std::os::unix::fs::symlink("../hop", &origin).unwrap();
    let mounted = Mounted::library(&library, &[]);
    let bytes = fs::read(served(&mounted, &library, "ogg-every-field")).unwrap();
    let origin = fs::read(moved).unwrap();
    assert!(bytes.ends_with(&origin[origin.len() - 700..]));
}

#[test]
fn a_link_to_itself_is_unreadable() {
    if !can_mount() {
        return;
    }
    let library = fixtures::Library::copy_to_temp();
    let origin = library.origin(library.case("mp3-plain"));
    fs::remove_file(&origin).unwrap();
    std::os::unix::fs::symlink(&origin, &origin).unwrap();
    let mounted = Mounted::library(&library, &[]);
    unreadable(
        &mounted,
        &served(&mounted, &library, "mp3-plain"),
        "symbolic links",
    );
}

#[test]
fn nothing_to_mount_is_an_error_unless_it_is_meant() {
    let library = fixtures::Library::copy_to_temp();
    let (_folder, _, mountpoint) = folder("");
    let query = ["-q", "artist:nobody"];
    refused(
        &library.config(),
        &mountpoint,
        &query,
        &["no item", "allow_empty"],
    );
    if can_mount() {
        let mounted = Mounted::library(&library, &["-q", "artist:nobody", "-o", "allow_empty"]);
        assert!(files_below(mounted.path()).is_empty());
    }
}

#[test]
fn a_mount_that_would_hide_its_own_database_is_refused() {
    let library = fixtures::Library::copy_to_temp();
    let folder = library.folder().to_str().unwrap();
    let config = library.config();
    let config = ["--config", config.to_str().unwrap()];
    let error = refuse(&["mount", folder, "-o", "nonempty", config[0], config[1]]);
    assert!(error.contains("would hide its own database"), "{error}");
}

#[test]
fn a_mount_that_would_hide_its_own_state_is_refused() {
    let library = fixtures::Library::copy_to_temp();
    let (config, music) = (library.config(), library.folder().join("music"));
    let (config, mountpoint) = (config.to_str().unwrap(), music.to_str().unwrap());
    // Neither is there yet.
    let named = format!("nonempty,rw,state={mountpoint}/.state/musicfs");
    let refused = |options: &str, home: &Path| {
        let mut command = musicfs();
        command.env("XDG_STATE_HOME", home);
        command.args(["mount", mountpoint, "-o", options, "--config", config]);
        let output = run_to_end(command);
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let elsewhere = library.folder().join("home");
    for (options, home) in [
        (named.as_str(), elsewhere.as_path()),
        ("nonempty", &music.join(".state")),
    ] {
        let error = refused(options, home);
        let expected = format!("would hide its own state folder, {mountpoint}/.state/musicfs");
        assert!(error.contains(&expected), "{error}");
        assert!(error.contains("`-o state=FOLDER`"), "{error}");
        assert!(!music.join(".state").exists());
    }
    // Nor can what lies outside be reached through what is hidden.
    let outside = library.folder().join("outside");
    fs::create_dir(&outside).unwrap();
    symlink(&outside, music.join("st")).unwrap();
    let error = refused(&format!("nonempty,rw,state={mountpoint}/st"), &elsewhere);
    let expected = format!("would hide its own state folder, {mountpoint}/st;");
    assert!(error.contains(&expected), "{error}");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}
