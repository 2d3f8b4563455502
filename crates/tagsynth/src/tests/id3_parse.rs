//! Tags that are written to ID3 frames and read back.

use fixtures::{Chunked, Dsf, Mp3};
use proptest::prelude::*;

use super::tags::{list, tags, text};
use crate::parse::{DATE, ORIGINAL_DATE};
use crate::{Composed, Field, Kind, Options, TagSet, Value, parse, render};

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

/// Any tags that come back as they are: those that ID3 can hold.
fn held() -> impl Strategy<Value = TagSet<'static>> {
    let values: Vec<_> = Field::ALL.iter().map(|&field| value(field)).collect();
    values.prop_map(|values| {
        let mut tags = TagSet::default();
        for (&field, value) in Field::ALL.iter().zip(values) {
            tags.set(field, value);
        }
        for (whole, part) in [
            (Field::Track, Field::Tracktotal),
            (Field::Disc, Field::Disctotal),
            (DATE[0], DATE[1]),
            (DATE[1], DATE[2]),
            (ORIGINAL_DATE[0], ORIGINAL_DATE[1]),
            (ORIGINAL_DATE[1], ORIGINAL_DATE[2]),
            (Field::RgTrackGain, Field::RgTrackPeak),
        ] {
            if tags.get(whole).is_none() {
                tags.set(part, None);
            }
        }
        for (first, all) in [
            (Field::Albumtype, Field::Albumtypes),
            (Field::MbArtistid, Field::MbArtistids),
            (Field::MbAlbumartistid, Field::MbAlbumartistids),
        ] {
            let Some(Value::List(texts)) = tags.get(all).cloned() else {
                tags.set(first, None);
                continue;
            };
            tags.set(first, texts.into_iter().next().map(Value::Text));
        }
        tags
    })
}

fn value(field: Field) -> impl Strategy<Value = Option<Value<'static>>> {
    let any_text = match field {
        // Other words may stand for genres.
        Field::Genres => "[a-z]{1,9}",
        Field::Lyrics | Field::MbTrackid => "[ -~é日]{0,9}",
        _ => "[ -~é日]{1,9}",
    };
    let number = match field {
        Field::Comp => 0..2_i64,
        Field::Year | Field::OriginalYear => 0..12_000,
        Field::Month | Field::OriginalMonth | Field::Day | Field::OriginalDay => 1..99,
        _ => -99..1_000_000,
    };
    let steps = match field {
        Field::RgTrackGain | Field::RgAlbumGain => 100.0,
        Field::RgTrackPeak | Field::RgAlbumPeak => 1_000_000.0,
        _ => 256.0,
    };
    let value = match field.kind() {
        Kind::Text => any_text.prop_map(Value::text).boxed(),
        Kind::Int => number.prop_map(Value::Int).boxed(),
        Kind::Float => (-9000..9000_i32)
            .prop_map(move |number| Value::Float(f64::from(number) / steps))
            .boxed(),
        Kind::List => proptest::collection::vec(any_text, 1..4)
            .prop_map(Value::list)
            .boxed(),
    };
    proptest::option::weighted(0.8, value)
}
