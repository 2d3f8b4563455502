use fixtures::{Ape, ApeTag};
use lofty::ape::ApeTag as LoftyTag;
use lofty::config::ParseOptions;
use lofty::file::AudioFile as _;
use lofty::tag::ItemValue;
use proptest::prelude::*;
use splice::Segment;

use super::ape_rendered::{rendered, title};
use super::tags::{any_tags, any_text_tags, tags};
use crate::apev2::{Data, Tag};
use crate::{Cover, Error, Field, Options, TagSet, Value, parse, render};
use fixtures::id3v1;

#[test]
fn small_items_are_generated_and_large_ones_extents() {
    let tag = ApeTag::new()
        .item("Cover Art (front)", 2, vec![7; 3_000_000])
        .item("Blob", 2, [1; 100])
        .text("Lyrics", &"la".repeat(50_000));
    let (rendering, _) = rendered(&Ape::wavpack().tag(&tag), &tag, &title());
    assert!(rendering.plan.generated_len() < 400);
    let is_extent = |segment: &&Segment| matches!(segment, Segment::Extent(_));
    let extents = rendering.plan.segments().iter().filter(is_extent);
    assert_eq!(extents.count(), 2);
}

#[test]
fn the_same_tags_give_the_origin() {
    for file in Ape::all() {
        let (_, first) = rendered(&file, &ApeTag::new(), &title());
        let tag_start = file.stream.len();
        let again = |bytes: &[u8]| {
            let rendering = render(bytes, file.name, &title(), None, &Options::default());
            rendering.is_ok_and(|rendering| rendering.plan.is_identity(bytes.len() as u64))
        };
        assert!(again(&first));
        // The version of the header; the reserved bytes of the footer; the flags of the item.
        for at in [tag_start + 9, first.len() - 1, tag_start + 36] {
            let mut other = first.clone();
            other[at] ^= 1;
            assert!(!again(&other), "byte {at}");
        }
        assert!(!again(&[first, id3v1("v1", "", 1, 1)].concat()));
    }
}

#[test]
fn a_cover_is_no_part_of_the_origin() {
    let picture = b"\xff\xd8\xff\xe0picture".to_vec();
    let tag = ApeTag::new().text("TITLE", "Idioteque").item(
        "Cover Art (front)",
        2,
        [b"\0", picture.as_slice()].concat(),
    );
    let origin = Ape::wavpack().tag(&tag).build();
    let cover = Cover::new(&picture).unwrap();
    let rendering = render(&origin, b"a.wv", &title(), cover, &Options::default()).unwrap();
    assert_eq!(rendering.plan.len(), origin.len() as u64);
    assert!(!rendering.plan.is_identity(origin.len() as u64));
}

#[test]
fn tags_that_no_footer_can_tell_the_length_of_are_refused() {
    /// A cover of 4 GiB.
    struct Large;
    impl splice::ReadAt for Large {
        fn len(&self) -> u64 {
            1 << 32
        }
        fn read_at(&self, buf: &mut [u8], _: u64) -> std::io::Result<usize> {
            buf.fill(0);
            buf[..3].copy_from_slice(b"\xff\xd8\xff");
            Ok(buf.len())
        }
    }
    let cover = Cover::new(&Large).unwrap();
    let origin = Ape::wavpack().build();
    let result = render(&origin, b"a.wv", &title(), cover, &Options::default());
    assert!(matches!(result, Err(Error::TooLarge { .. })), "{result:?}");
}

#[test]
fn values_that_cannot_be_written_are_refused() {
    let tags = tags([(Field::R128TrackGain, Value::Float(f64::NAN))]);
    let origin = Ape::wavpack().build();
    let result = render(&origin, b"a.wv", &tags, None, &Options::default());
    assert!(matches!(result, Err(Error::Value { .. })), "{result:?}");
}

