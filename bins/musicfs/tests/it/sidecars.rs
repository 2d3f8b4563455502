//! What lies beside the items of a mounted library.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use fixtures::Library;

use crate::support::{
    Mounted, eventually, execute, files_below, fixture, library_with, refuse, succeed,
};

/// Makes a picture, outside of the music; `None`, said loudly, where there is no program for it.
pub(crate) fn picture(library: &Library, name: &str) -> Option<PathBuf> {
    let path = library.folder().join(name);
    let made = fixtures::tool("ffmpeg")?
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "color=teal:s=96x64",
            "-frames:v",
            "1",
        ])
        .arg(&path)
        .output()
        .expect("ffmpeg runs");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let time = UNIX_EPOCH + Duration::from_mins(25_000_000);
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(time)
        .unwrap();
    Some(path)
}

pub(crate) fn set_art(library: &Library, album: i64, path: &Path) {
    let path = path.to_str().unwrap();
    execute(
        library,
        &format!("UPDATE albums SET artpath = CAST('{path}' AS BLOB) WHERE id = {album}"),
    );
}

/// Returns the tree that `musicfs paths --sidecars` prints, sorted.
pub(crate) fn expected(library: &Library, args: &[&str]) -> Vec<PathBuf> {
    let config = library.config();
    let mut all = vec![
        OsStr::new("paths"),
        "--sidecars".as_ref(),
        "--config".as_ref(),
        config.as_os_str(),
    ];
    all.extend(args.iter().map(OsStr::new));
    let printed = String::from_utf8(succeed(&all))
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    let lines = printed
        .lines()
        .map(|line| line.split_once('\t').expect("a tab").1);
    let mut paths: Vec<PathBuf> = lines.map(PathBuf::from).collect();
    paths.sort();
    paths
}

/// Returns the paths of all files called `name`, sorted.
fn called(mounted: &Mounted, name: &str) -> Vec<PathBuf> {
    let mut files = files_below(mounted.path());
    files.retain(|path| path.file_name() == Some(OsStr::new(name)));
    files
}

/// Only items whose paths are text, by short names.
const SHORT: &[&str] = &["--path-format", "$album/CD $disc/$id"];

#[test]
fn art_that_is_set_shows_as_a_cover_within_a_moment() {
    let Some(library) = fixture() else {
        return;
    };
    let Some(art) = picture(&library, "Front.JPEG") else {
        return;
    };
    let mounted = Mounted::library(&library, SHORT);
    assert_eq!(called(&mounted, "cover.jpg"), Vec::<PathBuf>::new());
    set_art(&library, 1, &art);
    let cover = mounted.path().join("FLAC Shapes/CD 00/cover.jpg");
    eventually("a cover", &mounted, || cover.exists());
    assert_eq!(files_below(mounted.path()), expected(&library, SHORT));
    let metadata = fs::metadata(&cover).unwrap();
    let bytes = fs::read(&cover).unwrap();
    assert!(bytes == fs::read(&art).unwrap());
    assert_eq!(metadata.len(), bytes.len() as u64);
    assert_eq!(metadata.mtime(), 1_500_000_000);
    let probed = fixtures::tool("ffprobe")
        .expect("it comes with ffmpeg")
        .args([
            "-v",
            "error",
            "-show_entries",
            "stream=codec_name,width",
            "-of",
            "csv=p=0",
        ])
        .arg(&cover)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&probed.stdout).trim(), "mjpeg,96");
    // Another picture at another place: other bytes, a later time, the same inode.
    let other = picture(&library, "other.jpg").unwrap();
    fs::write(&other, [fs::read(&other).unwrap(), vec![0; 10]].concat()).unwrap();
    set_art(&library, 1, &other);
    eventually("the other cover", &mounted, || {
        fs::metadata(&cover).is_ok_and(|now| now.len() == metadata.len() + 10)
    });
    let later = fs::metadata(&cover).unwrap();
    assert!(later.mtime() >= metadata.mtime() + 2);
    assert_eq!(later.ino(), metadata.ino());
    execute(&library, "UPDATE albums SET artpath = NULL");
    eventually("no cover", &mounted, || !cover.exists());
}

