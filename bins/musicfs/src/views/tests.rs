//! Views as the configuration and the command line name them, and what is refused.

use std::fs;

use catalog::Surroundings;

use super::*;

/// Returns the views that a configuration and `--view` options give.
fn views(yaml: &str, asked: &[&str]) -> Result<Vec<View>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.yaml");
    fs::write(&file, yaml).unwrap();
    let surroundings = Surroundings {
        home: Some("/nonexistent".into()),
        working_directory: "/".into(),
        ..Surroundings::default()
    };
    let config = Config::load(Some(&file), &surroundings)?;
    let overrides = Overrides {
        views: asked.iter().map(|&asked| asked.to_owned()).collect(),
        ..Overrides::default()
    };
    View::all(&config, &overrides)
}

#[track_caller]
fn refused(yaml: &str, asked: &[&str], reason: &str) {
    let error = views(yaml, asked).expect_err("must be refused");
    let error = format!("{error:#}");
    assert!(error.contains(reason), "{error}");
}

const THREE: &str = "
musicfs:
  embed_art: yes
  views:
    By genre: $genre/$title
    Car: {query: 'format:MP3', id3v23: yes, embed_art: no, sidecars: no}
    All:
";

#[test]
fn without_any_there_is_one_without_a_name() {
    let all = views("", &[]).unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!((&all[0].name, all[0].number), (&None, ViewNo::UNNAMED));
    assert_eq!(*all[0].within(b"a/b"), *b"a/b");
    assert!(all[0].sidecars.shows(Sidecar::Cover));
    assert!(!all[0].sidecars.shows(Sidecar::Lyrics));
}

#[test]
fn a_view_is_a_template_a_mapping_or_nothing() {
    let all = views(THREE, &[]).unwrap();
    let names: Vec<_> = all.iter().filter_map(|view| view.name.as_deref()).collect();
    assert_eq!(names, ["By genre", "Car", "All"]);
    let template = all[0].path.as_ref().map(|path| path.text.as_str());
    assert_eq!(template, Some("$genre/$title"));
    assert!(all[0].embeds_art && !all[1].embeds_art && all[2].embeds_art);
    assert!(all[1].rendering.id3v23 && !all[0].rendering.id3v23);
    assert_eq!(all[1].queries[0].text, "format:MP3");
    assert_eq!(all[1].sidecars, Sidecars::NONE);
    assert!(all[2].path.is_none() && all[2].queries.is_empty());
    assert_eq!(*all[1].within(b"a/b"), *b"Car/a/b");
    assert_eq!(*all[1].within(b"/"), *b"Car/.");
}

#[test]
fn the_command_line_selects_and_makes_views() {
    let all = views(
        THREE,
        &[
            "Car",
            "Years=$year/$title;year:1990..",
            "Rules=;mb_trackid:x",
        ],
    )
    .unwrap();
    assert_eq!(all.len(), 3);
    assert!(all[0].rendering.id3v23);
    let text = |wording: &Wording| wording.text.clone();
    assert_eq!(
        all[1].path.as_ref().map(text),
        Some("$year/$title".to_owned())
    );
    assert_eq!(text(&all[1].queries[0]), "year:1990..");
    assert!(all[2].path.is_none());
    refused(
        THREE,
        &["Bus"],
        "--view Bus: there is no such view (the configuration has By genre, Car, All)",
    );
    refused("", &["Bus"], "the configuration has none");
    refused(
        "",
        &["a/b=$title"],
        "--view a/b: `a/b` cannot be the name of a folder",
    );
    refused("", &["a=$title", "a=$artist"], "two views called `a`");
}

#[test]
fn the_number_of_a_view_follows_from_its_name_alone() {
    let (one, two) = (
        views(THREE, &[]).unwrap(),
        views(THREE, &["All", "Car"]).unwrap(),
    );
    assert_eq!(one[1].number, two[1].number);
    assert_eq!(one[2].number, two[0].number);
    let mut clashing = one;
    clashing[1].number = clashing[0].number;
    let error = check_apart(&clashing).expect_err("must be refused");
    assert!(error.to_string().contains("rename one"), "{error}");
}

