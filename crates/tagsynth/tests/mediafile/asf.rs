//! Attributes, in ASF files.

use std::fs;

use fixtures::{Asf, AsfAttribute, AsfObjects};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use tagsynth::{Field, TagSet, Value as Text, parse};

use crate::flac::value;
use crate::{asf_names, check_embedding, check_reading, check_written_by_mediafile};
use crate::{rendered, written_by_mediafile};

const UNKNOWN: &str = "01234567-89AB-CDEF-0123-456789ABCDEF";
const EXTENDED: &str = "D2D0A440-E307-11D2-97F0-00A0C95EA850";
const DESCRIPTION: &str = "75B22633-668E-11CF-A6D9-00AA0062CE6C";

#[test]
fn attributes_of_every_kind() {
    let attributes = proptest::collection::vec((0..9_u8, any_attribute()), 0..60);
    let text = "[ -~é日]{0,4}";
    let mut runner = TestRunner::default();
    let mut any_file = || {
        let attributes = attributes
            .new_tree(&mut runner)
            .expect("nothing is refused");
        let attributes = attributes.current();
        let of = |homes: &[u8]| -> Vec<AsfAttribute> {
            let attributes = attributes.iter().filter(|(home, _)| homes.contains(home));
            attributes.map(|(_, attribute)| attribute.clone()).collect()
        };
        let texts = [text; 5].map(|text| {
            let text = text.new_tree(&mut runner).expect("nothing is refused");
            text.current()
        });
        let [short, long] = [&[6, 7][..], &[8]].map(of);
        let bool_in = |len: usize| move |attribute: AsfAttribute| attribute.bool_len(len);
        let extended: Vec<_> = of(&[0, 1, 2, 3, 4, 5])
            .into_iter()
            .map(bool_in(4))
            .collect();
        let [short, long] = [short, long].map(|attributes| {
            let attributes = attributes.into_iter().map(bool_in(2));
            attributes.collect::<Vec<_>>()
        });
        let extension = AsfObjects::new().metadata(&short).library(&long);
        let objects = AsfObjects::new()
            .description(texts.each_ref().map(String::as_str))
            .extension(&extension)
            .extended(&extended);
        Asf::new().objects(objects).build()
    };
    let files: Vec<_> = std::iter::repeat_with(&mut any_file).take(400).collect();
    check_reading("wma", &files);
}

/// Any attribute with the name of a field.
fn any_attribute() -> impl Strategy<Value = AsfAttribute> {
    let names = |field| {
        asf_names::written(field)
            .iter()
            .chain(asf_names::aliases(field))
    };
    let names: Vec<_> = Field::ALL.iter().flat_map(|&field| names(field)).collect();
    let text = value().prop_map(|text| {
        let text = String::from_utf8_lossy(&text).into_owned();
        (
            0,
            text.encode_utf16()
                .chain([0])
                .flat_map(u16::to_le_bytes)
                .collect(),
        )
    });
    let bytes = (prop_oneof![Just(1_u16), Just(6)], value());
    let truth = (0..3_u8).prop_map(|truth| (2, vec![truth, 0, 0, 0]));
    let dword = prop_oneof![0..2100_u32, any::<u32>()].prop_map(|n| (3, n.to_le_bytes().to_vec()));
    let qword = prop_oneof![0..2100_u64, any::<u64>()].prop_map(|n| (4, n.to_le_bytes().to_vec()));
    let word = prop_oneof![0..2100_u16, any::<u16>()].prop_map(|n| (5, n.to_le_bytes().to_vec()));
    let value = prop_oneof![5 => text, 1 => bytes, 1 => truth, 1 => dword, 1 => qword, 1 => word];
    (proptest::sample::select(names), value, 0..3_u16, 0..3_u16).prop_map(
        |(name, (code, value), language, stream)| {
            let attribute = AsfAttribute::new(name, code, value);
            attribute.language(language).stream(stream)
        },
    )
}

#[test]
fn structures() {
    let title = |text| {
        [
            AsfAttribute::text("Title", text),
            AsfAttribute::text("WM/Genre", text),
        ]
    };
    let objects = AsfObjects::new;
    let whole = objects()
        .description(["a", "b", "", "d", ""])
        .extended(&title("x"));
    let extended = |content: &[u8]| objects().object(EXTENDED, content);
    let files = [
        objects(),
        whole.clone().padding(9),
        whole
            .clone()
            .extended(&title("y"))
            .description(["c", "", "", "", ""]),
        objects()
            .extension(&whole)
            .library(&title("z"))
            .metadata(&title("m")),
        objects().extension(&objects().extension(&whole.clone().library(&title("z")))),
        whole.clone().object(UNKNOWN, b"x").raw(&[0; 40]),
        objects().extension(&whole.clone().sized(UNKNOWN, 1000, b"short")),
        objects().sized_extension(0, &objects().raw(&[0; 40])),
        objects().sized_extension(1, &objects()),
        objects().object("5FBF03B5-A92E-11CF-8EE3-00C00C205365", &[0; 21]),
        objects().extension(&objects().sized(UNKNOWN, 0, b"")),
        objects().sized(UNKNOWN, 23, b""),
        objects().sized(UNKNOWN, 1000, b""),
        objects().sized(UNKNOWN, u64::MAX, b""),
        extended(b"\x01\0\x04\0A\0\0\0\0\0\x40\0x\0"),
        extended(b"\x01\0\x04\0A\0\0\0\0\0\x40\0x\0y"),
        extended(b"\x02\0\x04\0A\0\0\0\0\0\x04\0x\0\0\0"),
        extended(b"\x01\0\x04\0A\0\0\0\x07\0\x04\0x\0\0\0"),
        extended(b"\x01\0\x04\0A\0\0\0\x03\0\x03\0abc"),
        extended(b"\x01\0\x04\0A\0\0\0\x02\0\x02\0\x01\0"),
        extended(b"\x01\0\x02\0\0\xd8\0\0\x04\0x\0\0\0"),
        extended(b"\x01"),
        objects().object(DESCRIPTION, b"\x04\0\0\0\0\0\0\0\x09\0t\0\0\0d\0d\0d"),
        objects().object(DESCRIPTION, b"\x04\0\0\0\0\0\0\0\x09\0t\0\0\0d\0d\0"),
        objects().object(DESCRIPTION, b"\x02\0\x02\0\0\0\0\0"),
    ];
    let files = files.map(|objects| Asf::new().objects(objects).build());
    check_reading("wma", &files);
    let asf = Asf::new().objects(whole);
    let cut = asf.header();
    let broken = [
        cut[..cut.len() - 5].to_vec(),
        cut[..30].to_vec(),
        cut[..29].to_vec(),
        asf.count(5).build(),
    ];
    check_reading("wma", &broken);
}

