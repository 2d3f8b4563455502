use fixtures::{Asf, AsfAttribute, AsfObjects};
use proptest::prelude::*;
use splice::Segment;

use super::asf_rendered::{asf, covered, rendered};
use super::cover_file::jpeg;
use super::tags::{any_tags, any_text_tags, tags, text};
use super::vast::Vast;
use crate::{Cover, Error, Field, Options, TagSet, Value, parse, render};

fn title() -> TagSet<'static> {
    tags([(Field::Title, text("Idioteque"))])
}

fn picture(len: usize) -> AsfAttribute {
    AsfAttribute::new("WM/Picture", 1, vec![0xa5; len])
}

#[test]
fn small_values_are_generated_and_large_ones_extents() {
    let extension = AsfObjects::new()
        .library(&[picture(100_000)])
        .object("01234567-89AB-CDEF-0123-456789ABCDEF", &vec![1; 50_000]);
    let objects = AsfObjects::new()
        .extension(&extension)
        .extended(&[picture(60_000), AsfAttribute::new("Tiny", 1, *b"tiny")])
        .padding(500);
    let (rendering, _) = rendered(&asf(objects), &title());
    assert!(rendering.plan.generated_len() < 1000);
    let extents = rendering
        .plan
        .segments()
        .iter()
        .filter_map(|segment| match segment {
            Segment::Extent(range) => Some(range.end - range.start),
            _ => None,
        });
    let audio = rendering.audio.end - rendering.audio.start;
    assert_eq!(
        extents.collect::<Vec<_>>(),
        [100_000, 50_000, 60_000, audio]
    );
}

/// Returns a file as it comes out of a rendering with these tags.
fn written(objects: AsfObjects, padding: Option<usize>) -> Asf {
    let extension = AsfObjects::new().metadata(&[]).library(&[picture(9)]);
    let objects = objects
        .description(["Idioteque", "", "", "", ""])
        .extended(&[AsfAttribute::text("Mood", "tense")])
        .extension(&extension);
    asf(match padding {
        Some(len) => objects.padding(len),
        None => objects,
    })
}

#[test]
fn the_same_tags_give_the_origin() {
    for file in [
        written(AsfObjects::new(), None),
        written(AsfObjects::new(), Some(0)),
        written(AsfObjects::new(), Some(99)),
        written(AsfObjects::new(), None).file_size(5).broadcast(),
    ] {
        let (rendering, _) = rendered(&file, &title());
        assert!(
            rendering.plan.is_identity(file.build().len() as u64),
            "{file:?}"
        );
    }
}

#[test]
fn what_looks_the_same_is_not_the_origin() {
    let dirty = [vec![0; 98], vec![1]].concat();
    let none = AsfObjects::new;
    for file in [
        written(none(), Some(99)).count(7),
        written(none().padding(9), None),
        written(none().padding(9), Some(9)),
        written(
            none().object("1806D474-CADF-4509-A4BA-9AABCB96AAE8", &dirty),
            Some(0),
        ),
    ] {
        let origin = file.build();
        if let Ok(rendering) = render(&origin, b"a.wma", &title(), None, &Options::default()) {
            assert!(!rendering.plan.is_identity(origin.len() as u64), "{file:?}");
        }
    }
}

#[test]
fn a_cover_is_not_read_and_has_a_limit() {
    let embed = |len| {
        let picture = Vast(len);
        let cover = Cover::new(&picture).unwrap();
        let origin = Asf::new().build();
        render(&origin, b"a.wma", &title(), cover, &Options::default())
    };
    let longest = u64::from(i32::MAX.unsigned_abs());
    let rendering = embed(longest).unwrap();
    assert!(
        rendering
            .plan
            .segments()
            .contains(&Segment::Insert(0..longest))
    );
    for len in [longest + 1, u64::MAX] {
        let refused = embed(len).is_err_and(|error| matches!(error, Error::TooLarge { .. }));
        assert!(refused, "{len}");
    }
}

#[test]
fn what_no_field_can_hold_is_refused() {
    let refused = |objects: AsfObjects, tags: &TagSet<'_>| {
        let origin = asf(objects).build();
        match render(&origin, b"a.wma", tags, None, &Options::default()) {
            Err(Error::TooLarge { what, .. }) => what,
            other => panic!("{other:?}"),
        }
    };
    let long_name = AsfAttribute::new("", 3, [0; 4]).raw_name("x".repeat(0xfffe));
    let name = AsfObjects::new().extended(&[long_name]);
    assert_eq!(refused(name, &title()), "the name of an attribute");
    let mut many = TagSet::default();
    many.set(Field::Genres, Value::list(vec!["x"; 0x1_0001]));
    assert_eq!(
        refused(AsfObjects::new(), &many),
        "the number of attributes"
    );
}

