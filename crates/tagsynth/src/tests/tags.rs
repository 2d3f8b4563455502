//! Tag sets for tests.

use proptest::prelude::*;

use crate::parse::{DATE, ORIGINAL_DATE};
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

/// Any tag set that comes back as it was from a file of text tags.
///
/// These do not:
/// - gains and peaks between those that their decimals, or 256ths, can spell;
/// - parts of a date without those before it, or where those are zero; negative ones;
/// - `comp` other than 0 and 1;
/// - an empty list, which leaves no tag, and one of several fields with one tag than the list;
/// - an empty text in a field that is also looked for in tags that it is not written to.
pub(crate) fn any_text_tags() -> impl Strategy<Value = TagSet<'static>> {
    any_tags().prop_map(|mut tags| {
        for &field in Field::ALL {
            let value = tags.get(field).cloned();
            tags.set(field, value.and_then(|value| text_value(field, value)));
        }
        for parts in [DATE, ORIGINAL_DATE] {
            keep_leading_parts(&mut tags, parts);
        }
        for (single, all) in [
            (Field::Albumtype, Field::Albumtypes),
            (Field::MbAlbumartistid, Field::MbAlbumartistids),
            (Field::MbArtistid, Field::MbArtistids),
        ] {
            let first = match tags.get(all) {
                Some(Value::List(texts)) => Some(Value::Text(texts[0].clone())),
                _ => None,
            };
            tags.set(single, first);
        }
        tags
    })
}

fn text_value(field: Field, value: Value<'static>) -> Option<Value<'static>> {
    let read_elsewhere = matches!(field, Field::Barcode | Field::Catalognum);
    match value {
        Value::Float(number) => {
            let steps = match field {
                Field::R128AlbumGain | Field::R128TrackGain => 256.0,
                Field::RgAlbumPeak | Field::RgTrackPeak => 1e6,
                _ => 100.0,
            };
            Some(Value::Float((number * steps).round() / steps))
        }
        Value::Int(number) if field == Field::Comp => Some(Value::Int(number & 1)),
        Value::List(texts) if texts.is_empty() => None,
        Value::Text(text) if text.is_empty() && read_elsewhere => None,
        value => Some(value),
    }
}

/// Drops negative parts of a date, and those after one that is missing, or zero but for the year.
fn keep_leading_parts(tags: &mut TagSet<'static>, parts: [Field; 3]) {
    let mut kept = true;
    for (index, part) in parts.into_iter().enumerate() {
        let least = i64::from(index > 0);
        kept &= matches!(tags.get(part), Some(Value::Int(number)) if *number >= least);
        if !kept {
            tags.set(part, None);
        }
    }
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
