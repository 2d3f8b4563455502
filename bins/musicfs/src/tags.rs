//! From an item of the library to the tag set that beets would write to its file, and from the tags of a
//! file to those that beets would read.

use catalog::{Formats, Item, RawValue};
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

/// Returns what an item has of a file with these tags after beets has read it.
///
/// What the file does not say becomes the null of its column, the elements of lists are split at `"; "`,
/// and keys are respelled. `of_file(tags).changes(&of_item(item))` is what `beet write` would change.
pub fn of_file(tags: &TagSet<'_>) -> TagSet<'static> {
    let formats = Formats::default();
    let mut read = TagSet::default();
    for &field in Field::ALL {
        read.set(field, column(&formats, field, tags.get(field)));
    }
    read
}

fn column(formats: &Formats, field: Field, value: Option<&Value<'_>>) -> Option<Value<'static>> {
    match stored(formats, field, value) {
        catalog::Value::Text(text) => Some(Value::text(text)),
        catalog::Value::Float(float) => Some(Value::Float(float)),
        catalog::Value::List(texts) => Some(Value::list(texts)),
        value => integer(&value).map(Value::Int),
    }
}

/// Returns what beets stores of a field that it read from a file.
pub(crate) fn stored(formats: &Formats, field: Field, value: Option<&Value<'_>>) -> catalog::Value {
    let raw = match value {
        None => RawValue::Null,
        Some(Value::Text(text)) => RawValue::Text(text.as_bytes()),
        Some(Value::Int(int)) => RawValue::Int(*int),
        Some(Value::Float(float)) => RawValue::Real(*float),
        Some(Value::List(texts)) => {
            let texts = texts.iter().flat_map(|text| text.split("; "));
            return catalog::Value::List(texts.map(str::to_owned).collect());
        }
    };
    let column = catalog::field(field.name()).expect("beets has a column for every field");
    formats.decode(column.ty, raw)
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
