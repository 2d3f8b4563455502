//! A mount that follows its library.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use fixtures::Library;
use rusqlite::Connection;

use crate::support::{
    self, Mounted, beet_says, eventually, execute, files_below, fixture_mounted, served,
};

/// Returns the names that `musicfs paths` gives, sorted.
fn expected(library: &Library) -> Vec<PathBuf> {
    let config = library.config();
    let paths = support::paths(&["--config".as_ref(), config.as_os_str()]);
    let mut paths: Vec<PathBuf> = paths.into_iter().map(|entry| entry.path).collect();
    paths.sort();
    paths
}

#[track_caller]
fn shows_what_it_should(mounted: &Mounted, library: &Library) {
    let names = expected(library);
    eventually("the tree of the database", mounted, || {
        files_below(mounted.path()) == names
    });
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

#[test]
fn a_title_that_changes_renames_and_retags_the_file() {
    let Some((library, mounted)) = fixture_mounted(&[]) else {
        return;
    };
    let item = library.case("flac-every-field");
    let before = served(&mounted, &library, &item.case);
    let (old, ino) = (read(&before), fs::metadata(&before).unwrap().ino());
    let mut open = File::open(&before).unwrap();
    let id = item.id;
    execute(
        &library,
        &format!("UPDATE items SET title = 'Another Name' WHERE id = {id}"),
    );
    let after = served(&mounted, &library, &item.case);
    assert_ne!(before, after);
    eventually("renamed", &mounted, || after.exists() && !before.exists());
    assert_eq!(fs::metadata(&after).unwrap().ino(), ino);
    // Who has it open keeps what was opened.
    let mut kept = Vec::new();
    open.read_to_end(&mut kept).unwrap();
    assert!(kept == old);
    drop(open);
    let has_new_title = || {
        let new = read(&after);
        new.windows(12).any(|window| window == b"Another Name")
    };
    eventually("retagged", &mounted, has_new_title);
    shows_what_it_should(&mounted, &library);
}

#[test]
fn tags_that_change_show_without_another_name() {
    let Some((library, mounted)) = fixture_mounted(&[]) else {
        return;
    };
    let item = library.case("flac-every-field");
    let path = served(&mounted, &library, &item.case);
    let (old, mtime) = (read(&path), fs::metadata(&path).unwrap().mtime());
    let sql = format!(
        "UPDATE items SET isrc = 'ZZ-ISRC-NEW' WHERE id = {}",
        item.id
    );
    execute(&library, &sql);
    eventually("retagged", &mounted, || read(&path) != old);
    assert!(fs::metadata(&path).unwrap().mtime() >= mtime + 2);
    assert_eq!(fs::metadata(&path).unwrap().len(), read(&path).len() as u64);
}

#[test]
fn items_come_and_go_and_other_directories_keep_their_times() {
    let Some((library, mounted)) = fixture_mounted(&[]) else {
        return;
    };
    let times = |root: &Path| -> Vec<(PathBuf, i64)> {
        let folders = fs::read_dir(root)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let mut times: Vec<_> = folders
            .map(|path| (path.clone(), fs::metadata(&path).unwrap().mtime()))
            .collect();
        times.sort();
        times
    };
    let before = times(mounted.path());
    // A time stands still for no second.
    sleep(Duration::from_millis(1100));
    execute(
        &library,
        "INSERT INTO items (path, title, artist, albumartist, album, album_id) \
         SELECT path, 'New', 'New Artist', 'New Artist', 'New Album', NULL FROM items WHERE id = 1; \
         UPDATE items SET title = title || ' again' WHERE id = 2;",
    );
    shows_what_it_should(&mounted, &library);
    let after = times(mounted.path());
    let moved = before.iter().filter(|old| !after.contains(old)).count();
    assert!(moved <= 2, "{before:?} {after:?}");
    execute(&library, "DELETE FROM items WHERE title = 'New'");
    shows_what_it_should(&mounted, &library);
}

#[test]
fn a_library_that_cannot_be_read_leaves_the_last_tree() {
    let Some((library, mounted)) = fixture_mounted(&[]) else {
        return;
    };
    let names = expected(&library);
    let (database, away) = (library.database(), library.folder().join("away.db"));
    fs::rename(&database, &away).unwrap();
    eventually("told of", &mounted, || {
        mounted.log().contains("the last tree stays")
    });
    assert_eq!(files_below(mounted.path()), names);
    fs::write(
        &database,
        b"no database, but long enough to look like one".repeat(100),
    )
    .unwrap();
    sleep(Duration::from_millis(1500));
    assert_eq!(files_below(mounted.path()), names);
    // It comes back by another file's taking its place, changed.
    let connection = Connection::open(&away).unwrap();
    connection
        .execute_batch("UPDATE items SET title = 'Back' WHERE id = 3")
        .unwrap();
    drop(connection);
    fs::rename(&away, &database).unwrap();
    shows_what_it_should(&mounted, &library);
    let told = mounted.log().matches("the last tree stays").count();
    assert!((1..4).contains(&told), "told {told} times");
}

#[test]
fn an_empty_library_leaves_the_last_tree() {
    let Some((library, mounted)) = fixture_mounted(&[]) else {
        return;
    };
    let names = expected(&library);
    execute(
        &library,
        "CREATE TABLE kept AS SELECT * FROM items; DELETE FROM items",
    );
    eventually("told of", &mounted, || {
        mounted.log().contains("the last tree stays")
    });
    assert_eq!(files_below(mounted.path()), names);
    execute(
        &library,
        "INSERT INTO items SELECT * FROM kept WHERE id > 3",
    );
    shows_what_it_should(&mounted, &library);
}

#[test]
fn a_changed_configuration_is_followed() {
    let Some((library, mounted)) = fixture_mounted(&[]) else {
        return;
    };
    let mut config = fs::read_to_string(library.config()).unwrap();
    config.push_str("\npaths:\n  default: flat/$id\n  singleton: flat/$id\n  comp: flat/$id\n");
    fs::write(library.config(), config).unwrap();
    shows_what_it_should(&mounted, &library);
    assert!(mounted.path().join("flat").is_dir());
    // One that makes no sense changes nothing.
    fs::write(library.config(), "paths: [").unwrap();
    eventually("told of", &mounted, || {
        mounted.log().contains("the last tree stays")
    });
    assert!(mounted.path().join("flat").is_dir());
}

#[test]
fn a_hangup_has_the_library_read_again() {
    let Some((library, mounted)) = fixture_mounted(&[]) else {
        return;
    };
    // One that comes before the mount is followed has nothing to do.
    eventually("reloaded", &mounted, || {
        support::send("HUP", mounted.pid());
        mounted.log().contains("reloaded")
    });
    shows_what_it_should(&mounted, &library);
    mounted.stop_by("TERM");
}

#[test]
fn what_the_real_beets_changes_shows() {
    let Some((library, mounted)) = fixture_mounted(&[]) else {
        return;
    };
    let commands: [&[&str]; 3] = [
        &[
            "modify",
            "-y",
            "-W",
            "-M",
            "id:1",
            "title=Modified by beets",
        ],
        &[
            "modify",
            "-y",
            "-W",
            "-M",
            "-a",
            "id:1",
            "album=Renamed by beets",
        ],
        &["remove", "-f", "id:2"],
    ];
    for command in commands {
        if beet_says(&library, command).is_none() {
            return;
        }
        shows_what_it_should(&mounted, &library);
    }
}
