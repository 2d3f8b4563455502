//! Albums whose items are edited one by one.

use super::beets::{beets, settled};
use super::*;

/// Returns the album with the most items.
fn largest(place: &Place) -> Vec<(i64, PathBuf)> {
    let albums = place.albums().into_iter();
    albums.max_by_key(Vec::len).expect("there are albums")
}

/// Has mediafile give a field of files a value.
fn set(field: &str, value: &str, time: u32, files: &[&Path]) {
    let time = time.to_string();
    let args = ["set", field, value, &time].map(OsStr::new);
    let files = files.iter().map(|file| file.as_os_str());
    beets(&args.into_iter().chain(files).collect::<Vec<_>>()).expect("it was there before");
}

/// The last edit of a series takes the album along, whichever way its items move in their order.
#[test]
fn an_album_follows_when_the_last_of_its_items_is_edited() {
    let Some(ours) = settled() else { return };
    let mut config = fs::read_to_string(ours.config()).unwrap();
    config.push_str("\nsort_item: album+ albumartist+ year+ disc+ track+\n");
    fs::write(ours.config(), config).unwrap();
    let theirs = Place::copy(&ours.root);
    let (library, _) = ours.serve();
    let scratch = tempfile::tempdir().unwrap();
    let edits = [
        ("album", "Zzz"),
        ("album", "Aaa"),
        ("albumartist", "Zzz"),
        ("albumartist", "Aaa"),
        ("year", "2031"),
        ("year", "1901"),
    ];
    let times = 1_700_000_000..;
    for ((field, value), time) in edits.into_iter().zip(times) {
        let items = largest(&theirs);
        let files: Vec<_> = items.iter().map(|(_, path)| &**path).collect();
        set(field, value, time, &files);
        beets(&["update".as_ref(), theirs.config().as_os_str()]).unwrap();
        let album = library.digest(leaf(items[0].0)).unwrap().album.unwrap().0;
        for (id, path) in &items {
            let copy = scratch.path().join(path.file_name().unwrap());
            fs::write(&copy, served(&library, *id)).unwrap();
            set(field, value, time, &[&copy]);
            let edited = fs::read(&copy).unwrap();
            library.commit(leaf(*id), &Edit::of(&edited)).unwrap();
        }
        let [ours, theirs] = [&ours, &theirs].map(Place::rows);
        assert_eq!(
            ours[&("albums", album)],
            theirs[&("albums", album)],
            "{field} {value}"
        );
        for (id, _) in &items {
            let [ours, theirs] = [&ours, &theirs].map(|rows| &rows[&("items", *id)][field]);
            assert_eq!(ours, theirs, "{field} {value}");
        }
    }
}

#[test]
fn the_last_of_a_series_and_its_album_are_one_edit() {
    let edited = Edited::new();
    edited.execute("UPDATE items SET artist = 'One', album = 'Mid', disc = 1, track = id");
    edited.execute("UPDATE albums SET album = 'Mid'");
    let id = edited.id("flac-every-field");
    let album = edited.library.digest(leaf(id)).unwrap().album.unwrap();
    let sql = "SELECT id FROM items WHERE album_id = ?1 AND album = 'Mid' ORDER BY id";
    let connection = edited.place.database();
    let mut statement = connection.prepare(sql).unwrap();
    let items = statement.query_map([album.0], |row| row.get(0)).unwrap();
    let items: Vec<i64> = items.map(Result::unwrap).collect();
    assert!(items.len() > 2, "{items:?}");
    let of_album = || edited.place.rows()[&("albums", album.0)]["album"].clone();
    let mut before = edited.place.rows();
    for item in items {
        assert_eq!(of_album(), text("Mid"));
        before = edited.place.rows();
        let bytes = edited.retagged(item, Field::Album, TagValue::text("Zed"));
        edited.commit(item, &bytes).unwrap();
    }
    assert_eq!(of_album(), text("Zed"));
    let last = edited.last();
    let names: Vec<_> = last.cells.iter().map(|cell| cell.entity).collect();
    assert!(names.contains(&catalog::Entity::Album), "{names:?}");
    edited.undo(None, false).unwrap();
    assert_eq!(edited.place.rows(), before);
}
