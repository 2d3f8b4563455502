//! What stored values are as values of fields, whatever the format.

use std::borrow::Cow;

use super::tags::{list, tags, text};
use crate::parse::{Raw, Storage, tag_set};
use crate::{Field, TagSet, Value};

/// A storage of one field: the values at each of its places, and a year.
struct Stored<'a> {
    field: Field,
    places: &'a [&'a [Raw<'static>]],
    year: Option<Raw<'static>>,
}

impl Storage for Stored<'_> {
    fn places(&self, field: Field) -> impl Iterator<Item = Vec<Raw<'_>>> {
        let places = if field == self.field {
            self.places
        } else {
            &[]
        };
        places.iter().map(|values| values.to_vec())
    }

    fn copies(&self, field: Field) -> impl Iterator<Item = bool> {
        // All but the last, which is an older name; others know the second.
        let n = self.places.len().saturating_sub(1);
        (0..n)
            .filter(move |_| field == self.field)
            .map(|at| at == 1)
    }

    fn year(&self) -> Option<Raw<'_>> {
        self.year.clone()
    }
}

fn read(field: Field, places: &[&[Raw<'static>]]) -> TagSet<'static> {
    let year = None;
    tag_set(&Stored {
        field,
        places,
        year,
    })
}

fn stored(text: &'static str) -> Raw<'static> {
    Raw::Text(Cow::from(text))
}

#[track_caller]
fn check(field: Field, raw: Raw<'static>, expect: impl Into<Option<Value<'static>>>) {
    assert_eq!(read(field, &[&[raw]]).get(field), expect.into().as_ref());
}

/// Checks the parts of a date that is stored as `text`, next to a year that stands alone.
#[track_caller]
fn check_date(text: &'static str, expect: [Option<i64>; 3]) {
    let found = tag_set(&Stored {
        field: Field::Year,
        places: &[&[stored(text)]],
        year: Some(stored("1999")),
    });
    let parts = [Field::Year, Field::Month, Field::Day].map(|field| found.get(field).cloned());
    assert_eq!(parts, expect.map(|part| part.map(Value::Int)), "{text:?}");
}

#[test]
fn the_first_place_with_anything_true_counts() {
    let places: &[&[Raw<'_>]] = &[
        &[],
        &[stored("")],
        &[stored("a"), stored("b")],
        &[stored("c")],
    ];
    assert_eq!(
        read(Field::Title, places),
        tags([(Field::Title, text("a"))])
    );
    assert_eq!(
        read(Field::Title, &places[..2]),
        tags([(Field::Title, text(""))])
    );
    assert_eq!(read(Field::Title, &places[..1]), TagSet::default());
    // Even what is empty hides behind a last place where there is nothing.
    assert_eq!(
        read(Field::Title, &[places[1], places[0]]),
        TagSet::default()
    );
    let zeros: &[&[Raw<'_>]] = &[&[Raw::Float(0.0)], &[Raw::Int(0)], &[Raw::Bool(false)]];
    assert_eq!(read(Field::Bpm, zeros), tags([(Field::Bpm, Value::Int(0))]));
}

#[test]
fn lists_are_all_of_a_place() {
    let places: &[&[Raw<'_>]] = &[&[], &[stored(""), stored("b; c")], &[stored("d")]];
    let expect = tags([(Field::Genres, list(&["", "b; c"]))]);
    assert_eq!(read(Field::Genres, places), expect);
    assert_eq!(read(Field::Genres, &places[..1]), TagSet::default());
}

#[test]
fn numbers_at_the_start() {
    for (text, expect) in [
        ("12", 12),
        ("3/12", 3),
        (" \u{1c}+7x", 7),
        ("-0", 0),
        ("", 0),
        ("- 1", 0),
        ("x1", 0),
        ("1_0", 1),
        ("9223372036854775807", i64::MAX),
        ("9223372036854775808", 0),
        ("-9223372036854775808", 0),
    ] {
        check(Field::Track, stored(text), Value::Int(expect));
    }
    for (text, expect) in [
        ("-7.26 dB", -7.26),
        (" +.5.5", 0.5),
        ("5.", 5.0),
        ("1e3", 1.0),
        (".", 0.0),
        ("inf", 0.0),
    ] {
        check(Field::RgTrackGain, stored(text), Value::Float(expect));
    }
    check(Field::R128TrackGain, stored("-896.9"), Value::Float(-3.5));
    check(
        Field::R128TrackGain,
        stored("36893488147419103232"),
        Value::Float(2_f64.powi(57)),
    );
}

#[test]
fn truths_are_whole_numbers() {
    for (text, expect) in [
        ("1", 1),
        (" -0_2 ", 1),
        ("0", 0),
        ("0.5", 0),
        ("True", 0),
        ("", 0),
    ] {
        check(Field::Comp, stored(text), Value::Int(expect));
    }
    for (bytes, expect) in [(b"1".as_slice(), 1), (b"\xff1", 0), (b"", 0)] {
        check(
            Field::Comp,
            Raw::Bytes(Cow::from(bytes)),
            Value::Int(expect),
        );
    }
    check(Field::Comp, Raw::Bool(true), Value::Int(1));
    check(Field::Comp, Raw::Int(2), Value::Int(1));
}

#[test]
fn what_is_not_text_is_converted() {
    check(
        Field::Title,
        Raw::Bytes(Cow::from(b"a\xffb\xe2".as_slice())),
        text("ab"),
    );
    check(Field::Title, Raw::Bool(false), text("False"));
    check(Field::Title, Raw::Int(-5), text("-5"));
    check(Field::Track, Raw::Bool(true), Value::Int(1));
    check(Field::Track, Raw::Float(-2.9), Value::Int(-2));
    check(Field::RgTrackPeak, Raw::Float(0.25), Value::Float(0.25));
    check(Field::R128AlbumGain, Raw::Int(512), Value::Float(2.0));
}

#[test]
fn dates() {
    check_date("2000-10-02", [Some(2000), Some(10), Some(2)]);
    check_date("2000/10", [Some(2000), Some(10), None]);
    check_date("2000-10-02T12:00-01", [Some(2000), Some(10), Some(2)]);
    check_date("2000-13-00-1", [Some(2000), Some(13), Some(0)]);
    check_date("2000 -10", [Some(2000), None, None]);
    check_date("-10-02", [Some(1999), Some(10), Some(2)]);
    check_date("", [Some(1999), None, None]);
    check_date("spring-3", [None, Some(3), None]);
    check_date("\t2_000\n-10", [Some(2000), Some(10), None]);
    check_date(" 2000\n", [None, None, None]);
    check_date("a t\n2000 x\n", [None, None, None]);
}
