//! APEv2 tags, in WavPack, Monkey's Audio and Musepack files.

use fixtures::{Ape, ApeTag};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::flac::{any_key, value};
use crate::{check_embedding, check_reading, check_written_by_mediafile};

/// The end of a name that fits a file.
fn extension(file: &Ape) -> &str {
    let name = str::from_utf8(file.name).expect("it is ASCII");
    name.split_once('.').expect("it has one").1
}

#[test]
fn items_of_every_kind() {
    let text = value().prop_map(|value| String::from_utf8_lossy(&value).into_owned());
    let texts = proptest::collection::vec(text, 1..3);
    let texts = proptest::collection::vec((any_key(), texts), 0..60);
    // What is no text, for which mediafile fails if it comes upon it.
    let strange = proptest::option::weighted(0.2, (any_key(), prop_oneof![Just(2_u32), Just(4)]));
    let mut runner = TestRunner::default();
    for file in Ape::all() {
        let mut any_file = || {
            let texts = texts.new_tree(&mut runner).expect("nothing is refused");
            let strange = strange.new_tree(&mut runner).expect("nothing is refused");
            let text =
                |tag: ApeTag, (key, texts): (&str, Vec<String>)| tag.text(key, &texts.join("\0"));
            let tag = texts.current().into_iter().fold(ApeTag::new(), text);
            let strange = strange.current().into_iter();
            let tag = strange.fold(tag, |tag, (key, flags)| tag.item(key, flags, "x"));
            file.clone().tag(&tag).build()
        };
        let files: Vec<_> = std::iter::repeat_with(&mut any_file).take(200).collect();
        check_reading(extension(&file), &files);
    }
}

#[test]
fn structures() {
    let tag = ApeTag::new().text("Title", "a").text("ARTIST", "b\0c");
    let v1 = [b"TAG".as_slice(), &[b' '; 125]].concat();
    let lyrics = [b"LYRICSBEGIN000011LYRICS200".as_slice(), &v1].concat();
    for file in Ape::all() {
        let tagged = |tag: &ApeTag| file.clone().tag(tag);
        let lie = |count, size| {
            let (count, size) = (Some(count), Some(size));
            tagged(&ApeTag {
                count,
                size,
                ..tag.clone()
            })
        };
        let size = u32::try_from(tag.build().len() - 32).expect("it is small");
        let whole = tagged(&tag).build();
        let files = [
            file.clone(),
            file.clone().front(&v1),
            file.clone().front(&lyrics),
            tagged(&tag),
            tagged(&tag.clone().without_header()),
            tagged(&tag).tail(&v1),
            tagged(&tag).tail(&lyrics),
            tagged(&tag).front(&tag.build()[..24]),
            tagged(&tag).tail(b"junk"),
            tagged(&tag.clone().text("title", "z").text("TITLE", "y")),
            tagged(&tag.clone().text("x", "")),
            tagged(&tag.clone().item("Key", 0, b"\xff")),
            tagged(&tag.clone().item("Key", 6, b"")),
            lie(1, size),
            lie(3, size),
            lie(2, size + 1),
            lie(2, size - 1),
            lie(2, u32::MAX),
        ];
        let cut = [&whole[..whole.len() - 5], &whole[..40], b""].map(<[u8]>::to_vec);
        let files = files.iter().map(Ape::build).chain(cut);
        check_reading(extension(&file), &files.collect::<Vec<_>>());
    }
}

#[test]
fn what_mediafile_writes() {
    for file in Ape::all() {
        check_written_by_mediafile(extension(&file), &file.build());
    }
}

#[test]
fn covers() {
    let picture = [b"cover.jpg\0".as_slice(), &[1; 5000]].concat();
    let tag = ApeTag::new()
        .text("Title", "x")
        .item("COVER ART (front)", 2, &picture)
        .item("Cover Art (Colored Fish)", 2, &picture);
    for file in Ape::all() {
        let files = [
            file.clone(),
            file.clone().tag(&tag),
            file.clone()
                .tag(&tag.clone().item("Cover Art (other)", 2, b"\0")),
        ];
        check_embedding(extension(&file), &files.map(|file| file.build()));
    }
}