/// Checks that lofty reads the same items, but for zeros at their ends, which it cuts off.
#[track_caller]
fn check_lofty(file: &Ape, tag: &ApeTag, tags: &TagSet<'_>) {
    let (_, bytes) = rendered(file, tag, tags);
    let lofty = lofty_tag(file, &bytes);
    let ours = Tag::read(&bytes, 0).unwrap();
    for item in ours.items() {
        let Data::Held(value) = &item.value else {
            panic!("{item:?}")
        };
        let found = lofty.get(&item.key).map(|item| match item.value() {
            ItemValue::Text(text) | ItemValue::Locator(text) => text.as_bytes(),
            ItemValue::Binary(bytes) => bytes,
        });
        let value = str::from_utf8(value).unwrap().trim_end_matches('\0');
        assert_eq!(found, Some(value.as_bytes()), "{}", item.key);
    }
}

fn lofty_tag(file: &Ape, bytes: &[u8]) -> LoftyTag {
    let options = ParseOptions::new()
        .read_properties(false)
        .implicit_conversions(false);
    let mut bytes = std::io::Cursor::new(bytes);
    let tag = match file.name {
        b"a.wv" => lofty::wavpack::WavPackFile::read_from(&mut bytes, options)
            .map(|file| file.ape().cloned()),
        b"a.ape" => {
            lofty::ape::ApeFile::read_from(&mut bytes, options).map(|file| file.ape().cloned())
        }
        _ => {
            lofty::musepack::MpcFile::read_from(&mut bytes, options).map(|file| file.ape().cloned())
        }
    };
    tag.unwrap().unwrap()
}

fn any_tag() -> impl Strategy<Value = ApeTag> {
    let key = "(?i-u:title|artist|upc|year|blob|mood|x[ -~]{1,9})";
    let text = (key, Just(0_u32), "[ -~é日\u{0}]{0,9}")
        .prop_map(|(key, flags, text)| (key, flags, text.into_bytes()));
    let bytes = proptest::collection::vec(any::<u8>(), 0..20);
    let binary = (key, prop_oneof![Just(2), Just(3)], bytes);
    let large = (
        key,
        Just(2),
        (4090..5000_usize).prop_map(|len| vec![0xff; len]),
    );
    let item = prop_oneof![3 => text, 1 => binary, 1 => large];
    let items = proptest::collection::vec(item, 0..7);
    (items, any::<bool>()).prop_map(|(items, has_header)| {
        let tag = if has_header {
            ApeTag::new()
        } else {
            ApeTag::new().without_header()
        };
        items
            .into_iter()
            .fold(tag, |tag, (key, flags, value)| tag.item(&key, flags, value))
    })
}

/// Any tag set that comes back as it was: without zeros, which end a text, or part the texts of a list.
fn any_held_tags() -> impl Strategy<Value = TagSet<'static>> {
    any_text_tags().prop_map(|tags| {
        let mut held = TagSet::default();
        for (field, value) in tags.iter() {
            let value = match value.clone() {
                Value::Text(text) => Value::text(text.replace('\0', "0")),
                Value::List(texts) => Value::list(texts.iter().map(|text| text.replace('\0', "0"))),
                number => number,
            };
            held.set(field, value);
        }
        held
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn tags_come_back(kind in 0..4_usize, tag in any_tag(), tags in any_held_tags()) {
        let file = Ape::all()[kind].clone().tag(&tag);
        let (_, bytes) = rendered(&file, &tag, &tags);
        prop_assert_eq!(parse(&*bytes, file.name).unwrap(), tags);
    }

    #[test]
    fn any_tags_over_any_file(kind in 0..4_usize, tag in any_tag(), v1: bool, tags in any_tags()) {
        let file = Ape::all()[kind].clone().tag(&tag);
        let file = if v1 { file.tail(id3v1("v1", "", 1, 1)) } else { file };
        rendered(&file, &tag, &tags);
    }

    #[test]
    fn lofty_reads_what_was_written(kind in 0..4_usize, tags in any_tags()) {
        check_lofty(&Ape::all()[kind], &ApeTag::new(), &tags);
    }
}
