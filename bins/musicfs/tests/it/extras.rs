//! Lyrics, playlists, and files that lie beside the origins of a mounted library.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use fixtures::Library;

use crate::sidecars::{expected, picture, set_art};
use crate::support::{
    Mounted, can_mount, eventually, execute, files_below, library_with, refuse, succeed,
};

const LYRICS: &str = "[00:00.50]One line\n[00:01.00]Ünd another";

/// Returns the files below a mount whose names end so, sorted.
fn ending(mounted: &Mounted, end: &str) -> Vec<PathBuf> {
    let mut files = files_below(mounted.path());
    files.retain(|path| path.to_string_lossy().ends_with(end));
    files
}

fn set_lyrics(library: &Library, id: i64, lyrics: &str) {
    execute(
        library,
        &format!("UPDATE items SET lyrics = '{lyrics}' WHERE id = {id}"),
    );
}

#[test]
fn lyrics_with_times_lie_beside_their_tracks() {
    if !can_mount() {
        return;
    }
    let library = library_with("musicfs: {sidecars: lyrics}");
    // Two tracks want one name; the second of them has lyrics, and so have others, without times.
    set_lyrics(&library, 11, LYRICS);
    set_lyrics(&library, 3, "No times\n[Chorus]");
    let args = ["--path-format", "$album/$title"];
    let mounted = Mounted::library(&library, &args);
    let file = Path::new("FLAC Shapes/Same Name.1.lrc");
    assert_eq!(ending(&mounted, ".lrc"), [file]);
    assert!(
        mounted
            .path()
            .join("FLAC Shapes/Same Name.1.flac")
            .is_file()
    );
    let path = mounted.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text, format!("{LYRICS}\n"));
    let before = fs::metadata(&path).unwrap();
    assert_eq!(before.len(), text.len() as u64);
    set_lyrics(&library, 11, "[00:09.00]Other words");
    set_lyrics(&library, 4, LYRICS);
    eventually("other words", &mounted, || {
        fs::read_to_string(&path).is_ok_and(|text| text == "[00:09.00]Other words\n")
    });
    let after = fs::metadata(&path).unwrap();
    assert!(after.mtime() >= before.mtime() + 2);
    assert_eq!(after.ino(), before.ino());
    eventually("more lyrics", &mounted, || {
        ending(&mounted, ".lrc").len() == 2
    });
    set_lyrics(&library, 11, "");
    let names = expected(&library, &args);
    eventually("gone", &mounted, || files_below(mounted.path()) == names);
    assert!(!path.exists());
}

#[test]
fn sidecars_keep_their_times_across_mounts() {
    if !can_mount() {
        return;
    }
    let library = library_with("musicfs: {sidecars: [lyrics, playlist]}");
    set_lyrics(&library, 3, LYRICS);
    let state = format!("state={}", library.folder().join("state").display());
    let args = ["--path-format", "$album/$id", "-o", &state];
    let look = || {
        let mounted = Mounted::library(&library, &args);
        let files = ["FLAC Shapes/3.lrc", "FLAC Shapes/FLAC Shapes.m3u8"];
        let times = files.map(|file| {
            let metadata = fs::metadata(mounted.path().join(file)).unwrap();
            (metadata.ino(), metadata.len(), metadata.mtime())
        });
        mounted.stop_by("TERM");
        times
    };
    let before = look();
    // The database is another one by its time, which was theirs, but its rows are the same.
    let database = fs::File::options()
        .write(true)
        .open(library.database())
        .unwrap();
    database
        .set_modified(std::time::SystemTime::now() + std::time::Duration::from_mins(9))
        .unwrap();
    assert_eq!(look(), before);
}

