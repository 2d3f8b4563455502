//! Several views in one mount.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use fixtures::Library;

use crate::support::{
    Mounted, can_mount, eventually, execute, files_below, library_with, paths, refuse,
};

const VIEWS: &str = "
musicfs:
  views:
    By decade: '%left{$year,3}0s/$albumartist/$title'
    Recent: {query: 'added:2020..'}
    Car: {path: 'car/$id', query: 'format:MP3', id3v23: yes}
    All:
";

/// Returns the names that `musicfs paths` gives, sorted.
fn expected(library: &Library, args: &[&str]) -> Vec<PathBuf> {
    let config = library.config();
    let mut all = vec!["--config".as_ref(), config.as_os_str()];
    all.extend(args.iter().map(std::ffi::OsStr::new));
    let mut paths: Vec<_> = paths(&all).into_iter().map(|entry| entry.path).collect();
    paths.sort();
    paths
}

fn inodes(root: &Path) -> BTreeMap<PathBuf, u64> {
    let files = files_below(root).into_iter();
    files
        .map(|path| {
            let ino = fs::metadata(root.join(&path)).unwrap().ino();
            (path, ino)
        })
        .collect()
}

#[test]
fn each_view_is_a_folder_with_names_of_its_own() {
    if !can_mount() {
        return;
    }
    let library = library_with(VIEWS);
    execute(
        &library,
        "UPDATE items SET added = 0; UPDATE items SET added = 1700000000 WHERE id < 4",
    );
    let mounted = Mounted::library(&library, &[]);
    assert_eq!(files_below(mounted.path()), expected(&library, &[]));
    let plain: Vec<PathBuf> = expected(&library, &["--path-format", "$albumartist/$title"]);
    let below = |view: &str| files_below(&mounted.path().join(view));
    assert_eq!(below("All").len(), plain.len());
    assert_eq!(below("Recent").len(), 3);
    assert!(!below("By decade").is_empty());
    let decades = below("By decade");
    let is_decade = |path: &PathBuf| {
        let first = path.components().next().unwrap();
        first.as_os_str().to_string_lossy().contains("0s")
    };
    assert!(decades.iter().all(is_decade), "{decades:?}");
    for path in below("Car") {
        assert_eq!(path.extension().unwrap(), "mp3");
    }
    assert_eq!(library.changed_origins(), Vec::<PathBuf>::new());
}

#[test]
fn views_render_the_same_item_in_their_own_ways() {
    if !can_mount() {
        return;
    }
    let library = library_with(VIEWS);
    let config = library.config();
    let all = paths(&["--config".as_ref(), config.as_os_str()]);
    let mounted = Mounted::library(&library, &[]);
    let mut n_compared = 0;
    for car in all.iter().filter(|entry| entry.path.starts_with("Car")) {
        let same = all
            .iter()
            .find(|entry| entry.id == car.id && entry.path.starts_with("All"));
        let version = |path: &Path| {
            let bytes = fs::read(mounted.path().join(path)).unwrap();
            let size = fs::metadata(mounted.path().join(path)).unwrap().len();
            assert_eq!(bytes.len() as u64, size);
            (bytes.starts_with(b"ID3")).then(|| bytes[3])
        };
        let versions = (version(&car.path), version(&same.unwrap().path));
        if let (Some(car), Some(all)) = versions {
            assert_eq!((car, all), (3, 4));
            n_compared += 1;
        }
    }
    assert!(n_compared > 0);
}

#[test]
fn inodes_do_not_depend_on_the_order_of_views_or_on_other_views() {
    if !can_mount() {
        return;
    }
    let library = library_with(VIEWS);
    let seen = |args: &[&str]| {
        let mounted = Mounted::library(&library, args);
        let inodes = inodes(mounted.path());
        drop(mounted);
        inodes
    };
    let all = seen(&[]);
    let other_order = seen(&[
        "--view",
        "Car",
        "--view",
        "All",
        "--view",
        "Recent",
        "--view",
        "By decade",
    ]);
    assert_eq!(all, other_order);
    let alone = seen(&["--view", "Car"]);
    assert!(!alone.is_empty());
    for (path, ino) in &alone {
        assert_eq!(all.get(path), Some(ino));
    }
    // Without views, a file has the number that it always had: 4 + 2 × its item's.
    let library = Library::copy_to_temp();
    let mounted = Mounted::library(&library, &[]);
    let config = library.config();
    for entry in paths(&["--config".as_ref(), config.as_os_str()]) {
        let ino = fs::metadata(mounted.path().join(&entry.path))
            .unwrap()
            .ino();
        assert_eq!(ino, 4 + 2 * entry.id.cast_unsigned());
    }
}