#[test]
fn every_folder_of_an_album_has_its_cover_and_so_has_that_of_its_discs() {
    let Some(library) = fixture() else {
        return;
    };
    let Some(art) = picture(&library, "art.png") else {
        return;
    };
    set_art(&library, 4, &art);
    let mounted = Mounted::library(&library, SHORT);
    let found = called(&mounted, "cover.png");
    let album = Path::new("Zwei Scheiben");
    let discs = ["CD 01/cover.png", "CD 02/cover.png", "cover.png"];
    assert_eq!(found, discs.map(|path| album.join(path)));
    for path in found {
        assert!(fs::read(mounted.path().join(path)).unwrap() == fs::read(&art).unwrap());
    }
    drop(mounted);
    // Folders that are not called as discs have their own and no more.
    let mounted = Mounted::library(&library, &["--path-format", "$album/$disc/$id"]);
    let found = called(&mounted, "cover.png");
    assert_eq!(
        found,
        ["01/cover.png", "02/cover.png"].map(|path| album.join(path))
    );
}

#[test]
fn what_has_the_name_of_a_cover_already_keeps_it() {
    let Some(library) = fixture() else {
        return;
    };
    let Some(art) = picture(&library, "art.jpg") else {
        return;
    };
    let origin = library.music().join("odd.jpg");
    fs::copy(library.origin(library.case("flac-every-field")), &origin).unwrap();
    set_art(&library, 3, &art);
    set_art(&library, 1, &art);
    let path = origin.to_str().unwrap();
    execute(
        &library,
        &format!("UPDATE items SET path = CAST('{path}' AS BLOB) WHERE id = 28"),
    );
    let format = ["--path-format", "$album/%if{$disc,cover,cover.jpg/$id}"];
    let mounted = Mounted::library(&library, &format);
    // An item, and a folder.
    assert!(
        fs::read(mounted.path().join("Every Field/cover.jpg"))
            .unwrap()
            .starts_with(b"fLaC")
    );
    assert!(
        fs::read(mounted.path().join("Every Field/cover.1.jpg")).unwrap()
            == fs::read(&art).unwrap()
    );
    assert!(mounted.path().join("FLAC Shapes/cover.jpg").is_dir());
    assert!(
        mounted
            .path()
            .join("FLAC Shapes/cover.jpg/cover.jpg")
            .is_file()
    );
    assert_eq!(files_below(mounted.path()), expected(&library, &format));
}

#[test]
fn a_cover_whose_file_is_away_keeps_its_name_size_and_time() {
    let Some(library) = fixture() else {
        return;
    };
    let Some(art) = picture(&library, "art.jpg") else {
        return;
    };
    set_art(&library, 1, &art);
    set_art(&library, 2, Path::new("/nonexistent/art.jpg"));
    let mounted = Mounted::library(&library, SHORT);
    let cover = mounted.path().join("FLAC Shapes/CD 00/cover.jpg");
    let before = fs::metadata(&cover).unwrap();
    let away = library.folder().join("away.jpg");
    fs::rename(&art, &away).unwrap();
    let failed = fs::read(&cover).expect_err("its file is away");
    assert_eq!(
        failed.raw_os_error(),
        Some(rustix::io::Errno::IO.raw_os_error())
    );
    let now = fs::metadata(&cover).unwrap();
    assert_eq!((now.len(), now.mtime()), (before.len(), before.mtime()));
    let names = expected(&library, SHORT);
    assert_eq!(files_below(mounted.path()), names);
    assert!(names.contains(&PathBuf::from("MP3 Shapes/CD 00/cover.jpg")));
    fs::rename(&away, &art).unwrap();
    eventually("readable again", &mounted, || fs::read(&cover).is_ok());
}

/// What is kept of covers is kept where the mount was told to, and tells of them when they are away.
#[test]
fn a_cover_is_known_from_an_earlier_mount_whose_state_is_elsewhere() {
    let Some(library) = fixture() else {
        return;
    };
    let Some(art) = picture(&library, "art.jpg") else {
        return;
    };
    set_art(&library, 1, &art);
    let before = files_below(library.folder());
    let state = tempfile::tempdir().unwrap();
    let options = format!("state={}", state.path().display());
    let args = [SHORT, &["-o", &options]].concat();
    let told = |mounted: &Mounted| {
        let cover = mounted.path().join("FLAC Shapes/CD 00/cover.jpg");
        let metadata = fs::metadata(cover).unwrap();
        (metadata.len(), metadata.mtime(), metadata.ino())
    };
    let mounted = Mounted::library(&library, &args);
    eventually("all known", &mounted, || {
        mounted.log().contains("sizes and times are known")
    });
    let first = told(&mounted);
    mounted.stop_by("TERM");
    assert!(!files_below(state.path()).is_empty());
    assert_eq!(files_below(library.folder()), before);
    let away = state.path().join("away.jpg");
    fs::rename(&art, &away).unwrap();
    let mounted = Mounted::library(&library, &args);
    assert_eq!(told(&mounted), first);
    assert_eq!(files_below(mounted.path()), expected(&library, SHORT));
    fs::rename(&away, &art).unwrap();
    let cover = mounted.path().join("FLAC Shapes/CD 00/cover.jpg");
    assert!(fs::read(cover).unwrap() == fs::read(&art).unwrap());
    assert_eq!(told(&mounted), first);
}