#[test]
fn albums_have_playlists_in_the_order_of_the_real_beets() {
    if !can_mount() {
        return;
    }
    let library = library_with("musicfs: {sidecars: playlist}");
    execute(
        &library,
        "UPDATE items SET track = 50 - id, disc = 1 + id % 2, disctotal = 2 WHERE album_id = 1; \
        UPDATE items SET artist = 'The Containers - ' || (7 * id % 5) WHERE album_id = 1; \
        UPDATE items SET track = 1 WHERE album_id = 4",
    );
    let args = ["--path-format", "$album/CD $disc/$track $id"];
    let mounted = Mounted::library(&library, &args);
    let path = mounted.path().join("FLAC Shapes/FLAC Shapes.m3u8");
    let text = fs::read_to_string(&path).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("#EXTM3U"));
    let lines: Vec<&str> = lines.collect();
    assert_eq!(lines.len(), 18);
    if let Some(theirs) = order_of_beets(&library, "album_id:1 disc+ track+") {
        assert_eq!(ids_in(&lines, path.parent().unwrap()).join(" "), theirs);
    }
    check_duration(lines[0], &path.parent().unwrap().join(lines[1]));
    // A title that changes is in the text, and a name too.
    let before = fs::metadata(&path).unwrap();
    execute(
        &library,
        "UPDATE items SET title = 'Brand New', track = 99 WHERE id = 3",
    );
    eventually("the new title", &mounted, || {
        let text = fs::read_to_string(&path).unwrap();
        text.contains(" - Brand New\nCD 02/99 3.flac\n")
    });
    let after = fs::metadata(&path).unwrap();
    assert!(after.mtime() >= before.mtime() + 2);
    assert_eq!(after.ino(), before.ino());
    assert_eq!(files_below(mounted.path()), expected(&library, &args));
}

/// Returns the numbers of items in the order that the real beets has them in.
fn order_of_beets(library: &Library, query: &str) -> Option<String> {
    let mut python = fixtures::beets_python()?;
    let script = "import sys\nfrom beets import library\n\
        lib = library.Library(sys.argv[1], sys.argv[2])\n\
        print(*[item.id for item in lib.items(sys.argv[3])])";
    let output = python
        .args(["-c", script])
        .args([library.database(), library.music()])
        .arg(query)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let theirs = String::from_utf8(output.stdout).unwrap();
    Some(theirs.trim().to_owned())
}

/// Returns the numbers of the items in a playlist, whose files must be there.
#[track_caller]
fn ids_in(lines: &[&str], folder: &Path) -> Vec<String> {
    let mut ids = Vec::new();
    for entry in lines.chunks(2) {
        assert!(
            entry[0].starts_with("#EXTINF:") && entry[0].contains(",The Containers - "),
            "{entry:?}"
        );
        let file = Path::new(entry[1]);
        assert!(folder.join(file).is_file(), "{}", file.display());
        let stem = file.file_stem().unwrap().to_str().unwrap();
        ids.push(stem.split(' ').next_back().unwrap().to_owned());
    }
    ids
}

/// Checks the duration in a line of a playlist by a player that knows nothing of us.
#[track_caller]
fn check_duration(line: &str, file: &Path) {
    let Some(mut ffprobe) = fixtures::tool("ffprobe") else {
        return;
    };
    let format = "-v error -show_entries format=duration -of csv=p=0";
    let output = ffprobe.args(format.split(' ')).arg(file).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let seconds: f64 = text.trim().parse().unwrap();
    let said = line.strip_prefix("#EXTINF:").unwrap().split(',').next();
    let said: f64 = said.unwrap().parse().unwrap();
    assert!((said - seconds).abs() <= 0.5, "{said} for {seconds}");
}

#[test]
fn queries_make_playlists_in_every_view() {
    if !can_mount() {
        return;
    }
    let library = library_with(
        "musicfs:\n  playlists: {'Lists/Flac': 'format:FLAC', None: 'year:1800'}\n  \
         views:\n    A: $id\n    B: {path: x/$id, query: 'format:MP3'}\n    C: {path: y/$id, playlists: {Own: 'id:1'}}\n",
    );
    let mounted = Mounted::library(&library, &[]);
    let found = ending(&mounted, ".m3u8");
    assert_eq!(
        found,
        ["A/Lists/Flac.m3u8", "C/Own.m3u8"].map(PathBuf::from)
    );
    let text = fs::read_to_string(mounted.path().join("A/Lists/Flac.m3u8")).unwrap();
    let flac = library
        .items()
        .iter()
        .filter(|item| item.format == "FLAC")
        .count();
    let files: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(files.len(), flac);
    for file in files {
        assert!(
            mounted.path().join("A/Lists").join(file).is_file(),
            "{file}"
        );
    }
    let own = fs::read_to_string(mounted.path().join("C/Own.m3u8")).unwrap();
    assert!(own.ends_with("\ny/1.mp3\n"), "{own}");
}

