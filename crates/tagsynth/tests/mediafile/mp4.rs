//! Items, in MP4 files.

use fixtures::Mp4;
use fixtures::mp4::{Media, atom, data, free_item, item, long_atom, meta};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use tagsynth::{Field, Kind, TagSet, Value};

use crate::mp4_keys::{COVER, DATE, ORIGINAL_DATE, SOUND_CHECK, Style, styles};
use crate::{check_embedding, check_reading, check_written_by_mediafile, updated};

/// Returns the keys of all items that are read.
fn keys() -> Vec<&'static [u8]> {
    let key = |style: &Style| match *style {
        Style::Text(key)
        | Style::List(key)
        | Style::Alias(key)
        | Style::Half(key, _)
        | Style::Integer(key)
        | Style::Bool(key) => key,
        Style::SoundCheck(_) => SOUND_CHECK,
    };
    let keys = Field::ALL.iter().flat_map(|&field| styles(field));
    let keys = keys.map(key).chain([DATE, ORIGINAL_DATE].concat());
    keys.chain([COVER, b"gnre"]).collect()
}

/// Returns an item of this key; with numbers of tracks that are cut, no file would be read.
fn keyed(key: &[u8], kind: usize, mut values: Vec<Vec<u8>>) -> Vec<u8> {
    for value in &mut values {
        if matches!(key, b"trkn" | b"disk") && value.len() < 6 {
            value.resize(8, 0);
        }
    }
    let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
    match key.strip_prefix(b"----:com.apple.iTunes:") {
        Some(name) => free_item(std::str::from_utf8(name).expect("ASCII"), kind, &values),
        None => item(key, kind, &values),
    }
}

/// Any items, of known keys and others.
fn items() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let kind = prop_oneof![4 => Just(1_usize), 2 => Just(0), 2 => Just(21), 1 => 2..30_usize];
    let values = proptest::collection::vec(value(), 0..3);
    let others: [&[u8]; 6] = [b"stik", b"plID", b"pgap", b"desc", b"\xa9wrk", b"xxyz"];
    let keys = [keys(), others.to_vec()].concat();
    let item = (proptest::sample::select(keys), kind, values);
    let item = item.prop_map(|(key, kind, values)| keyed(key, kind, values));
    proptest::collection::vec(item, 0..60)
}

/// Returns so many of what a strategy makes.
fn some<S: Strategy>(strategy: &S, n: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::default();
    let any = || strategy.new_tree(&mut runner).expect("nothing is refused");
    std::iter::repeat_with(any)
        .take(n)
        .map(|tree| tree.current())
        .collect()
}

#[test]
fn items_of_every_kind() {
    let files = items().prop_map(|items| Mp4::new().items(&items, 0).build());
    check_reading("m4a", &some(&files, 400));
}

#[test]
fn items_are_written_as_mediafile_writes_them() {
    let files = items().prop_map(|items| Mp4::new().items(&items, 0).build());
    let cases = some(&(files, tags()), 200);
    let both = updated("m4a", &cases);
    for [theirs, ours] in &both {
        let [theirs, ours] = [theirs, ours].map(|file| ilst(file).escape_ascii());
        assert_eq!(ours.to_string(), theirs.to_string());
    }
    let origins = cases.iter().map(|(origin, _)| origin);
    let unread = both
        .iter()
        .zip(origins)
        .filter(|([theirs, _], origin)| theirs == *origin);
    assert!(unread.count() < 100, "most files cannot be read");
}

/// Returns the items of a file.
fn ilst(file: &[u8]) -> &[u8] {
    let name = file.windows(4).position(|name| name == b"ilst");
    let name = name.expect("there are items");
    let size = file[name - 4..name].try_into().expect("four bytes");
    &file[name..][..u32::from_be_bytes(size) as usize - 4]
}

/// Tags as beets has them: numbers that fit, and nothing absent but gains, peaks and keys.
fn tags() -> impl Strategy<Value = TagSet<'static>> {
    let values: Vec<_> = Field::ALL.iter().map(|&field| field_value(field)).collect();
    values.prop_map(|values| {
        let mut tags = TagSet::default();
        for (&field, value) in Field::ALL.iter().zip(values) {
            tags.set(field, value);
        }
        tags
    })
}

