//! `musicfs diff`: files on disk beside the database.

use std::ffi::OsStr;
use std::fs;
use std::process::Output;

use fixtures::Library;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{execute, musicfs_on_a_terminal, run, run_to_end};

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
fn an_item_in_several_views_is_shown_once_as_the_first_has_it() {
    let (library, query) = edited();
    let views = ["-q", &query, "--view", "A=$id", "--view", "B=$id"];
    let id = library.case(CASE).id;
    let text = printed(&diff(&library, &views));
    let heads: Vec<_> = text.lines().filter(|line| line.contains('\t')).collect();
    assert_eq!(heads, [format!("{id}\tA/{id}.flac")]);
    let json = printed(&diff(&library, &[&views[..], &["--json"]].concat()));
    let object: Value = serde_json::from_str(json.trim_end()).unwrap();
    assert_eq!(object["path"], format!("A/{id}.flac"));
}

/// A terminal sees colours, and nobody else.
#[test]
fn a_terminal_shows_what_was_in_red_and_what_is_in_green() {
    let (library, query) = edited();
    let on_a_terminal = |variables: &[(&str, &str)]| {
        let config = library.config();
        let diff = format!("diff --config {} -q {query} 2>/dev/null", config.display());
        let mut script = musicfs_on_a_terminal(&diff)?;
        script.envs(variables.iter().copied());
        let output = run_to_end(script);
        assert!(output.status.success(), "{output:?}");
        let shown = String::from_utf8(output.stdout).unwrap();
        // What a terminal makes of the end of a line.
        Some(shown.replace("\r\n", "\n"))
    };
    let plain = printed(&diff(&library, &["-q", &query]));
    assert!(!plain.contains('\x1b'), "{plain:?}");
    let Some(shown) = on_a_terminal(&[("NO_COLOR", "")]) else {
        return;
    };
    let titled = |from: &str| {
        from.lines()
            .find(|line| line.contains("title: "))
            .unwrap()
            .to_owned()
    };
    let (old, new) = ("As Beets Wrote It", "Another\\nTitle");
    assert_eq!(titled(&plain), format!("    title: {old} -> {new}"));
    let coloured = format!("    title: \x1b[31m{old}\x1b[0m -> \x1b[32m{new}\x1b[0m");
    assert_eq!(titled(&shown), coloured);
    let codes = ["\x1b[31m", "\x1b[32m", "\x1b[0m"];
    let bare = codes
        .iter()
        .fold(shown, |text, code| text.replace(code, ""));
    assert_eq!(bare, plain);
    assert_eq!(on_a_terminal(&[("NO_COLOR", "1")]), Some(plain));
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