#[test]
fn other_files_beside_the_origins_are_passed_through() {
    if !can_mount() {
        return;
    }
    let library = library_with("musicfs: {sidecars: passthrough}");
    let folder = library.music().join("flac");
    let cue = b"FILE \"x\" WAVE\r\n";
    for name in [
        "album.log",
        "Album.cue",
        "booklet.pdf",
        "stray.mp3",
        ".hidden",
    ] {
        fs::write(folder.join(name), cue).unwrap();
    }
    // What leads to no file is none.
    for (target, name) in [("nothing", "dead.log"), ("..", "up.log")] {
        symlink(target, folder.join(name)).unwrap();
    }
    // The root of the music has items of no album, and so nothing of it is anybody's.
    fs::write(library.music().join("notes.txt"), b"x").unwrap();
    let args = ["--path-format", "$album/$id"];
    let mounted = Mounted::library(&library, &args);
    let names = ["Album.cue", "album.log", "booklet.pdf"];
    for name in names {
        let path = mounted.path().join("FLAC Shapes").join(name);
        assert_eq!(fs::read(&path).unwrap(), cue);
        let (ours, theirs) = (
            fs::metadata(&path).unwrap(),
            fs::metadata(folder.join(name)).unwrap(),
        );
        assert_eq!((ours.len(), ours.mtime()), (theirs.len(), theirs.mtime()));
    }
    let items = files_below(mounted.path()).len() - names.len();
    assert_eq!(items, library.items().len());
    assert_eq!(files_below(mounted.path()), expected(&library, &args));
    drop(mounted);
    // A disk that is away takes no names away.
    let mounted = Mounted::library(&library, &args);
    let away = library.music().join("away");
    fs::rename(&folder, &away).unwrap();
    execute(&library, "UPDATE items SET comments = 'x' WHERE id = 20");
    eventually("told of", &mounted, || {
        mounted.log().contains("folders cannot be read")
    });
    assert_eq!(
        ending(&mounted, ".log"),
        [Path::new("FLAC Shapes/album.log")]
    );
    fs::rename(&away, &folder).unwrap();
    drop(mounted);
    // The cover is not shown twice.
    if let Some(art) = picture(&library, "made.jpg") {
        fs::copy(art, folder.join("front.jpg")).unwrap();
        set_art(&library, 1, &folder.join("front.jpg"));
        let mounted = Mounted::library(&library, &args);
        assert_eq!(
            ending(&mounted, ".jpg"),
            [Path::new("FLAC Shapes/cover.jpg")]
        );
    }
}

#[test]
fn files_beside_origins_are_found_under_a_mount_over_the_music() {
    if !can_mount() {
        return;
    }
    let library = library_with("musicfs: {sidecars: passthrough}");
    fs::write(library.music().join("flac/album.log"), b"log").unwrap();
    let config = library.config();
    let folder = tempfile::tempdir().unwrap();
    let args = [
        "--config",
        config.to_str().unwrap(),
        "--path-format",
        "$album/$id",
        "-o",
        "nonempty",
    ];
    let mounted = Mounted::start_on(folder, library.music(), &args);
    execute(
        &library,
        "UPDATE items SET title = 'x', album = 'y' WHERE id = 12",
    );
    eventually("reloaded", &mounted, || mounted.log().contains("reloaded"));
    assert_eq!(
        fs::read(mounted.path().join("FLAC Shapes/album.log")).unwrap(),
        b"log"
    );
    mounted.stop_by("TERM");
}

#[test]
fn what_is_wrong_with_a_playlist_is_said_with_its_place() {
    let check = |setting: &str, reason: &str| {
        let library = library_with(&format!("musicfs: {{playlists: {setting}}}"));
        let config = library.config();
        let said = refuse(&["paths".as_ref(), "--config".as_ref(), config.as_os_str()]);
        assert!(said.contains(reason), "{said}");
    };
    check(
        "{A: 'year:197x'}",
        "musicfs.playlists.A: \"197x\" is not a number",
    );
    check("{A: 3}", "musicfs.playlists.A: must be text");
    check("{a//b: x}", "`a//b` cannot be the name of a file");
    check("[x]", "musicfs.playlists");
}

