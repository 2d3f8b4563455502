//! Tags that are written to ID3 frames and read back.

use fixtures::{Chunked, Dsf, Mp3};
use proptest::prelude::*;

use super::tags::{any_text_tags, list, tags, text};
use crate::{Composed, Field, Options, TagSet, Value, parse, render};

/// Files without tags, by name.
fn files() -> [(&'static [u8], Vec<u8>); 4] {
    [
        (b"a.mp3", Mp3::new().n_frames(3).build()),
        (b"a.wav", Chunked::wav().build()),
        (b"a.aiff", Chunked::aiff().build()),
        (b"a.dsf", Dsf::new().build()),
    ]
}

/// Writes tags to a file without any; returns what is read back.
#[track_caller]
fn read_back(name: &[u8], file: &[u8], tags: &TagSet<'_>) -> TagSet<'static> {
    let rendering = render(file, name, tags, None, &Options::default()).unwrap();
    parse(&Composed::new(&rendering.plan, file, None), name).unwrap()
}

#[track_caller]
fn check<const N: usize, const M: usize>(
    written: [(Field, Value<'static>); N],
    expect: [(Field, Value<'static>); M],
) {
    let [written, expect] = [tags(written), tags(expect)];
    for (name, file) in files() {
        let found = read_back(name, &file, &written);
        assert_eq!(found, expect, "{}", name.escape_ascii());
    }
}

#[test]
fn nothing_is_left_of_what_is_empty() {
    check([(Field::Title, text(""))], []);
    check(
        [(Field::Genres, list(&[])), (Field::Artists, list(&[""]))],
        [],
    );
    check(
        [(Field::Lyrics, text("")), (Field::MbTrackid, text(""))],
        [(Field::Lyrics, text("")), (Field::MbTrackid, text(""))],
    );
}

#[test]
fn fields_share_frames() {
    let types = list(&["album", "live"]);
    check(
        [
            (Field::Albumtype, text("single")),
            (Field::Albumtypes, types.clone()),
        ],
        [
            (Field::Albumtype, text("album")),
            (Field::Albumtypes, types),
        ],
    );
    check(
        [(Field::Tracktotal, Value::Int(5))],
        [
            (Field::Track, Value::Int(0)),
            (Field::Tracktotal, Value::Int(5)),
        ],
    );
}

#[test]
fn a_peak_alone_has_a_gain() {
    check(
        [(Field::RgTrackPeak, Value::Float(0.5))],
        [
            (Field::RgTrackGain, Value::Float(0.0)),
            (Field::RgTrackPeak, Value::Float(0.5)),
        ],
    );
}

#[test]
fn values_are_read_as_they_are_spelled() {
    check(
        [(Field::Comp, Value::Int(2))],
        [(Field::Comp, Value::Int(1))],
    );
    check([(Field::Title, text("a\0b"))], [(Field::Title, text("a"))]);
    check(
        [(Field::Genres, list(&["17", "(4)Odd"]))],
        [(Field::Genres, list(&["Rock", "Disco", "Odd"]))],
    );
    check(
        [(Field::R128TrackGain, Value::Float(-3.501))],
        [(Field::R128TrackGain, Value::Float(-3.5))],
    );
    let date = [(Field::Year, 0), (Field::Month, 0), (Field::Day, 5)];
    check(
        date.map(|(field, number)| (field, Value::Int(number))),
        [(Field::Year, Value::Int(0))],
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_written_is_read_back(tags in held()) {
        for (name, file) in files() {
            prop_assert_eq!(read_back(name, &file, &tags), tags.clone());
        }
    }
}

/// Any tags that come back from ID3 as they are: such as come back from text, without NULs and what is
/// empty, numbers in the place of genres, totals without numbers, and peaks without gains.
fn held() -> impl Strategy<Value = TagSet<'static>> {
    any_text_tags().prop_map(|mut tags| {
        for &field in Field::ALL {
            let value = tags.get(field).map(|value| filled(field, value));
            tags.set(field, value);
        }
        for (whole, part) in [
            (Field::Track, Field::Tracktotal),
            (Field::Disc, Field::Disctotal),
            (Field::RgTrackGain, Field::RgTrackPeak),
        ] {
            if tags.get(whole).is_none() {
                tags.set(part, None);
            }
        }
        tags
    })
}

fn filled(field: Field, value: &Value<'static>) -> Value<'static> {
    let full = |text: &str| match text.replace('\0', "0") {
        text if text.is_empty() || field == Field::Genres => text + "x",
        text => text,
    };
    match value {
        Value::Text(text) => Value::text(full(text)),
        Value::List(texts) => Value::list(texts.iter().map(|text| full(text))),
        number => number.clone(),
    }
}
