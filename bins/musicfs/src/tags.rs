//! From an item of the library to the tag set that beets would write to its file.

use catalog::{Item, Value};
use tagsynth::{Field, Kind, TagSet};

/// Returns what `beet write` writes for an item: every field that beets manages, from the item
/// itself and never from its album.
///
/// A null that beets keeps (a gain that was never computed, say) becomes a field without a value,
/// which deletes the tag.
pub fn of_item(item: &Item) -> TagSet {
    let mut tags = TagSet::default();
    for &field in Field::ALL {
        tags.set(field, value(field.kind(), item.get(field.name())));
    }
    tags
}

fn value(kind: Kind, value: Value) -> Option<tagsynth::Value> {
    match (kind, value) {
        (_, Value::Null) => None,
        (Kind::Text, Value::Text(text)) => Some(tagsynth::Value::Text(text)),
        (Kind::List, Value::List(texts)) => Some(tagsynth::Value::List(texts)),
        (Kind::Float, value) => value.as_f64().map(tagsynth::Value::Float),
        (Kind::Int, value) => integer(&value).map(tagsynth::Value::Int),
        // The catalog decodes every column by its type, so that only these are left.
        (Kind::Text | Kind::List, _) => None,
    }
}

/// Returns a whole number; one beyond 64 bits, which no format holds, becomes the nearest.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Int(int) => Some(*int),
        Value::Bool(truth) => Some(i64::from(*truth)),
        Value::BigInt(digits) => Some(if digits.starts_with('-') {
            i64::MIN
        } else {
            i64::MAX
        }),
        _ => None,
    }
}
