use crate::spell::{Step, date, steps, text};
use crate::{Error, Field, TagSet, Value};

#[track_caller]
fn check(field: Field, value: impl Into<f64>, expect: &str) {
    let value = Value::Float(value.into());
    assert_eq!(text(field, &value).unwrap(), expect);
}

#[track_caller]
fn check_date(parts: [i64; 3], expect: Option<&str>, original: Option<&str>) {
    let dates = [
        (
            [Field::Year, Field::Month, Field::Day],
            Step::Date,
            true,
            expect,
        ),
        (
            [
                Field::OriginalYear,
                Field::OriginalMonth,
                Field::OriginalDay,
            ],
            Step::OriginalDate,
            false,
            original,
        ),
    ];
    for (fields, step, has_year_tag, expect) in dates {
        let mut tags = TagSet::default();
        for (field, part) in fields.into_iter().zip(parts) {
            tags.set(field, Value::Int(part));
        }
        assert_eq!(
            date(&tags, step, has_year_tag).as_deref(),
            expect,
            "{step:?}"
        );
    }
}

#[test]
fn gains_and_peaks_are_rounded_half_to_even() {
    check(Field::RgTrackGain, -7.255, "-7.25 dB");
    check(Field::RgTrackGain, 0.125, "0.12 dB");
    check(Field::RgTrackGain, 0.375, "0.38 dB");
    check(Field::RgAlbumGain, -0.004, "-0.00 dB");
    check(Field::RgTrackPeak, 1.234_567_891, "1.234568");
    check(Field::RgAlbumPeak, 1, "1.000000");
    check(Field::RgTrackGain, f64::INFINITY, "inf dB");
    check(Field::RgTrackGain, f64::NAN, "nan dB");
}

#[test]
fn r128_gains_are_q8_integers() {
    check(Field::R128TrackGain, -5.001, "-1280");
    check(Field::R128TrackGain, 1.0 / 512.0, "0");
    check(Field::R128TrackGain, 3.0 / 512.0, "2");
    check(Field::R128AlbumGain, -0.0, "0");
    assert_eq!(text(Field::R128AlbumGain, &Value::Int(-2)).unwrap(), "-512");
}

#[test]
fn r128_gains_without_end_are_refused_as_beets_does() {
    for gain in [f64::NAN, f64::INFINITY, f64::MAX] {
        let refused = text(Field::R128TrackGain, &Value::Float(gain)).is_err_and(
            |error| matches!(error, Error::Value { field, .. } if field == Field::R128TrackGain),
        );
        assert!(refused, "{gain}");
    }
}

#[test]
fn dates_leave_out_what_is_zero() {
    check_date([1984, 5, 9], Some("1984-05-09"), Some("1984-05-09"));
    check_date([1984, 5, 0], Some("1984-05"), Some("1984-05"));
    check_date([1984, 0, 9], Some("1984"), Some("1984"));
    check_date([0, 7, 4], Some("0000-07-04"), Some("0000-07-04"));
    check_date([2020, 13, 40], Some("2020-13-40"), Some("2020-13-40"));
    check_date([99_999, 1, 2], Some("99999-01-02"), Some("99999-01-02"));
}

#[test]
fn negative_years_are_misread_as_beets_misreads_them() {
    check_date([-44, 5, 9], Some("-044-44-09"), None);
    check_date([-44, 5, 0], Some("-044-44"), None);
    check_date([2000, -5, 9], Some("2000"), Some("2000"));
}

#[test]
fn dates_are_written_in_the_place_of_their_day() {
    let steps: Vec<_> = steps().collect();
    assert_eq!(steps.len(), Field::COUNT - 4);
    let date = steps.iter().position(|&step| step == Step::Date).unwrap();
    assert_eq!(steps[date - 1], Step::Field(Field::Country));
    assert_eq!(steps[date + 1], Step::Field(Field::Disc));
}