/// Any file whose parts are valid.
fn any_file() -> impl Strategy<Value = Asf> {
    let attributes = || proptest::collection::vec(any_attribute(), 0..4);
    let extension = proptest::collection::vec(
        prop_oneof![
            attributes().prop_map(|a| AsfObjects::new().metadata(&a)),
            attributes().prop_map(|a| AsfObjects::new().library(&a)),
            (0..3000_usize).prop_map(|len| AsfObjects::new().padding(len)),
            other(),
        ],
        0..4,
    );
    let object = prop_oneof![
        attributes().prop_map(|a| AsfObjects::new().extended(&a)),
        proptest::array::uniform5("[a-z]{0,4}")
            .prop_map(|texts| AsfObjects::new().description(texts.each_ref().map(String::as_str))),
        extension.prop_map(|objects| AsfObjects::new().extension(&joined(&objects))),
        (0..3000_usize).prop_map(|len| AsfObjects::new().padding(len)),
        other(),
    ];
    proptest::collection::vec(object, 0..6).prop_map(|objects| asf(joined(&objects)))
}

fn joined(objects: &[AsfObjects]) -> AsfObjects {
    objects.iter().fold(AsfObjects::new(), AsfObjects::join)
}

fn other() -> impl Strategy<Value = AsfObjects> {
    let content = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..50),
        (4090..4100_usize).prop_map(|len| vec![7; len]),
    ];
    content
        .prop_map(|bytes| AsfObjects::new().object("01234567-89AB-CDEF-0123-456789ABCDEF", &bytes))
}

fn any_attribute() -> impl Strategy<Value = AsfAttribute> {
    let name = prop_oneof![
        "Title",
        "Author",
        "Copyright",
        "WM/Genre",
        "WM/Picture",
        "[A-C]"
    ];
    let value = prop_oneof![
        "[a-zé]{0,5}".prop_map(|text| {
            let units = text.encode_utf16().chain([0]);
            (0, units.flat_map(u16::to_le_bytes).collect())
        }),
        proptest::collection::vec(any::<u8>(), 0..20).prop_map(|bytes| (1, bytes)),
        (4090..4100_usize).prop_map(|len| (1, vec![7; len])),
        any::<u32>().prop_map(|number| (3, number.to_le_bytes().to_vec())),
        any::<u64>().prop_map(|number| (4, number.to_le_bytes().to_vec())),
        any::<u16>().prop_map(|number| (5, number.to_le_bytes().to_vec())),
        any::<[u8; 16]>().prop_map(|bytes| (6, bytes.to_vec())),
    ];
    (name, value, 0..3_u16, 0..3_u16).prop_map(|(name, (code, value), language, stream)| {
        let attribute = AsfAttribute::new(&name, code, value);
        attribute.language(language).stream(stream)
    })
}

/// Any tag set that comes back as it was: no text has a zero at either end, where it is stripped off.
fn any_asf_tags() -> impl Strategy<Value = TagSet<'static>> {
    let trim = |text: &str| text.trim_matches('\0').to_owned();
    any_text_tags().prop_map(move |mut tags| {
        for &field in Field::ALL {
            let value = match tags.get(field) {
                Some(Value::Text(text)) => Some(Value::text(trim(text))),
                Some(Value::List(texts)) => Some(Value::list(texts.iter().map(|text| trim(text)))),
                other => other.cloned(),
            };
            // It is looked for elsewhere too if it is empty.
            let is_lost = field == Field::Catalognum && value == Some(text(""));
            tags.set(field, value.filter(|_| !is_lost));
        }
        tags
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_tags_over_any_file(file in any_file(), tags in any_tags()) {
        let (rendering, bytes) = rendered(&file, &tags);
        let dump = rendering.dump(&file.build(), None).unwrap();
        let end = format!("audio from origin {}\n", file.header().len());
        prop_assert!(dump.ends_with(&end));
        prop_assert_eq!(rendering.plan.len(), bytes.len() as u64);
    }

    #[test]
    fn tags_come_back(file in any_file(), tags in any_asf_tags()) {
        let (_, bytes) = rendered(&file, &tags);
        prop_assert_eq!(parse(&*bytes, b"a.wma").unwrap(), tags);
    }

    #[test]
    fn any_cover_over_any_file(file in any_file(), tags in any_tags(), len in 4..9000_usize) {
        covered(&file, &tags, &jpeg(len));
    }
}
