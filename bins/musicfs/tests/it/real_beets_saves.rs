//! What the real beets makes of edits through the mount, and of the mount itself.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;
use std::time::SystemTime;

use rusqlite::Connection;
use rusqlite::types::FromSql;
use tempfile::TempDir;

use crate::saves::Saving;
use crate::support::{
    beet_says, can_mount, eventually, execute, library_with, run_to_end, served_item,
};

/// A library that is mounted for writing, where there is a beets.
fn start() -> Option<Saving> {
    fixtures::beets_python()?;
    Saving::start()
}

fn query<T: FromSql>(saving: &Saving, sql: &str) -> Vec<T> {
    let connection = Connection::open(saving.library.database()).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Another library, whose files are those of the mount.
struct Second {
    folder: TempDir,
}

impl Second {
    fn of(saving: &Saving) -> Self {
        let folder = TempDir::new().unwrap();
        let config = format!(
            "directory: {}\nlibrary: {}\nplugins: []\nimport: {{copy: no, write: yes, duplicate_action: keep}}\n",
            saving.mounted.path().display(),
            folder.path().join("second.db").display()
        );
        fs::write(folder.path().join("config.yaml"), config).unwrap();
        Self { folder }
    }

    #[track_caller]
    fn beet(&self, args: &[&str]) -> String {
        let mut beet: Command = fixtures::beets_python().unwrap();
        let config = self.folder.path().join("config.yaml");
        beet.args(["-m", "beets", "-c"]).arg(config).args(args);
        beet.env("BEETSDIR", self.folder.path());
        let output = run_to_end(beet);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {errors}");
        String::from_utf8_lossy(&output.stdout).into_owned() + &errors
    }
}

/// A library whose files are those of the mount writes to them all, and both libraries agree then.
#[test]
fn another_beets_writes_to_the_files_of_the_mount() {
    if !can_mount() || fixtures::beets_python().is_none() {
        return;
    }
    // The other one takes the mark of a compilation out of files, which would give them other names.
    let saving = Saving::of(library_with(
        "paths: {default: all/$id, comp: all/$id, singleton: all/$id}\n",
    ));
    let second = Second::of(&saving);
    second.beet(&[
        "import",
        "-q",
        "-A",
        "-C",
        saving.mounted.path().to_str().unwrap(),
    ]);
    let n_items = saving.library.items().len();
    assert_eq!(second.beet(&["list"]).lines().count(), n_items);
    // In place, and where there is no room for it.
    for comments in [
        "By another beets".to_owned(),
        "By another beets. ".repeat(600),
    ] {
        let comments = comments.trim_end();
        let said = second.beet(&["modify", "-y", "-w", "-M", &format!("comments={comments}")]);
        let errors: Vec<_> = said
            .lines()
            .filter(|line| line.starts_with("error"))
            .collect();
        assert_eq!(errors, Vec::<&str>::new());
        let found: Vec<String> = query(&saving, "SELECT comments FROM items");
        assert_eq!(found.len(), n_items);
        for found in found {
            assert_eq!(found, comments);
        }
        // Nothing is read back in another way than it was written, and nothing is taken back.
        let before: Vec<String> = query(&saving, "SELECT title || artist || album FROM items");
        assert_eq!(
            beet_says(&saving.library, &["update", "-M"]).as_deref(),
            Some("")
        );
        assert_eq!(
            query::<String>(&saving, "SELECT title || artist || album FROM items"),
            before
        );
    }
    saving.check_names();
    assert_eq!(saving.library.changed_origins(), Vec::<PathBuf>::new());
}

/// Sets a tag of the FLAC file of a case.
#[track_caller]
fn set(saving: &Saving, case: &str, tag: &str, value: &str) {
    set_of(saving, saving.library.case(case).id, tag, value);
}

/// Sets a tag of the FLAC file of an item.
#[track_caller]
fn set_of(saving: &Saving, id: i64, tag: &str, value: &str) {
    let path = served_item(&saving.mounted, &saving.library, id);
    eventually("shown", &saving.mounted, || path.exists());
    let mut metaflac = Command::new("metaflac");
    metaflac
        .arg(format!("--remove-tag={tag}"))
        .arg(format!("--set-tag={tag}={value}"))
        .arg(path);
    let output = run_to_end(metaflac);
    assert!(output.status.success(), "{output:?}");
}

/// What was edited and not undone stays in the library when beets looks at the files, whatever was undone
/// and in which order. So does what beets had edited in the database alone.
#[test]
fn an_update_takes_nothing_back_after_edits_were_undone_in_any_order() {
    const EDITS: [(&str, &str); 3] = [
        ("COMPOSER", "composers"),
        ("ISRC", "isrc"),
        ("GROUPING", "grouping"),
    ];
    let case = "flac-plain";
    for undone in [[1, 2], [2, 1], [1, 3], [3, 1], [2, 3], [3, 2]] {
        let (Some(_), Some(saving)) = (fixtures::tool("metaflac"), start()) else {
            return;
        };
        let id = saving.library.case(case).id;
        let (item, title) = (format!("id:{id}"), "title=In the database");
        let modify = ["modify", "-y", "-W", "-M", &item, title];
        beet_says(&saving.library, &modify).unwrap();
        assert_eq!(
            query::<f64>(&saving, &format!("SELECT mtime FROM items WHERE id = {id}")),
            [0.0]
        );
        for (tag, _) in EDITS {
            set(&saving, case, tag, &format!("Edited {tag}"));
        }
        for number in undone {
            saving.journal("undo", &[&number.to_string()]);
        }
        let said = beet_says(&saving.library, &["update", "-M", &item]);
        assert_eq!(said.as_deref(), Some(""), "{undone:?}");
        for (number, (tag, column)) in (1..).zip(EDITS) {
            let found: Vec<Option<String>> = query(
                &saving,
                &format!("SELECT {column} FROM items WHERE id = {id}"),
            );
            let is_edited = found[0].as_deref() == Some(&format!("Edited {tag}"));
            assert_eq!(
                is_edited,
                !undone.contains(&number),
                "{undone:?}: {found:?}"
            );
        }
        let found: Vec<String> =
            query(&saving, &format!("SELECT title FROM items WHERE id = {id}"));
        assert_eq!(found, ["In the database"]);
        assert!(saving.library.changed_origins().is_empty());
    }
}

/// An edit of an album's field reaches all of its items; undoing it leaves what was edited in others since.
#[test]
fn an_update_takes_nothing_back_after_an_edit_of_an_album_was_undone() {
    let (Some(_), Some(saving)) = (fixtures::tool("metaflac"), start()) else {
        return;
    };
    let all = |column: &str| -> Vec<Option<String>> {
        query(
            &saving,
            &format!("SELECT {column} FROM items WHERE album_id = 1 ORDER BY id"),
        )
    };
    beet_says(
        &saving.library,
        &["modify", "-y", "-W", "-M", "album_id:1", "lyricist=Nobody"],
    )
    .unwrap();
    let before = all("label");
    set(&saving, "flac-plain", "LABEL", "Another Label");
    assert!(
        all("label")
            .iter()
            .all(|label| label.as_deref() == Some("Another Label"))
    );
    set(&saving, "flac-every-block", "ISRC", "Edited");
    saving.journal("undo", &["1"]);
    assert_eq!(all("label"), before);
    let said = beet_says(&saving.library, &["update", "-M", "id:4"]);
    assert_eq!(said.as_deref(), Some(""));
    let isrc = query::<String>(&saving, "SELECT isrc FROM items WHERE id = 4");
    assert_eq!(isrc, ["Edited"]);
    assert!(saving.library.changed_origins().is_empty());
}

/// An edit of an album's field reaches items whose files are away, as on a disk that is not there, and stays
/// when they are back.
#[test]
fn an_update_takes_nothing_back_of_items_whose_files_were_away() {
    let (Some(_), Some(saving)) = (fixtures::tool("metaflac"), start()) else {
        return;
    };
    let all = |column: &str| -> Vec<Option<String>> {
        query(
            &saving,
            &format!("SELECT {column} FROM items WHERE album_id = 1 ORDER BY id"),
        )
    };
    // Its row is of when its file was read last, whose tags are not what the database says.
    let away = saving
        .library
        .origin(saving.library.case("flac-every-block"));
    let sql = "UPDATE items SET mtime = 1600000000 WHERE id = 4";
    execute(&saving.library, sql);
    let aside = saving.folder().join("aside.flac");
    fs::rename(&away, &aside).unwrap();
    set(&saving, "flac-plain", "LABEL", "Another Label");
    fs::rename(&aside, &away).unwrap();
    let edited = vec![Some("Another Label".to_owned()); all("label").len()];
    assert_eq!(all("label"), edited);
    let update = || beet_says(&saving.library, &["update", "-M", "id:4"]).unwrap();
    assert_eq!(update(), "");
    assert_eq!(all("label"), edited);
    assert!(saving.library.changed_origins().is_empty());
    // One that comes back as another is read, as ever.
    let back = File::options().append(true).open(&away).unwrap();
    back.set_modified(SystemTime::now()).unwrap();
    assert_ne!(update(), "");
    assert_ne!(all("label"), edited);
}

/// What is edited in the item that beets has first of an album is the album's, in whatever order that is.
#[test]
fn the_first_item_of_an_album_is_beets() {
    let orders = [
        "grouping+",
        "grouping-",
        "mood+ title-",
        "title- mood-",
        "artist- mood- track-",
        "lyricist+ no_such- disc- track-",
        "albumstatus- id-",
        "[]",
    ];
    for (number, order) in orders.into_iter().enumerate() {
        let (Some(_), true) = (fixtures::tool("metaflac"), can_mount()) else {
            return;
        };
        let library = library_with(&format!(
            "paths: {{default: all/$id, comp: all/$id, singleton: all/$id}}\n\
             sort_item: {order}\nsort_case_insensitive: no\n"
        ));
        execute(
            &library,
            "UPDATE items SET grouping = CASE id WHEN 5 THEN 'B' WHEN 7 THEN 'a' WHEN 9 THEN 'Z'
                 WHEN 10 THEN 'y' ELSE 'm' END WHERE album_id = 1;
             INSERT INTO item_attributes (entity_id, key, value)
                 VALUES (4, 'mood', 'Ä'), (7, 'mood', 'ä'), (8, 'mood', 'B'), (9, 'mood', 'a')",
        );
        let Some(said) = beet_says(&library, &["list", "-f", "$id", "album_id:1"]) else {
            return;
        };
        let ids: Vec<i64> = said.lines().map(|id| id.parse().unwrap()).collect();
        let saving = Saving::of(library);
        let label = || -> Vec<String> { query(&saving, "SELECT label FROM albums WHERE id = 1") };
        let edited = format!("Label {number}");
        set_of(&saving, ids[0], "LABEL", &edited);
        assert_eq!(label(), [edited.as_str()], "{order}: {ids:?}");
        set_of(&saving, ids[1], "LABEL", "Of another");
        assert_eq!(label(), [edited.as_str()], "{order}: {ids:?}");
    }
}