#[test]
fn sidecars_are_switched_by_words_or_one_by_one() {
    let shown = |setting: &str| {
        let all = views(&format!("musicfs: {{sidecars: {setting}}}"), &[]).unwrap();
        let kinds = [
            Sidecar::Cover,
            Sidecar::Lyrics,
            Sidecar::Playlist,
            Sidecar::Passthrough,
        ];
        kinds.map(|kind| all[0].sidecars.shows(kind))
    };
    assert_eq!(shown("no"), [false; 4]);
    assert_eq!(shown("yes"), [true, false, false, false]);
    assert_eq!(shown("passthrough"), [true, false, false, true]);
    assert_eq!(shown("[lyrics, playlist]"), [true, true, true, false]);
    assert_eq!(
        shown("{cover: no, lyrics: yes}"),
        [false, true, false, false]
    );
}

#[test]
fn what_makes_no_sense_is_named_with_its_place() {
    let view = |setting: &str| format!("musicfs:\n  views:\n    A: {setting}\n");
    let check = |setting: &str, reason: &str| refused(&view(setting), &[], reason);
    check(
        "[1]",
        "config.yaml:3:8: musicfs.views.A: must be a template or a mapping",
    );
    check(
        "{paths: x}",
        "config.yaml:3:9: musicfs.views.A: there is no setting `paths`; known are path, query,",
    );
    check("{path: 3}", "musicfs.views.A.path: must be text");
    check(
        "{id3v23: 2}",
        "musicfs.views.A.id3v23: must be yes or no (without quotes), not an integer",
    );
    check(
        "{1: x}",
        "musicfs.views.A: there is no setting `an integer`",
    );
    check(
        "{sidecars: art}",
        "musicfs.views.A.sidecars: `art` is no kind of sidecar; known are cover, lyrics",
    );
    check(
        "{sidecars: {cover: 2}}",
        "musicfs.views.A.sidecars.cover: must be yes or no",
    );
    refused(
        "musicfs: {views: {1990: x}}",
        &[],
        "the name of a view must be text",
    );
    refused(
        "musicfs: {views: {a/b: x}}",
        &[],
        "`a/b` cannot be the name of a folder",
    );
    refused("musicfs: {views: [x]}", &[], "musicfs.views");
}

#[test]
fn the_whole_is_set_as_views_are_and_nothing_else_is_known() {
    let all = views("musicfs: {embed_art: yes, drop_ape: on, sidecars: no}", &[]).unwrap();
    assert!(all[0].embeds_art && all[0].rendering.drop_ape);
    assert_eq!(all[0].sidecars, Sidecars::NONE);
    for known in ["unidecode: x", "views: {}", "playlists: {}", "drop_ape: no"] {
        views(&format!("musicfs: {{{known}}}"), &[]).unwrap();
    }
    let known = "known are views, sidecars, playlists, embed_art, drop_ape, unidecode";
    for word in ["sidecar", "embedart", "viewz", "path", "query", "id3v23"] {
        let reason = format!("config.yaml:1:11: musicfs: there is no setting `{word}`; {known}");
        refused(&format!("musicfs: {{{word}: yes}}"), &[], &reason);
        // Nor does it matter what is asked for.
        refused(&format!("musicfs: {{{word}: yes}}"), &["A=$title"], &reason);
    }
    for (setting, found) in [
        ("drop_ape: maybe", "text"),
        ("embed_art: \"no\"", "text"),
        ("embed_art: 1", "an integer"),
        ("drop_ape:", "nothing"),
    ] {
        let key = setting.split(':').next().unwrap();
        let reason = format!("musicfs.{key}: must be yes or no (without quotes), not {found}");
        refused(&format!("musicfs:\n  {setting}\n"), &[], &reason);
    }
}
