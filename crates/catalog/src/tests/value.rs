//! Decoding and showing values, against what beets 2.14.1 does with the same storage.

use jiff::tz::TimeZone;

use crate::{Formats, RawValue, Type, Value};

fn formats() -> Formats {
    Formats {
        zone: TimeZone::UTC,
        directory: b"/music".to_vec(),
        ..Formats::default()
    }
}

#[track_caller]
fn check(ty: Type, raw: RawValue<'_>, value: &Value, shown: &str) {
    let formats = formats();
    assert_eq!(&formats.decode(ty, raw), value, "the value of {raw:?}");
    let mut out = String::new();
    formats.show_raw(ty, raw, &mut out);
    assert_eq!(out, shown, "the text of {raw:?}");
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

#[test]
fn dates_go_beyond_year_9999() {
    check(
        Type::Date,
        RawValue::Real(1e12),
        &Value::Float(1e12),
        "33658-09-27 01:46:40",
    );
}
