//! The tags and the audio of a mounted library, as independent readers see them.

use std::fs;
use std::path::Path;
use std::process::Command;

use fixtures::{Item, Library};
use lofty::file::TaggedFileExt;
use lofty::tag::{Accessor, ItemKey};
use serde_json::Value;

use crate::sidecars::set_art;
use crate::support::{Mounted, can_mount, execute, fixture_mounted, library_with, served};

fn is_rendered(item: &Item) -> bool {
    matches!(
        item.format.as_str(),
        "AAC" | "AIFF" | "FLAC" | "MP3" | "WAVE" | "WavPack"
    )
}

/// Calls `check` for every rendered item with its path in a mount.
fn for_each_rendered(check: impl Fn(&Library, &Item, &Path)) {
    let Some((library, mounted)) = fixture_mounted(&[]) else {
        return;
    };
    let mut n_checked = 0;
    for item in library.items().iter().filter(|item| is_rendered(item)) {
        check(&library, item, &served(&mounted, &library, &item.case));
        n_checked += 1;
    }
    assert!(n_checked > 30, "{n_checked}");
}

fn text<'a>(item: &'a Item, field: &str) -> &'a str {
    item.fields[field].as_str().unwrap_or("")
}

#[test]
fn lofty_sees_the_tags_of_the_database() {
    for_each_rendered(|_, item, path| {
        let file =
            lofty::read_from_path(path).unwrap_or_else(|error| panic!("{}: {error}", item.case));
        let tag = file
            .primary_tag()
            .unwrap_or_else(|| panic!("{}: no tag", item.case));
        assert_eq!(
            tag.title().unwrap_or_default(),
            text(item, "title"),
            "{}",
            item.case
        );
        assert_eq!(
            tag.artist().unwrap_or_default(),
            text(item, "artist"),
            "{}",
            item.case
        );
        assert_eq!(
            tag.album().unwrap_or_default(),
            text(item, "album"),
            "{}",
            item.case
        );
        let isrc = tag.get_string(ItemKey::Isrc).unwrap_or_default();
        assert_eq!(isrc, text(item, "isrc"), "{}", item.case);
        let track = tag.track().unwrap_or(0);
        assert_eq!(Value::from(track), item.fields["track"], "{}", item.case);
    });
}

/// Returns the audio of an origin: what is told of it, the content of `mdat`, or all of it.
fn audio<'o>(item: &Item, origin: &'o [u8]) -> &'o [u8] {
    if let Some(range) = item.audio.clone() {
        return &origin[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()];
    }
    if item.format != "AAC" {
        // All but the tag at its end, and a size at its start.
        return &origin[8..];
    }
    let name = origin.windows(4).position(|name| name == b"mdat").unwrap();
    let size = u32::from_be_bytes(origin[name - 4..name].try_into().unwrap());
    &origin[name + 4..name - 4 + size as usize]
}

#[test]
fn the_audio_is_the_origins() {
    for_each_rendered(|library, item, path| {
        let origin = library.packed_origin(item);
        let audio = audio(item, &origin);
        // A tag behind it counts as audio there, and would contradict the new one.
        let is_tag = |window: &[u8]| {
            window == b"APETAGEX" || window.starts_with(b"id3 ") || window.starts_with(b"ID3 ")
        };
        let audio = match audio.windows(8).position(is_tag) {
            Some(start) => &audio[..start],
            None => audio,
        };
        let bytes = fs::read(path).unwrap();
        let found = bytes.windows(audio.len()).any(|window| window == audio);
        assert!(found, "{}", item.case);
    });
}

#[test]
fn a_file_that_beets_has_written_already_is_served_as_it_is() {
    for_each_rendered(|library, item, path| {
        if item.is_written() {
            assert_eq!(
                fs::read(path).unwrap(),
                library.packed_origin(item),
                "{}",
                item.case
            );
        }
    });
}

