use lofty::config::ParseOptions;
use lofty::file::AudioFile as _;
use lofty::flac::FlacFile as LoftyFile;
use proptest::prelude::*;
use splice::Segment;

use super::cover_file::jpeg;
use super::flac_file::{FlacFile, comment_block, flac_file, picture_block};
use super::flac_rendered::{covered, options, rendered};
use super::tags::{any_tags, any_text_tags, tags, text};
use crate::vorbis::Comments;
use crate::{Cover, Error, Field, TagSet, parse, render};

/// Checks that lofty reads the same comments, but for NULs at their ends, which it cuts off.
#[track_caller]
fn check_lofty(file: &FlacFile, tags: &TagSet<'_>) {
    let (_, bytes) = rendered(file, tags);
    let options = ParseOptions::new()
        .read_properties(false)
        .implicit_conversions(false);
    let lofty = LoftyFile::read_from(&mut std::io::Cursor::new(&bytes), options).unwrap();
    let lofty = lofty.vorbis_comments().unwrap();
    let header = crate::flac::Header::parse(&bytes).unwrap();
    let ours = Comments::parse(&header.comments().unwrap().bytes, 0).unwrap();
    let ours = ours
        .items()
        .map(|(key, value)| (key, value.trim_end_matches('\0')));
    assert!(lofty.items().eq(ours), "{lofty:?}");
}

fn title() -> TagSet<'static> {
    tags([(Field::Title, text("Idioteque"))])
}

#[test]
fn small_blocks_are_generated_and_large_ones_extents() {
    let file = flac_file()
        .comments(&[])
        .block(6, picture_block(100_000))
        .block(2, *b"tiny")
        .padding(500);
    let (rendering, _) = rendered(&file, &title());
    assert!(rendering.plan.generated_len() < 600);
    let mut extents = rendering
        .plan
        .segments()
        .iter()
        .filter_map(|segment| match segment {
            Segment::Extent(range) => Some(range.clone()),
            _ => None,
        });
    assert!(
        extents
            .clone()
            .any(|extent| extent.end - extent.start > 100_000)
    );
    assert_eq!(extents.next_back(), Some(rendering.audio));
}

#[test]
fn the_same_tags_give_the_origin() {
    for file in [
        flac_file().comments(&[b"MOOD=x", b"TITLE=Idioteque"]),
        flac_file().comments(&[b"TITLE=Idioteque"]).padding(0),
        flac_file()
            .block(6, picture_block(99))
            .comments(&[b"TITLE=Idioteque"])
            .padding(99),
    ] {
        let (rendering, _) = rendered(&file, &title());
        assert!(
            rendering.plan.is_identity(file.bytes().len() as u64),
            "{file:?}"
        );
    }
}

#[test]
fn what_looks_the_same_is_not_the_origin() {
    let dirty = [vec![0; 98], vec![1]].concat();
    for file in [
        flac_file().comments(&[b"TITLE=Idioteque"]).block(1, dirty),
        flac_file()
            .comments(&[b"TITLE=Idioteque"])
            .padding(9)
            .padding(9),
        flac_file().padding(9).comments(&[b"TITLE=Idioteque"]),
        flac_file().comments(&[b"title=Idioteque"]).padding(9),
    ] {
        let (rendering, _) = rendered(&file, &title());
        assert!(
            !rendering.plan.is_identity(file.bytes().len() as u64),
            "{file:?}"
        );
    }
}

#[test]
fn comments_that_no_block_can_hold_are_refused() {
    let file = flac_file().comments(&[]).bytes();
    let lyrics = tags([(Field::Lyrics, text(&"x".repeat(1 << 24)))]);
    let result = render(&file, b"a.flac", &lyrics, None, &options());
    assert!(matches!(
        result,
        Err(Error::TooLarge {
            limit: 0xff_ffff,
            ..
        })
    ));
}

#[test]
fn a_cover_is_an_insert_and_has_a_limit() {
    let file = flac_file().comments(&[]).padding(100).bytes();
    let embed = |len: usize| {
        let data = jpeg(len);
        let data = data.as_slice();
        let cover = Cover::new(&data).unwrap();
        render(&file, b"a.flac", &title(), cover, &options())
    };
    let most = 0xff_ffff - 42;
    let rendering = embed(most).unwrap();
    let inserts = [Segment::Insert(0..most as u64)];
    let found = rendering.plan.segments().iter();
    assert!(
        found
            .filter(|segment| matches!(segment, Segment::Insert(_)))
            .eq(&inserts)
    );
    assert!(rendering.plan.generated_len() < 1000);
    let Err(Error::TooLarge { what, len, limit }) = embed(most + 1) else {
        panic!("no block can hold it");
    };
    assert_eq!((what, len, limit), ("a picture block", 1 << 24, 0xff_ffff));
}

/// Any file whose parts are valid.
fn any_file() -> impl Strategy<Value = FlacFile> {
    let comment = proptest::collection::vec(any::<u8>(), 0..20);
    let known = prop_oneof![
        "(?i)(title|artist|upc|year|x)=[a-z]{0,5}".prop_map(String::into_bytes),
        comment
    ];
    let comments = proptest::collection::vec(known, 0..6).prop_map(|comments| {
        (
            4_u8,
            comment_block(&comments.iter().map(Vec::as_slice).collect::<Vec<_>>()),
        )
    });
    let padding = (0..3000_usize).prop_map(|len| (1, vec![0; len]));
    let picture = (0..9000_usize).prop_map(|len| (6, picture_block(len)));
    let other = (7..126_u8, proptest::collection::vec(any::<u8>(), 0..50));
    let blocks = proptest::collection::vec(prop_oneof![comments, padding, picture, other], 0..7);
    blocks.prop_map(|blocks| {
        let add = |file: FlacFile, (code, content)| file.block(code, content);
        blocks.into_iter().fold(flac_file(), add)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_tags_over_any_file(file in any_file(), tags in any_tags()) {
        let (rendering, bytes) = rendered(&file, &tags);
        let dump = rendering.dump(&file.bytes(), None).unwrap();
        let end = format!("audio from origin {}\n", file.header_len());
        prop_assert!(dump.ends_with(&end));
        prop_assert_eq!(rendering.plan.len(), bytes.len() as u64);
    }

    #[test]
    fn tags_come_back(file in any_file(), tags in any_text_tags()) {
        let (_, bytes) = rendered(&file, &tags);
        prop_assert_eq!(parse(&*bytes, b"a.flac").unwrap(), tags);
    }

    #[test]
    fn any_cover_over_any_file(file in any_file(), tags in any_tags(), len in 4..9000_usize) {
        covered(&file, &tags, &jpeg(len));
    }

    #[test]
    fn lofty_reads_what_was_written(tags in any_tags()) {
        check_lofty(&flac_file().comments(&[]).padding(100), &tags);
    }
}
