//! Tag sets for tests.

use proptest::prelude::*;

use crate::{Field, Kind, TagSet, Value};

/// Returns a tag set of these values.
pub(crate) fn tags<const N: usize>(values: [(Field, Value<'static>); N]) -> TagSet<'static> {
    let mut tags = TagSet::default();
    for (field, value) in values {
        tags.set(field, value);
    }
    tags
}

pub(crate) fn text(text: &str) -> Value<'static> {
    Value::text(text.to_owned())
}

pub(crate) fn list(texts: &[&str]) -> Value<'static> {
    Value::list(texts.iter().map(|&text| text.to_owned()))
}

/// Returns what beets gives an item that has nothing but a title: nulls read as empty, or as zero.
pub(crate) fn nulls() -> TagSet<'static> {
    let mut tags = TagSet::default();
    for &field in Field::ALL {
        let value = match field.kind() {
            Kind::Text if field == Field::InitialKey => None,
            Kind::Text => Some(text("")),
            Kind::Int => Some(Value::Int(0)),
            Kind::Float => None,
            Kind::List => Some(list(&[])),
        };
        tags.set(field, value);
    }
    tags.set(Field::Title, text("Idioteque"));
    tags
}

/// Any tag set, of values of the right kinds.
pub(crate) fn any_tags() -> impl Strategy<Value = TagSet<'static>> {
    let values: Vec<_> = Field::ALL
        .iter()
        .map(|field| any_value(field.kind()))
        .collect();
    values.prop_map(|values| {
        let mut tags = TagSet::default();
        for (&field, value) in Field::ALL.iter().zip(values) {
            tags.set(field, value);
        }
        tags
    })
}

fn any_value(kind: Kind) -> BoxedStrategy<Option<Value<'static>>> {
    let text = "[ -~é日\u{0}]{0,12}";
    let value = match kind {
        Kind::Text => text.prop_map(Value::text).boxed(),
        Kind::Int => prop_oneof![0..40_i64, -9..3000_i64]
            .prop_map(Value::Int)
            .boxed(),
        Kind::Float => (-99.0..99.0).prop_map(Value::Float).boxed(),
        Kind::List => proptest::collection::vec(text, 0..4)
            .prop_map(Value::list)
            .boxed(),
    };
    proptest::option::weighted(0.8, value).boxed()
}
