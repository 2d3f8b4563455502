//! `musicfs diff`: files on disk beside the database.

use std::ffi::OsStr;
use std::fs;
use std::process::Output;

use fixtures::Library;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{execute, run};

/// A file that beets wrote last, so that nothing differs.
const CASE: &str = "flac-written";

fn diff(library: &Library, more: &[&str]) -> Output {
    let config = library.config();
    let mut args = vec![OsStr::new("diff"), "--config".as_ref(), config.as_os_str()];
    args.extend(more.iter().map(OsStr::new));
    run(&args)
}

#[track_caller]
fn printed(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(errors, "");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn edited() -> (Library, String) {
    let library = Library::copy_to_temp();
    let id = library.case(CASE).id;
    let list = "One\\\u{2400}Two";
    let lyrics = "la ".repeat(99);
    execute(
        &library,
        &format!(
            "UPDATE items SET title = 'Another\nTitle', genres = '{list}', year = 0, comp = 1,
                rg_track_gain = -1.25, bpm = NULL, lyrics = '{lyrics}' WHERE id = {id}"
        ),
    );
    (library, format!("id:{id}"))
}

#[test]
fn what_beets_wrote_last_does_not_differ() {
    let library = Library::copy_to_temp();
    let query = format!("id:{}", library.case(CASE).id);
    assert_eq!(printed(&diff(&library, &["-q", &query])), "");
}

#[test]
fn differences_are_shown_field_by_field() {
    let (library, query) = edited();
    assert_snapshot!("diff", printed(&diff(&library, &["-q", &query])));
}

#[test]
fn differences_are_there_for_programs() {
    let (library, query) = edited();
    let printed = printed(&diff(&library, &["--json", "-q", &query]));
    let record: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(record["id"], library.case(CASE).id);
    let fields = &record["fields"];
    assert_eq!(fields["title"]["database"], "Another\nTitle");
    assert_eq!(fields["genres"]["database"], json!(["One", "Two"]));
    assert_eq!(fields["rg_track_gain"]["database"], -1.25);
    assert!(fields["title"]["file"].is_string(), "{fields}");
    assert!(fields.get("artist").is_none(), "{fields}");
}

#[test]
fn files_that_cannot_be_read_are_named_and_the_others_shown() {
    let (library, _) = edited();
    let gone = library.case("mp3-every-field");
    fs::remove_file(library.origin(gone)).unwrap();
    let output = diff(&library, &[]);
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains(&format!("item {}: ", gone.id)), "{errors}");
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("-> Another\\nTitle"), "{shown}");
}