/// Files whose tags beets does not manage, of every kind, or without some.
fn unmanaged() -> [Asf; 3] {
    let attributes = |home: &str| {
        [
            AsfAttribute::text(home, "kept"),
            AsfAttribute::text(home, "kept twice"),
            AsfAttribute::new("Guid", 6, [9; 16]),
            AsfAttribute::new("Dword", 3, [1, 2, 3, 4])
                .stream(2)
                .language(1),
            AsfAttribute::new("Long", 1, vec![7; 5000]),
        ]
    };
    let extension = AsfObjects::new()
        .padding(3000)
        .object(UNKNOWN, b"x")
        .metadata(&attributes("metadata"))
        .library(&attributes("library"));
    let objects = AsfObjects::new()
        .extension(&extension)
        .extended(&attributes("extended"))
        .object(UNKNOWN, &[8; 5000])
        .description(["", "", "c", "", "r"]);
    let library = AsfObjects::new().library(&attributes("library"));
    let none = AsfObjects::new();
    [none, AsfObjects::new().extension(&library), objects]
        .map(|objects| Asf::new().objects(objects))
}

#[test]
fn what_mediafile_writes() {
    for asf in unmanaged() {
        check_written_by_mediafile("wma", &asf.build());
    }
}

#[test]
fn the_same_values_give_the_same_objects() {
    for asf in unmanaged() {
        let origin = asf.build();
        let Some(folder) = written_by_mediafile("wma", &origin) else {
            return;
        };
        for entry in fs::read_dir(folder.path()).expect("it was just made") {
            let theirs = fs::read(entry.expect("it stays").path()).expect("it stays");
            let ours = rendered("wma", &origin, &written_tags(&theirs), None);
            let (ours, theirs) = (objects(&ours), objects(&theirs));
            let n_same = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
            assert_eq!((n_same, ours.len()), (theirs.len(), theirs.len()));
        }
    }
}

/// Returns what mediafile wrote to a file.
fn written_tags(file: &[u8]) -> TagSet<'static> {
    let mut tags = parse(file, b"a.wma").expect("mediafile wrote it");
    // An empty one is not read, since there are other names to look under.
    let name: Vec<u8> = "WM/CatalogNo"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let is_written = file.windows(name.len()).any(|window| window == name);
    if is_written && tags.get(Field::Catalognum).is_none() {
        tags.set(Field::Catalognum, Text::text(""));
    }
    tags
}

#[test]
fn a_difference_would_be_seen() {
    let origin = Asf::new().build();
    let ours = rendered("wma", &origin, &TagSet::default(), None);
    assert_ne!(objects(&ours), objects(&origin));
}

/// Returns the objects of a header but for padding, and for the size that File Properties state.
fn objects(file: &[u8]) -> Vec<Vec<u8>> {
    let number = |at: usize| {
        let bytes = file[at..].first_chunk().expect("objects end in the file");
        usize::try_from(u64::from_le_bytes(*bytes)).expect("the file is small")
    };
    let (mut objects, mut at) = (Vec::new(), 30);
    while at < number(16) {
        let end = at + number(at + 16);
        objects.push(file[at..end].to_vec());
        at = end;
    }
    let is_padding = |object: &Vec<u8>| object.starts_with(b"\x74\xd4\x06\x18");
    objects.retain(|object| !is_padding(object));
    objects[0][40..48].fill(0);
    objects
}

#[test]
fn covers() {
    let picture = |len| AsfAttribute::new("WM/Picture", 1, packed(len));
    let both = AsfObjects::new()
        .extension(&AsfObjects::new().library(&[picture(66_000), picture(9)]))
        .extended(&[picture(300), AsfAttribute::text("WM/Genre", "x")]);
    let files = [AsfObjects::new(), both].map(|objects| Asf::new().objects(objects).build());
    check_embedding("wma", &files);
}

/// Returns a picture of a back cover, as `WM/Picture` holds it.
fn packed(len: usize) -> Vec<u8> {
    let mut bytes = vec![4];
    bytes.extend(u32::try_from(len).expect("it is small").to_le_bytes());
    bytes.extend(b"i\0/\0p\0\0\0d\0\0\0");
    bytes.resize(bytes.len() + len, 0xa5);
    bytes
}