#[test]
fn sidecars_are_switched_off_for_all_or_for_a_view() {
    let shown = |more: &str| {
        let library = library_with(more);
        set_art(&library, 1, Path::new("/art.jpg"));
        let paths = expected(&library, &[]);
        let covers = paths.iter().filter(|path| path.ends_with("cover.jpg"));
        covers.count()
    };
    assert_eq!(shown(""), 1);
    assert_eq!(shown("musicfs: {sidecars: no}"), 0);
    assert_eq!(
        shown("musicfs: {views: {A: {sidecars: no}, B: , C: $album/$title}}"),
        2
    );
}

#[test]
fn what_only_python_can_name_is_refused_with_what_to_do() {
    let inline = "plugins: [inline]\nalbum_fields: {face: 'x'}\nart_filename: $face\n";
    let library = library_with(inline);
    set_art(&library, 1, Path::new("/art.jpg"));
    let config = library.config();
    let said = refuse(&["paths".as_ref(), "--config".as_ref(), config.as_os_str()]);
    assert!(
        said.contains("art_filename: album 1:") && said.contains("sidecars: no"),
        "{said}"
    );
    expected(
        &library_with(&format!("{inline}musicfs: {{sidecars: no}}\n")),
        &[],
    );
}

#[test]
fn art_that_the_real_beets_sets_shows() {
    let Some(library) = fixture() else {
        return;
    };
    let Some(art) = picture(&library, "art.png") else {
        return;
    };
    let mounted = Mounted::library(&library, SHORT);
    let Some(mut python) = fixtures::beets_python() else {
        return;
    };
    let script = "import sys\nfrom beets import library\n\
        lib = library.Library(sys.argv[1], sys.argv[2])\n\
        album = lib.get_album(2)\nalbum.set_art(sys.argv[3].encode())\nalbum.store()";
    let output = python
        .args(["-c", script])
        .args([library.database(), library.music(), art.clone()])
        .env("BEETSDIR", library.folder())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let cover = mounted.path().join("MP3 Shapes/CD 00/cover.png");
    eventually("a cover", &mounted, || cover.exists());
    assert!(fs::read(&cover).unwrap() == fs::read(&art).unwrap());
    assert_eq!(files_below(mounted.path()), expected(&library, SHORT));
    assert_eq!(library.changed_origins(), Vec::<PathBuf>::new());
}

#[test]
fn covers_are_called_as_the_real_beets_calls_them() {
    let library = Library::copy_to_temp();
    let templates = [
        "cover",
        "$album - art",
        "folder%aunique{}",
        "%upper{$albumartist}/$title",
        "a.b",
        "..",
        "$year: x?",
    ];
    for template in templates {
        let Some(mut python) = fixtures::beets_python() else {
            return;
        };
        let config = format!(
            "library: library.db\ndirectory: music\nplugins: []\nart_filename: '{template}'\n"
        );
        fs::write(library.config(), config).unwrap();
        execute(
            &library,
            "UPDATE albums SET artpath = CAST('/x/Pic.webp' AS BLOB)",
        );
        let script = "import sys\nfrom beets import config, library, ui\n\
            config.set_file(sys.argv[1])\n\
            lib = library.Library(sys.argv[2], sys.argv[3])\n\
            for album in lib.albums():\n    \
                d = album.item_dir()\n    \
                print(album.id, '/', album.art_destination(b'/x/Pic.webp', d)[len(d) + 1:].decode(), sep='')\n";
        let output = python
            .args(["-c", script])
            .args([library.config(), library.database(), library.music()])
            .env("BEETSDIR", library.folder())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let theirs: Vec<PathBuf> = String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(PathBuf::from)
            .collect();
        assert_eq!(theirs.len(), 8);
        // A folder for each album, whose number it has.
        let ours = expected(&library, &["--path-format", "$album_id/$id"]);
        for theirs in theirs {
            assert!(
                ours.contains(&theirs),
                "{template}: {} not in {ours:?}",
                theirs.display()
            );
        }
    }
}