#[test]
fn flac_finds_the_files_sound() {
    if fixtures::tool("flac").is_none() {
        return;
    }
    for_each_rendered(|library, item, path| {
        let judge = |path: &Path| Command::new("flac").arg("-ts").arg(path).output().unwrap();
        // An ID3v1 tag at its end makes a FLAC file unsound to begin with.
        if item.format == "FLAC" && judge(&library.origin(item)).status.success() {
            let output = judge(path);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{}: {said}", item.case);
        } else {
            assert!(
                item.format != "FLAC" || item.case == "flac-id3-around",
                "{}",
                item.case
            );
        }
    });
}

#[test]
fn ffprobe_sees_the_tags_of_the_database() {
    if fixtures::tool("ffprobe").is_none() {
        return;
    }
    for_each_rendered(|_, item, path| {
        let output = Command::new("ffprobe")
            .args(["-v", "error", "-of", "json", "-show_format"])
            .arg(path)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{}: {said}", item.case);
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        let tags = printed["format"]["tags"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        let shown = |name: &str| {
            let found = tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found
                .and_then(|(_, value)| value.as_str())
                .unwrap_or("")
                .to_owned()
        };
        assert_eq!(shown("title"), text(item, "title"), "{}", item.case);
        assert_eq!(shown("album"), text(item, "album"), "{}", item.case);
        assert_eq!(shown("artist"), text(item, "artist"), "{}", item.case);
    });
}

#[test]
fn ffmpeg_sees_the_packets_of_the_origin() {
    if fixtures::tool("ffmpeg").is_none() {
        return;
    }
    for_each_rendered(|library, item, path| {
        let decoded = |path: &Path| {
            let output = Command::new("ffmpeg")
                .args(["-v", "error", "-i"])
                .arg(path)
                .args(["-map", "0:a", "-f", "md5", "-"])
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", item.case);
            String::from_utf8(output.stdout).unwrap()
        };
        assert_eq!(
            decoded(path),
            decoded(&library.origin(item)),
            "{}",
            item.case
        );
    });
}

/// The length of a FLAC block has 24 bits (RFC 9639, section 8.1).
#[test]
fn a_cover_is_embedded_and_one_that_is_too_large_leaves_the_tags() {
    if !can_mount() {
        return;
    }
    let library = library_with("musicfs: {embed_art: yes}");
    let case = library.case("flac-every-field");
    let (cover, audio) = (library.folder().join("cover.jpg"), &case.audio);
    let id = case.id;
    execute(
        &library,
        &format!("UPDATE items SET title = 'Of the database', album_id = 1 WHERE id = {id}"),
    );
    set_art(&library, 1, &cover);
    let start = [0xff, 0xd8, 0xff, 0xe0, 0, 0x10, b'J', b'F', b'I', b'F', 0];
    let fits = [&start[..], &[7; 9000], &[0xff, 0xd9]].concat();
    let has = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    for (picture, embedded) in [
        (fits.clone(), true),
        ([&fits[..], &vec![7; 1 << 24]].concat(), false),
    ] {
        fs::write(&cover, &picture).unwrap();
        let mounted = Mounted::library(&library, &[]);
        let file = served(&mounted, &library, &case.case);
        let len = fs::metadata(&file).unwrap().len();
        let bytes = fs::read(&file).unwrap();
        assert_eq!(bytes.len() as u64, len);
        assert!(has(&bytes, b"TITLE=Of the database"));
        assert_eq!(has(&bytes, &fits[..2000]), embedded);
        let origin = fs::read(library.origin(case)).unwrap();
        let audio = audio.clone().expect("it is in one piece");
        let range = usize::try_from(audio.start).unwrap()..usize::try_from(audio.end).unwrap();
        assert!(bytes.ends_with(&origin[range]));
        let log = mounted.stop_by("TERM");
        assert_eq!(log.contains("without the picture"), !embedded, "{log}");
    }
}
