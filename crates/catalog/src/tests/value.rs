//! Decoding and showing values, against what beets 2.14.1 does with the same storage.

use jiff::tz::TimeZone;

use crate::{Formats, RawValue, Type, Value};

pub(super) fn formats() -> Formats {
    Formats {
        zone: TimeZone::UTC,
        directory: b"/music".to_vec(),
        ..Formats::default()
    }
}

#[track_caller]
pub(super) fn check(ty: Type, raw: RawValue<'_>, value: &Value, shown: &str) {
    let formats = formats();
    assert_eq!(&formats.decode(ty, raw), value, "the value of {raw:?}");
    let mut out = String::new();
    formats.show_raw(ty, raw, &mut out);
    assert_eq!(out, shown, "the text of {raw:?}");
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn list(values: &[&str]) -> Value {
    Value::List(values.iter().map(|&value| value.to_owned()).collect())
}

const LIST: Type = Type::List {
    delimiter: "\\\u{2400}",
};
const KBPS: Type = Type::Scaled {
    unit: 1000,
    suffix: "kbps",
};

#[test]
fn null_is_what_the_type_takes_for_nothing() {
    check(Type::Untyped, RawValue::Null, &Value::Null, "");
    check(Type::Text, RawValue::Null, &text(""), "");
    check(Type::Int, RawValue::Null, &Value::Int(0), "0");
    check(Type::Padded(4), RawValue::Null, &Value::Int(0), "0000");
    check(KBPS, RawValue::Null, &Value::Int(0), "0kbps");
    check(Type::Id, RawValue::Null, &Value::Null, "");
    check(
        Type::Float(6),
        RawValue::Null,
        &Value::Float(0.0),
        "0.000000",
    );
    check(Type::NullFloat, RawValue::Null, &Value::Null, "0.0");
    check(
        Type::Date,
        RawValue::Null,
        &Value::Float(0.0),
        "1970-01-01 00:00:00",
    );
    check(Type::Duration, RawValue::Null, &Value::Float(0.0), "0:00");
    check(Type::Bool, RawValue::Null, &Value::Bool(false), "False");
    check(Type::Key, RawValue::Null, &Value::Null, "");
    check(Type::Path, RawValue::Null, &Value::Null, "");
    check(LIST, RawValue::Null, &list(&[]), "");
}

#[test]
fn integers_are_read_from_anything() {
    check(
        Type::Int,
        RawValue::Text(b" -1_0\n"),
        &Value::Int(-10),
        "-10",
    );
    check(
        Type::Int,
        RawValue::Text("٣３".as_bytes()),
        &Value::Int(33),
        "33",
    );
    check(Type::Int, RawValue::Text(b"1.5"), &Value::Int(0), "0");
    check(Type::Int, RawValue::Text(b"1__0"), &Value::Int(0), "0");
    check(Type::Int, RawValue::Real(2.5), &Value::Int(2), "2");
    check(Type::Int, RawValue::Real(3.5), &Value::Int(4), "4");
    check(Type::Int, RawValue::Blob(b"12.6"), &Value::Int(13), "13");
    check(
        Type::Int,
        RawValue::Real(f64::INFINITY),
        &Value::Int(0),
        "0",
    );
}

#[test]
fn ascii_separators_are_no_space_to_numbers() {
    check(Type::Int, RawValue::Text(b"\x1c59"), &Value::Int(0), "0");
    check(
        Type::Float(1),
        RawValue::Text("٣3\u{1c}".as_bytes()),
        &Value::Float(0.0),
        "0.0",
    );
    check(
        Type::Float(1),
        RawValue::Text("3\u{a0}".as_bytes()),
        &Value::Float(3.0),
        "3.0",
    );
}

#[test]
fn blobs_have_no_digits_but_asciis() {
    check(Type::Id, RawValue::Blob("5１".as_bytes()), &Value::Null, "");
}

#[test]
fn the_sign_counts_in_the_width() {
    check(Type::Padded(2), RawValue::Int(-5), &Value::Int(-5), "-5");
    check(Type::Padded(4), RawValue::Int(-5), &Value::Int(-5), "-005");
}

#[test]
fn thousands_are_rounded_down() {
    check(KBPS, RawValue::Int(-1500), &Value::Int(-1500), "-2kbps");
    check(KBPS, RawValue::Int(1999), &Value::Int(1999), "1kbps");
    let huge = Value::BigInt("-1000000000000000019884624838656".into());
    check(
        KBPS,
        RawValue::Real(-1e30),
        &huge,
        "-1000000000000000019884624839kbps",
    );
}

#[test]
fn decimals_round_the_exact_value_half_to_even() {
    for (real, shown) in [(0.25, "0.2"), (0.35, "0.3"), (2.35, "2.4"), (-0.04, "-0.0")] {
        check(
            Type::NullFloat,
            RawValue::Real(real),
            &Value::Float(real),
            shown,
        );
    }
    check(
        Type::Float(1),
        RawValue::Text(b"-0"),
        &Value::Float(-0.0),
        "0.0",
    );
    check(
        Type::Float(1),
        RawValue::Text(b"1e400"),
        &Value::Float(f64::INFINITY),
        "inf",
    );
    check(Type::NullFloat, RawValue::Text(b"x"), &Value::Null, "0.0");
}

#[test]
fn undeclared_attributes_are_shown_as_stored() {
    check(
        Type::Untyped,
        RawValue::Blob(b"\xffblob\xc3\xa9"),
        &Value::Bytes(b"\xffblob\xc3\xa9".to_vec()),
        "blobé",
    );
    for (real, shown) in [
        (1e16, "1e+16"),
        (1e-5, "1e-05"),
        (0.1, "0.1"),
        (1e15, "1000000000000000.0"),
    ] {
        check(
            Type::Untyped,
            RawValue::Real(real),
            &Value::Float(real),
            shown,
        );
    }
}

#[test]
fn durations_are_minutes_and_seconds() {
    check(
        Type::Duration,
        RawValue::Real(-61.5),
        &Value::Float(-61.5),
        "-2:59",
    );
    check(
        Type::Duration,
        RawValue::Real(6000.9),
        &Value::Float(6000.9),
        "100:00",
    );
    check(
        Type::Duration,
        RawValue::Text(b"3:05\n"),
        &Value::Float(185.0),
        "3:05",
    );
    check(
        Type::Duration,
        RawValue::Text(b"3:65"),
        &Value::Float(0.0),
        "0:00",
    );
    check(
        Type::Duration,
        RawValue::Real(f64::INFINITY),
        &Value::Float(f64::INFINITY),
        "0:00",
    );
    let exact = Value::Int(i64::MAX);
    check(
        Type::Duration,
        RawValue::Int(i64::MAX),
        &exact,
        "153722867280912930:07",
    );
    let huge = "-1666666666666666756102703406558:08";
    check(
        Type::Duration,
        RawValue::Real(-1e32),
        &Value::Float(-1e32),
        huge,
    );
}

#[test]
fn raw_durations_are_floats() {
    let formats = Formats {
        raw_length: true,
        ..formats()
    };
    let mut out = String::new();
    formats.show_raw(Type::Duration, RawValue::Real(61.5), &mut out);
    assert_eq!(out, "61.5");
}

#[test]
fn truth_is_what_python_takes_for_it() {
    check(Type::Bool, RawValue::Int(2), &Value::Int(2), "True");
    check(
        Type::Bool,
        RawValue::Text(b"YES"),
        &Value::Bool(true),
        "True",
    );
    check(
        Type::Bool,
        RawValue::Text(b"2"),
        &Value::Bool(false),
        "False",
    );
    check(
        Type::Bool,
        RawValue::Blob(b"x"),
        &Value::Bytes(b"x".to_vec()),
        "True",
    );
}

#[test]
fn keys_have_one_spelling() {
    for (stored, shown) in [
        ("Db minor", "Cm"),
        ("ebm", "D#m"),
        ("c - major", "C"),
        ("Bb", "A#"),
    ] {
        check(
            Type::Key,
            RawValue::Text(stored.as_bytes()),
            &text(shown),
            shown,
        );
    }
    check(Type::Key, RawValue::Text("ǆ".as_bytes()), &text("ǅ"), "ǅ");
    check(Type::Key, RawValue::Text("ß".as_bytes()), &text("Ss"), "Ss");
}

#[test]
fn lists_split_at_their_delimiter_or_at_what_is_shown() {
    check(
        LIST,
        RawValue::Text("a; b\\\u{2400}c".as_bytes()),
        &list(&["a; b", "c"]),
        "a; b; c",
    );
    check(LIST, RawValue::Text(b"a; b"), &list(&["a", "b"]), "a; b");
    check(LIST, RawValue::Text(b""), &list(&[]), "");
    check(
        Type::List { delimiter: "; " },
        RawValue::Text(b"a; "),
        &list(&["a", ""]),
        "a; ",
    );
}

#[test]
fn relative_paths_are_normalised_and_absolute_ones_are_not() {
    let path = |path: &[u8]| Value::Bytes(path.to_vec());
    check(
        Type::Path,
        RawValue::Text(b"a/../b//c"),
        &path(b"/music/b/c"),
        "/music/b/c",
    );
    check(
        Type::Path,
        RawValue::Blob(b"/x//y/../z"),
        &path(b"/x//y/../z"),
        "/x//y/../z",
    );
    check(Type::Path, RawValue::Blob(b"../.."), &path(b"/"), "/");
    check(
        Type::Path,
        RawValue::Blob(b"\xff"),
        &path(b"/music/\xff"),
        "/music/\u{10ffff}",
    );
}

#[test]
fn characters_that_stand_for_raw_bytes_are_spelled_as_bytes() {
    let mut out = String::new();
    crate::display_path("\u{10ff80}".as_bytes(), &mut out);
    assert_eq!(out, "\u{10fff4}\u{10ff8f}\u{10ffbe}\u{10ff80}");
}

#[test]
fn a_blob_in_a_text_column_is_shown_as_python_spells_it() {
    let value = Value::Text(r"b'ab\xffc'".to_owned());
    check(
        Type::Text,
        RawValue::Blob(b"ab\xffc"),
        &value,
        r"b'ab\xffc'",
    );
}

#[test]
fn an_integer_beyond_2_to_the_53_is_rounded() {
    let value = Value::BigInt("9223372036854775808".into());
    check(
        Type::Padded(4),
        RawValue::Int(i64::MAX),
        &value,
        "9223372036854775808",
    );
}