#[test]
fn the_command_line_makes_views_and_narrows_them() {
    let library = library_with(VIEWS);
    let made = expected(&library, &["--view", "Short=$id;id:..3", "--view", "Car"]);
    let is_short = |path: &&PathBuf| path.starts_with("Short");
    let stems = made
        .iter()
        .filter(is_short)
        .map(|path| path.with_extension(""));
    let short = ["Short/1", "Short/2", "Short/3"].map(PathBuf::from);
    assert!(stems.eq(short), "{made:?}");
    let (mut others, n_others) = (made.iter().filter(|path| !is_short(path)), made.len() - 3);
    assert!(
        n_others > 0 && others.all(|path| path.starts_with("Car/car")),
        "{made:?}"
    );
    let narrowed = expected(&library, &["--view", "All", "--query", "id:2"]);
    assert_eq!(narrowed.len(), 1);
    let plain = expected(&library, &["--path-format", "$id"]);
    assert!(plain.iter().all(|path| path.components().count() == 1));
}

#[test]
fn a_changed_database_or_configuration_changes_all_views() {
    if !can_mount() {
        return;
    }
    let library = library_with(VIEWS);
    let mounted = Mounted::library(&library, &[]);
    execute(
        &library,
        "UPDATE items SET title = 'Renamed Everywhere', year = 1987 WHERE id = 1",
    );
    let shows = |what: &str, expected: Vec<PathBuf>| {
        eventually(what, &mounted, || files_below(mounted.path()) == expected);
    };
    shows("renamed", expected(&library, &[]));
    let renamed = files_below(mounted.path());
    let renamed = renamed
        .iter()
        .filter(|path| path.to_string_lossy().contains("Renamed Everywhere"));
    assert!(renamed.count() >= 2);
    let config = fs::read_to_string(library.config()).unwrap();
    let config = config.replace("    All:\n", "    Everything: $id\n");
    let new = library.folder().join("new.yaml");
    fs::write(&new, config).unwrap();
    fs::rename(&new, library.config()).unwrap();
    shows("of the new view", expected(&library, &[]));
    assert!(mounted.path().join("Everything").is_dir() && !mounted.path().join("All").exists());
}

#[test]
fn what_is_wrong_with_a_view_is_said_with_its_place() {
    let check = |views: &str, reason: &str| {
        let library = library_with(&format!("\nmusicfs:\n  views:\n{views}"));
        let config = library.config();
        let said = refuse(&["paths".as_ref(), "--config".as_ref(), config.as_os_str()]);
        assert!(said.contains(reason), "{said}");
    };
    check(
        "    A: {query: 'year:197x'}\n",
        "musicfs.views.A.query: \"197x\" is not a number",
    );
    check("    A: {path: 3}\n", "musicfs.views.A.path: must be text");
    check(
        "    A: '$albumartist/%aunique{'\n    A/B: x\n",
        "cannot be the name of a folder",
    );
    check("    A: $has_cover_art\n", "musicfs.views.A: item 1: ");
}

#[test]
fn check_goes_by_the_rendering_of_a_view_and_looks_at_each_item_once() {
    if !can_mount() {
        return;
    }
    let library = library_with(VIEWS);
    let config = library.config();
    let sizes = |args: &[&str]| -> BTreeMap<i64, u64> {
        let mut all = vec![
            "check".as_ref(),
            "--json".as_ref(),
            "--config".as_ref(),
            config.as_os_str(),
        ];
        all.extend(args.iter().map(std::ffi::OsStr::new));
        let printed = String::from_utf8(crate::support::run(&all).stdout).unwrap();
        let records = printed.lines().map(|line| {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            (
                record["id"].as_i64().unwrap(),
                record["served_size"].as_u64().unwrap(),
            )
        });
        let records: Vec<_> = records.collect();
        let by_id: BTreeMap<_, _> = records.iter().copied().collect();
        assert_eq!(by_id.len(), records.len());
        by_id
    };
    assert_eq!(sizes(&[]).len(), library.items().len());
    let mounted = Mounted::library(&library, &[]);
    for (id, size) in sizes(&["--view", "Car"]) {
        let file = mounted.path().join(format!("Car/car/{id}.mp3"));
        assert_eq!(fs::metadata(file).unwrap().len(), size);
    }
}
