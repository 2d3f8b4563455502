//! `musicfs check`, on a library in which things are wrong.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use fixtures::Library;
use serde_json::Value;

use crate::support::run;

/// Runs the check with these arguments; returns its status and what it found, by item.
#[track_caller]
fn check(library: &Library, more: &[&str]) -> (Option<i32>, BTreeMap<i64, Value>) {
    let config = library.config();
    let mut args = vec![OsStr::new("check"), "--json".as_ref(), "--config".as_ref()];
    args.push(config.as_os_str());
    args.extend(more.iter().map(OsStr::new));
    let output = run(&args);
    let printed = String::from_utf8(output.stdout).unwrap();
    let records = printed.lines().map(|line| {
        let record: Value = serde_json::from_str(line).unwrap();
        (record["id"].as_i64().unwrap(), record)
    });
    (output.status.code(), records.collect())
}

/// Returns the words of an item's findings.
fn words(record: &Value) -> Vec<&str> {
    let findings = record["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["what"].as_str().unwrap())
        .collect()
}

fn cut(path: &Path) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(fs::metadata(path).unwrap().len() * 3 / 4)
        .unwrap();
}

#[test]
fn a_sound_selection_ends_well_and_tells_sizes() {
    let library = Library::copy_to_temp();
    let item = library.case("flac-every-field");
    let (status, found) = check(&library, &["-q", &format!("id:{}", item.id)]);
    assert_eq!(status, Some(0));
    assert_eq!(found.len(), 1);
    let record = &found[&item.id];
    let len = fs::metadata(library.origin(item)).unwrap().len();
    assert_eq!(record["origin_size"], Value::from(len));
    assert!(record["served_size"].as_u64().unwrap() >= len);
    // The fixture's tags are the database's nowhere.
    assert_eq!(words(record), ["tags-differ"]);
    let fields = record["findings"][0]["fields"].as_array().unwrap();
    assert!(fields.contains(&Value::from("title")), "{fields:?}");
}

#[test]
fn what_beets_wrote_last_differs_in_nothing() {
    let library = Library::copy_to_temp();
    let (_, found) = check(&library, &[]);
    let mut n_written = 0;
    for item in library.items().iter().filter(|item| item.is_written()) {
        assert_eq!(words(&found[&item.id]), [""; 0], "{}", item.case);
        n_written += 1;
    }
    assert!(n_written > 1, "{n_written}");
}

#[test]
fn everything_that_is_wrong_is_found() {
    let library = Library::copy_to_temp();
    let id = |case: &str| library.case(case).id;
    let path = |case: &str| library.origin(library.case(case));
    fs::remove_file(path("flac-every-field")).unwrap();
    cut(&path("flac-every-block"));
    cut(&path("mp3-v23-v1"));
    File::create(path("mp3-every-field")).unwrap();
    fs::remove_file(path("flac-id3-around")).unwrap();
    fs::create_dir(path("flac-id3-around")).unwrap();
    let (status, found) = check(&library, &[]);
    assert_eq!(status, Some(1));
    assert_eq!(found.len(), library.items().len());
    let first = |case: &str| words(&found[&id(case)])[0].to_owned();
    assert_eq!(first("flac-every-field"), "missing");
    assert_eq!(first("flac-every-block"), "truncated");
    assert_eq!(first("mp3-v23-v1"), "truncated");
    assert_eq!(first("mp3-every-field"), "unsupported");
    assert_eq!(first("flac-id3-around"), "unreadable");
    let taken = found
        .values()
        .filter(|record| words(record).contains(&"name-taken"));
    // Two pairs of items share their destinations.
    assert_eq!(taken.count(), 2);
}

#[test]
fn the_report_for_people_names_item_path_and_reason() {
    let library = Library::copy_to_temp();
    let item = library.case("flac-every-field");
    let origin = library.origin(item);
    fs::remove_file(&origin).unwrap();
    let config = library.config();
    let query = format!("id:{}", item.id);
    let args = ["check".as_ref(), "--config".as_ref(), config.as_os_str()];
    let args = [&args[..], &["-q".as_ref(), query.as_ref()]].concat();
    let output = run(&args);
    let printed = String::from_utf8(output.stdout).unwrap();
    let columns: Vec<&str> = printed.trim_end().split('\t').collect();
    assert_eq!(columns[0], item.id.to_string());
    assert_eq!(columns[2..], ["missing", origin.to_str().unwrap()]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("1 items, 1 with something wrong, 1 missing"),
        "{said}"
    );
}

#[test]
fn a_file_that_may_not_be_read_is_unreadable() {
    let library = Library::copy_to_temp();
    let item = library.case("flac-every-field");
    let origin = library.origin(item);
    fs::set_permissions(&origin, fs::Permissions::from_mode(0o0)).unwrap();
    // Root may read everything.
    let expected = if File::open(&origin).is_ok() {
        "tags-differ"
    } else {
        "unreadable"
    };
    let (_, found) = check(&library, &["-q", &format!("id:{}", item.id)]);
    assert_eq!(words(&found[&item.id]), [expected]);
}
