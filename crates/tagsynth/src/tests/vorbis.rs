//! Comments with a cover among them, whatever container they are in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use splice::{Plan, PlanBuilder, ReadAt as _, Segment};

use super::cover_file::{jpeg, png};
use super::flac_file::comment_block;
use super::model;
use super::tags::{list, tags, text};
use super::vast::Vast;
use crate::vorbis::Comments;
use crate::{Composed, Cover, Error, Field, TagSet};

/// Embeds a picture in comments, and returns the keys and values that are found then.
#[track_caller]
fn embedded(before: &[&[u8]], tags: &TagSet<'_>, picture: &[u8]) -> Vec<(String, String)> {
    let cover = Cover::new(&picture).unwrap().unwrap();
    let before = comment_block(before);
    let old = Comments::parse(&before, 0).unwrap();
    let expect = model::comments(&old.items().collect::<Vec<_>>(), tags, true);
    let mut comments = old.clone();
    comments.update(tags, Some(cover)).unwrap();
    let segments = comments.segments().unwrap();
    let plan = segments
        .into_iter()
        .fold(Plan::builder(), PlanBuilder::segment);
    let plan = plan.build().unwrap();
    let mut bytes = vec![0; usize::try_from(plan.len()).unwrap()];
    let file = Composed::new(&plan, b"".as_slice(), Some(cover));
    assert_eq!(file.read_at(&mut bytes, 0).unwrap(), bytes.len());

    let comments = Comments::parse(&bytes, 0).unwrap();
    let found = comments
        .items()
        .map(|(key, value)| (key.to_owned(), value.to_owned()));
    let found: Vec<_> = found.collect();
    let keys =
        |items: &[(String, String)]| items.iter().map(|item| item.0.clone()).collect::<Vec<_>>();
    assert_eq!(keys(&found), keys(&expect));
    found
}

fn check(before: &[&[u8]], tags: &TagSet<'_>, picture: &[u8], media_type: &str) {
    let found = embedded(before, tags, picture);
    let values = found
        .iter()
        .filter(|(key, _)| key == "metadata_block_picture");
    let [(_, value)] = values.collect::<Vec<_>>()[..] else {
        panic!("one picture");
    };
    let len = |len: usize| u32::try_from(len).unwrap().to_be_bytes();
    let media_type = media_type.as_bytes();
    let expect = [
        &len(3),
        &len(media_type.len()),
        media_type,
        &len(0),
        [0; 16].as_slice(),
        &len(picture.len()),
        picture,
    ];
    assert_eq!(STANDARD.decode(value).unwrap(), expect.concat());
}

#[test]
fn a_cover_is_one_comment() {
    let some = tags([
        (Field::Title, text("Idioteque")),
        (Field::Grouping, text("x")),
    ]);
    for len in 4..8 {
        check(&[], &TagSet::default(), &jpeg(len), "image/jpeg");
    }
    check(&[b"MOOD=kept"], &some, &jpeg(100_000), "image/jpeg");
    check(&[], &some, &png(1000), "image/png");
}

#[test]
fn other_pictures_go() {
    let before: &[&[u8]] = &[
        b"coverart=eA==",
        b"MOOD=kept",
        b"COVERARTMIME=image/png",
        b"METADATA_BLOCK_PICTURE=",
        b"Metadata_Block_Picture=x",
        b"COVERARTDESCRIPTION=kept",
    ];
    let found = embedded(before, &TagSet::default(), &jpeg(9));
    let keys: Vec<_> = found.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(
        keys,
        ["MOOD", "COVERARTDESCRIPTION", "metadata_block_picture"]
    );
}

#[test]
fn a_cover_has_its_place_among_the_fields() {
    let some = tags([
        (Field::Genres, list(&["a"])),
        (Field::Grouping, text("b")),
        (Field::InitialKey, text("c")),
        (Field::Isrc, text("d")),
    ]);
    let found = embedded(&[], &some, &jpeg(9));
    let keys: Vec<_> = found.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "GENRE",
            "GROUPING",
            "metadata_block_picture",
            "INITIALKEY",
            "ISRC"
        ]
    );
}

#[test]
fn without_a_cover_pictures_stay() {
    let before = comment_block(&[b"COVERART=eA==", b"metadata_block_picture=eA=="]);
    let tags = TagSet::default();
    let mut comments = Comments::parse(&before, 0).unwrap();
    comments.update(&tags, None).unwrap();
    let segments = comments.segments().unwrap();
    assert_eq!(segments, [Segment::Generated(before.into())]);
}

#[test]
fn a_cover_is_not_read_and_has_a_limit() {
    let tags = TagSet::default();
    let embed = |len: u64| {
        let picture = Vast(len);
        let cover = Cover::new(&picture).unwrap();
        let mut comments = Comments::new("test");
        comments.update(&tags, cover)?;
        comments
            .segments()
            .map(|segments| segments.iter().map(Segment::len).sum::<u64>())
    };
    let lead = 4 + 4 + 10 + 4 + 16 + 4;
    let around = 4 + 4 + 4 + 4 + "metadata_block_picture=".len() as u64;
    assert_eq!(
        embed(3_000_000_000).unwrap(),
        around + (lead + 3_000_000_000_u64).div_ceil(3) * 4
    );
    for len in [3 << 30, 1 << 32, u64::MAX] {
        assert!(matches!(embed(len), Err(Error::TooLarge { .. })), "{len}");
    }
}
