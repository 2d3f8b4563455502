//! From an item of the library to the tag set that beets would write to its file.

use catalog::Item;
use tagsynth::{Field, Kind, TagSet, Value};

/// Returns what `beet write` writes for an item: every field that beets manages, from the item
/// itself and never from its album.
///
/// A null that beets keeps (a gain that was never computed, say) becomes a field without a value,
/// which deletes the tag.
pub fn of_item(item: &Item) -> TagSet<'_> {
    let mut tags = TagSet::default();
    for &field in Field::ALL {
        tags.set(field, value(item, field));
    }
    tags
}

fn value(item: &Item, field: Field) -> Option<Value<'_>> {
    let name = field.name();
    match field.kind() {
        Kind::Text => item.text(name).map(Value::Text),
        Kind::List => item.texts(name).map(Value::List),
        Kind::Float => item.get(name).as_f64().map(Value::Float),
        Kind::Int => integer(&item.get(name)).map(Value::Int),
    }
}

/// Returns a whole number; one beyond 64 bits, which no format holds, becomes the nearest.
fn integer(value: &catalog::Value) -> Option<i64> {
    match value {
        catalog::Value::Int(int) => Some(*int),
        catalog::Value::Bool(truth) => Some(i64::from(*truth)),
        catalog::Value::BigInt(digits) => Some(if digits.starts_with('-') {
            i64::MIN
        } else {
            i64::MAX
        }),
        _ => None,
    }
}
