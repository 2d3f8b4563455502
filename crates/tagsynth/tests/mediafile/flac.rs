//! Vorbis comments, in FLAC files.

use fixtures::Flac;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use tagsynth::Field;

use crate::{check_embedding, check_reading, check_written_by_mediafile, keys};

#[test]
fn comments_of_every_kind() {
    let comments = proptest::collection::vec((any_key(), value()), 0..60);
    let mut runner = TestRunner::default();
    let mut any_file = || {
        let comments = comments.new_tree(&mut runner).expect("nothing is refused");
        let join = |(key, value): (&str, Vec<u8>)| [key.as_bytes(), b"=", &value].concat();
        let comments: Vec<_> = comments.current().into_iter().map(join).collect();
        Flac::new().comments("old", &comments).build()
    };
    let files: Vec<_> = std::iter::repeat_with(&mut any_file).take(400).collect();
    check_reading("flac", &files);
}

/// Any key of any field.
pub(crate) fn any_key() -> impl Strategy<Value = &'static str> {
    let keys = |field| keys::written(field).iter().chain(keys::aliases(field));
    let keys = Field::ALL.iter().flat_map(|&field| keys(field));
    let keys = keys.copied().chain([keys::YEAR]);
    proptest::sample::select(keys.collect::<Vec<_>>())
}

/// Any value, and often one that looks like something.
pub(crate) fn value() -> impl Strategy<Value = Vec<u8>> {
    let text = prop_oneof![
        "",
        "[ -~é日]{0,8}",
        "[-+]?[0-9]{1,4}",
        "[ \t\u{1c}]?[-+]?[0-9]{0,3}[./,_]?[0-9]{0,3}( dB|db| )?",
        "[0-9]{0,4}[-/ ]?[0-9_]{0,2}[-/]?[0-9]{0,2}([T ]12:00)?\n?",
        "-?[0-9]{17,21}",
    ];
    let bytes = proptest::collection::vec(any::<u8>(), 0..6);
    prop_oneof![9 => text.prop_map(String::into_bytes), 1 => bytes]
}

#[test]
fn structures() {
    let file = |comments: &[&[u8]]| Flac::new().comments("old", comments);
    let files = [
        Flac::new(),
        file(&[]),
        file(&[
            b"title=a",
            b"Title=b",
            b"no equals",
            b"=",
            b"TITLE\xc3\xa9=x",
        ]),
        file(&[b"TITLE=first"]).comments("two", &["TITLE=second", "ALBUM=x"]),
        file(&[b"title=", b"upc=", b"ean=1", b"barcode="]).padding(9),
        file(&[b"ORIGINALDATE=", b"YEAR=1999", b"DATE=\n"]),
    ];
    check_reading("flac", &files.map(|file| file.build()));
    let cut = file(&[b"TITLE=cut"]).header();
    let broken = [&cut[..cut.len() - 5], b"fLaC", b""];
    check_reading("flac", &broken.map(<[u8]>::to_vec));
}

#[test]
fn what_mediafile_writes() {
    check_written_by_mediafile("flac", &Flac::new().build());
}

#[test]
fn covers() {
    let picture = [1_u8; 5000];
    let other = |flac: Flac| flac.block(2, b"Appl").block(20, b"reserved");
    let files = [
        Flac::new(),
        other(Flac::new()),
        other(Flac::new().padding(9).comments("old", &["TITLE=x"])).padding(99),
        other(Flac::new().picture(&picture).picture(b"")).comments("old", &["TITLE=x"]),
        other(Flac::new().comments("old", &["metadata_block_picture=x"])).picture(&picture),
    ];
    check_embedding("flac", &files.map(|file| file.build()));
}
