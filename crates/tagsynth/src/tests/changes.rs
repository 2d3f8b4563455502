use super::tags::{list, tags, text};
use crate::{Field, Value};

#[track_caller]
fn check(
    field: Field,
    old: impl Into<Option<Value<'static>>>,
    new: impl Into<Option<Value<'static>>>,
    differ: bool,
) {
    let mut sets = [tags([]), tags([])];
    sets[0].set(field, old);
    sets[1].set(field, new);
    let changes: Vec<_> = sets[0].changes(&sets[1]).collect();
    assert_eq!(changes, if differ { vec![field] } else { vec![] });
}

#[test]
fn values_differ() {
    check(Field::Title, text("a"), text("b"), true);
    check(Field::Title, text("a"), text("a"), false);
    check(Field::Title, None, text(""), true);
    check(Field::Comp, Value::Int(1), Value::Int(2), true);
    check(Field::InitialKey, None, None, false);
}

#[test]
fn numbers_differ_by_more_than_is_shown() {
    let gain = |gain| Value::Float(gain);
    check(Field::RgTrackGain, gain(-7.255), gain(-7.26), false);
    check(Field::RgTrackGain, gain(0.0), gain(-0.0099), false);
    check(Field::RgTrackGain, gain(0.0), gain(0.01), true);
    check(
        Field::RgTrackGain,
        gain(f64::INFINITY),
        gain(f64::INFINITY),
        false,
    );
    check(Field::RgTrackGain, gain(f64::NAN), gain(f64::NAN), true);
    check(Field::RgTrackGain, gain(0.0), None, true);
}

#[test]
fn lists_are_sets() {
    check(
        Field::Genres,
        list(&["a", "b"]),
        list(&["b", "a", "b"]),
        false,
    );
    check(Field::Genres, list(&["a"]), list(&["a", "b"]), true);
    check(Field::Genres, list(&["a", "b"]), list(&["a"]), true);
    check(Field::Genres, list(&[]), list(&[""]), true);
}