#[test]
fn what_is_passed_through_is_listed_by_kind() {
    let library = library_with("musicfs: {sidecars: [lyrics, playlist, passthrough]}");
    fs::write(library.music().join("flac/album.log"), b"log").unwrap();
    set_lyrics(&library, 3, LYRICS);
    let config = library.config();
    let args = [
        "paths",
        "--sidecars",
        "--path-format",
        "$album/$id",
        "--query",
        "id:3",
        "--config",
    ];
    let mut all: Vec<&std::ffi::OsStr> = args.iter().map(AsRef::as_ref).collect();
    all.push(config.as_os_str());
    let printed = String::from_utf8(succeed(&all)).unwrap();
    let expected = "3\tFLAC Shapes/3.flac\nlyrics\tFLAC Shapes/3.lrc\n\
        playlist\tFLAC Shapes/FLAC Shapes.m3u8\npassthrough\tFLAC Shapes/album.log\n";
    assert_eq!(printed, expected);
}

/// Everything at once, in two views of different names.
const ALL: &str = "
musicfs:
  sidecars: [lyrics, playlist, passthrough]
  playlists: {Lists/Early: 'year:..2010', Long/Odd: 'id:1..20'}
  views:
    Discs: $albumartist/$album%aunique{}/CD $disc/$title
    Flat: {path: '%left{$year,3}0s/$title', query: 'id:..40', id3v23: yes}
";

/// Changes that make names, covers, lyrics and playlists come, go and clash.
const CHANGES: [&str; 12] = [
    "UPDATE items SET title = 'Same' WHERE id % 3 = 0",
    "UPDATE albums SET artpath = CAST('ART' AS BLOB) WHERE id % 2 = 0",
    "UPDATE items SET lyrics = '[00:01.00]' || title WHERE id % 4 = 0",
    "UPDATE items SET disc = 1 + id % 2 WHERE album_id IN (1, 3)",
    "UPDATE albums SET album = 'One', albumartist = 'Other' WHERE id IN (5, 6)",
    "UPDATE items SET album_id = 6 WHERE id BETWEEN 3 AND 6",
    "DELETE FROM items WHERE id IN (7, 12, 35)",
    "UPDATE items SET title = 'cover.jpg' WHERE id = 20",
    "UPDATE items SET lyrics = NULL WHERE id % 8 = 0; UPDATE items SET year = 1987 WHERE id = 8",
    "UPDATE albums SET artpath = NULL WHERE id = 2",
    "UPDATE items SET album_id = NULL WHERE album_id = 4",
    "UPDATE items SET title = 'Same', track = 70 - id",
];

/// Checks that every file is as long as it says, and that whatever a playlist names is there.
#[track_caller]
fn check_files(mounted: &Mounted) {
    for path in files_below(mounted.path()) {
        let file = mounted.path().join(&path);
        let bytes = fs::read(&file).unwrap();
        let len = fs::metadata(&file).unwrap().len();
        assert_eq!(bytes.len() as u64, len, "{}", path.display());
        if path
            .extension()
            .is_some_and(|extension| extension == "m3u8")
        {
            let text = String::from_utf8(bytes).unwrap();
            let entries = text.lines().filter(|line| !line.starts_with('#'));
            for entry in entries {
                let named = file.parent().unwrap().join(entry);
                assert!(named.is_file(), "{} in {}", entry, path.display());
            }
        }
    }
}

#[test]
fn all_sidecars_follow_all_changes_in_all_views() {
    if !can_mount() {
        return;
    }
    let library = library_with(ALL);
    let Some(art) = picture(&library, "art.jpg") else {
        return;
    };
    fs::write(library.music().join("flac/album.log"), b"log").unwrap();
    let mounted = Mounted::library(&library, &[]);
    assert_eq!(ending(&mounted, ".log").len(), 2);
    for change in CHANGES {
        execute(&library, &change.replace("ART", art.to_str().unwrap()));
        let names = expected(&library, &[]);
        eventually(change, &mounted, || files_below(mounted.path()) == names);
        check_files(&mounted);
    }
    let ends = [".jpg", ".lrc", ".m3u8"];
    assert!(ends.iter().all(|end| !ending(&mounted, end).is_empty()));
    assert_eq!(library.changed_origins(), Vec::<PathBuf>::new());
}