fn field_value(field: Field) -> BoxedStrategy<Option<Value<'static>>> {
    let text = "[ -~é日\u{0}\u{a0}\n]{0,12}";
    let most = match field {
        Field::Comp => 1,
        Field::Month => 12,
        Field::Day => 31,
        Field::Bpm => i64::MAX,
        _ => 9999,
    };
    let value = match field.kind() {
        Kind::Text => text.prop_map(Value::text).boxed(),
        Kind::Int => prop_oneof![Just(0), 0..=most].prop_map(Value::Int).boxed(),
        Kind::Float => (-20.0..20.0).prop_map(Value::Float).boxed(),
        Kind::List => proptest::collection::vec(text, 0..4)
            .prop_map(Value::list)
            .boxed(),
    };
    match field {
        field if field.kind() == Kind::Float || field == Field::InitialKey => {
            proptest::option::of(value).boxed()
        }
        _ => value.prop_map(Some).boxed(),
    }
}

/// Any value, and often one that looks like something.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let text = prop_oneof![
        "",
        "[ -~é日]{0,8}",
        "[-+]?[0-9]{1,4}",
        "[ \t\u{1c}]?[-+]?[0-9]{0,3}[./,_]?[0-9]{0,3}( dB|db| )?",
        "[0-9]{0,4}[-/ ]?[0-9_]{0,2}[-/]?[0-9]{0,2}([T ]12:00)?\n?",
        "( 0000[0-9A-F]{4}){10}",
    ];
    // Bytes that make no letters: digits of other scripts are not digits here.
    let byte = proptest::sample::select(b"\0\x01\x05\x7f\x80\xff".as_slice());
    let number = proptest::collection::vec(byte, 0..10);
    prop_oneof![3 => text.prop_map(String::into_bytes), 2 => number]
}

#[test]
fn structures() {
    let title = |title: &str| item(b"\xa9nam", 1, &[title.as_bytes()]);
    let ilst = |title: Vec<u8>| atom(b"ilst", title);
    let quicktime = atom(
        b"meta",
        [atom(b"hdlr", [0; 25]), ilst(title("unseen"))].concat(),
    );
    let files = [
        Mp4::new(),
        Mp4::new().items(&[], 0),
        Mp4::new().items(&[title("a"), title("b")], 50),
        Mp4::new().items(&[title("a")], 50).last().free(9),
        Mp4::new().items(&[title("a")], 0).media(Media::Fragments),
        Mp4::new().media(Media::Long).long().items(&[title("a")], 0),
        Mp4::new().udta([meta(&[]), meta(&[ilst(title("second"))])].concat()),
        Mp4::new().udta(meta(&[ilst(title("first")), ilst(title("second"))])),
        Mp4::new().udta(quicktime),
        Mp4::new().udta(atom(b"name", b"x")),
        Mp4::new().items(&[long_atom(b"\xa9nam", data(1, b"wide"))], 0),
        Mp4::new().items(&[atom(b"\xa9nam", [0; 9]), title("a")], 0),
        Mp4::new().items(&[item(b"trkn", 0, &[b"\0\0\0\x05"])], 0),
        Mp4::new().items(&[atom(b"----", b"\0\0\0\x08mean")], 0),
        Mp4::new().items(&[atom(b"covr", b"\0\0\0\x08data")], 0),
    ];
    check_reading("m4a", &files.map(|file| file.build()));
}

#[test]
fn what_mediafile_writes() {
    check_written_by_mediafile("m4a", &Mp4::new().build());
}

#[test]
fn covers() {
    let named = [
        data(13, b"jpeg"),
        atom(b"name", b"front"),
        data(0, b"unknown"),
    ];
    let files = [
        Mp4::new(),
        Mp4::new().items(&[], 0).last(),
        Mp4::new().items(&[item(b"covr", 14, &[b"one", b"two"])], 500),
        Mp4::new().items(&[atom(b"covr", named.concat())], 0),
        Mp4::new().items(&[atom(b"covr", atom(b"what", b"broken"))], 0),
    ];
    check_embedding("m4a", &files.map(|file| file.build()));
}
