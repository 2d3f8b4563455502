use fixtures::Mp4;
use fixtures::mp4::{free_item, item};
use proptest::prelude::*;

use super::mp3_rendered::many;
use super::mp4_rendered::rendered;
use super::tags::{any_tags, list, tags, text};
use crate::parse::{DATE, ORIGINAL_DATE, date_parts};
use crate::spell::{self, Step};
use crate::{Field, TagSet, Value, parse};

#[track_caller]
fn check(items: &[Vec<u8>], expect: &TagSet<'_>) {
    let found = parse(&Mp4::new().items(items, 0).build(), b"a.m4a").unwrap();
    assert_eq!(found, *expect);
}

#[test]
fn items_of_every_kind() {
    check(
        &[
            item(b"\xa9nam", 0, &[b"a", b"b"]),
            item(
                b"trkn",
                0,
                &[b"\0\0\0\x05\0\0\0\0", b"\0\0\0\x06\0\x07\0\0"],
            ),
            item(b"disk", 0, &[b"\0\0\0\0\0\x02"]),
            item(b"tmpo", 21, &[b"\x7f"]),
            item(b"cpil", 21, &[b"\0", b"\x02"]),
            item(b"gnre", 0, &[b"\0\x12"]),
            item(b"\xa9gen", 1, &[b"Electronic"]),
            item(b"\xa9day", 1, &[b"2000-10-02T07:00:00Z"]),
            free_item("ORIGINALDATE", 1, &[b"1999-01"]),
            free_item("Label", 0, &[b"Parlo\xffphone"]),
            free_item("publisher", 1, &[b""]),
            free_item("replaygain_track_gain", 1, &[b"-7.25 dB"]),
            free_item("iTunNORM", 1, &[b" 000007D0 000007D0 0 0"]),
            free_item("R128_TRACK_GAIN", 1, &[b"-896"]),
        ],
        &tags([
            (Field::Title, text("a")),
            (Field::Track, Value::Int(5)),
            (Field::Disctotal, Value::Int(2)),
            (Field::Bpm, Value::Int(127)),
            (Field::Comp, Value::Int(1)),
            (Field::Genres, list(&["Rock", "Electronic"])),
            (Field::Year, Value::Int(2000)),
            (Field::Month, Value::Int(10)),
            (Field::Day, Value::Int(2)),
            (Field::OriginalYear, Value::Int(1999)),
            (Field::OriginalMonth, Value::Int(1)),
            (Field::Label, text("Parlophone")),
            (Field::RgTrackGain, Value::Float(-7.25)),
            (Field::RgTrackPeak, Value::Float(0.0)),
            (Field::R128TrackGain, Value::Float(-3.5)),
        ]),
    );
}

#[test]
fn long_values_are_read() {
    let lyrics = "la la\n".repeat(100_000);
    check(
        &[item(b"\xa9lyr", 1, &[lyrics.as_bytes()])],
        &tags([(Field::Lyrics, text(&lyrics))]),
    );
}

#[test]
fn files_without_tags_have_none() {
    let found = parse(&Mp4::new().build(), b"a.m4a").unwrap();
    assert_eq!(found, TagSet::default());
}

/// Returns what is left of a tag set in a file.
///
/// `subtitle` has no place. Dates go by their text, and empty lists, zeros of tracks and discs, and
/// empty texts that have an alias behind them are as good as none.
fn held(tags: &TagSet<'_>) -> TagSet<'static> {
    let mut held = TagSet::default();
    for &field in Field::ALL {
        held.set(
            field,
            tags.get(field).and_then(|value| held_value(field, value)),
        );
    }
    held.set(Field::Subtitle, None);
    for (single, list) in [
        (Field::Albumtype, Field::Albumtypes),
        (Field::MbAlbumartistid, Field::MbAlbumartistids),
        (Field::MbArtistid, Field::MbArtistids),
    ] {
        let first = match held.get(list) {
            Some(Value::List(texts)) => texts.first().cloned().map(Value::Text),
            _ => None,
        };
        held.set(single, first);
    }
    // Without a gain, that of Sound Check is a zero; and without a peak there is no Sound Check.
    if held.get(Field::RgTrackGain).is_none() && held.get(Field::RgTrackPeak).is_some() {
        held.set(Field::RgTrackGain, Value::Float(0.0));
    }
    for (fields, step) in [(DATE, Step::Date), (ORIGINAL_DATE, Step::OriginalDate)] {
        let date = spell::date(tags, step, false).unwrap_or_default();
        for (field, part) in fields.into_iter().zip(date_parts(&date, || None)) {
            held.set(field, part.map(Value::Int));
        }
    }
    held
}

fn held_value(field: Field, value: &Value<'_>) -> Option<Value<'static>> {
    let round = |number: f64, places: i32| {
        let text = format!("{number:.*}", usize::try_from(places).unwrap());
        text.parse().unwrap()
    };
    let value = match (field, value) {
        (Field::Label | Field::Catalognum, Value::Text(text)) if text.is_empty() => return None,
        (_, Value::Text(text)) => Value::text(text.to_string()),
        (_, Value::List(texts)) if texts.is_empty() => return None,
        (_, Value::List(texts)) => Value::list(texts.iter().map(ToString::to_string)),
        (Field::Comp, Value::Int(number)) => Value::Int((*number != 0).into()),
        (Field::Track | Field::Tracktotal | Field::Disc | Field::Disctotal, Value::Int(number)) => {
            return Some(*number).filter(|&number| number > 0).map(Value::Int);
        }
        (_, Value::Int(number)) => Value::Int(*number),
        (Field::R128AlbumGain | Field::R128TrackGain, Value::Float(gain)) => {
            Value::Float((gain * 256.0).round_ties_even() / 256.0)
        }
        (Field::RgAlbumPeak | Field::RgTrackPeak, Value::Float(peak)) => {
            Value::Float(round(*peak, 6))
        }
        (_, Value::Float(gain)) => Value::Float(round(*gain, 2)),
    };
    Some(value)
}

#[test]
fn what_is_written_is_read() {
    let (_, bytes) = rendered(&Mp4::new(), &many());
    assert_eq!(parse(&bytes, b"a.m4a").unwrap(), held(&many()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_tags_that_are_written_are_read(tags in any_tags()) {
        let (_, bytes) = rendered(&Mp4::new(), &tags);
        let found = parse(&bytes, b"a.m4a").unwrap();
        prop_assert_eq!(&found, &held(&tags));
        // What was read once is written and read as it is.
        let (_, again) = rendered(&Mp4::new(), &found);
        prop_assert_eq!(parse(&again, b"a.m4a").unwrap(), found);
    }
}
