use std::io::Cursor;

use fixtures::{Ogg, vorbis_comments};
use lofty::config::ParseOptions;
use lofty::file::AudioFile as _;
use lofty::ogg::tag::VorbisComments;
use lofty::ogg::{OpusFile, VorbisFile};
use proptest::prelude::*;
use splice::Segment;

use super::cover_file::jpeg;
use super::flac_rendered::options;
use super::ogg_rendered::{apart, covered, rendered};
use super::tags::{any_tags, any_text_tags, tags, text};
use crate::vorbis::Comments;
use crate::{Cover, Error, Field, TagSet, parse, render};

fn title() -> TagSet<'static> {
    tags([(Field::Title, text("Idioteque"))])
}

fn lyrics(len: usize) -> TagSet<'static> {
    tags([(Field::Lyrics, text(&"x".repeat(len)))])
}

/// Returns how the segments of a rendering's plan are called, without those that are generated.
fn kinds(origin: &[u8], tags: &TagSet<'_>) -> Vec<&'static str> {
    let (rendering, _) = rendered(origin, tags);
    let kind = |segment: &Segment| match segment {
        Segment::Extent(_) => Some("extent"),
        Segment::Renumbered(_) => Some("renumbered"),
        Segment::Zeros(_) => Some("zeros"),
        _ => None,
    };
    rendering.plan.segments().iter().filter_map(kind).collect()
}

#[test]
fn audio_is_an_extent_until_numbers_change() {
    let origin = Ogg::vorbis().build();
    assert_eq!(kinds(&origin, &lyrics(60_000)).last(), Some(&"extent"));
    assert_eq!(kinds(&origin, &lyrics(65_000)).last(), Some(&"renumbered"));
    let origin = Ogg::vorbis().rest(&vec![0; 70_000]).build();
    assert_eq!(kinds(&origin, &lyrics(125_000)).last(), Some(&"extent"));
    assert_eq!(kinds(&origin, &lyrics(130_100)).last(), Some(&"renumbered"));
    let opus = Ogg::opus().comments("old", &["LYRICS=".to_owned() + &"x".repeat(900)]);
    let opus = opus.page_segments(1).rest(b"\x01");
    assert_eq!(kinds(&opus.build(), &lyrics(899)).last(), Some(&"extent"));
    assert_eq!(kinds(&opus.build(), &title()).last(), Some(&"renumbered"));
}

#[test]
fn pages_hold_all_they_can() {
    // One page: 255 segments, one of which ends the setup; the last byte of another is not there.
    let setup = Ogg::vorbis().header_packets()[2].len();
    assert!(setup < 255);
    let origin = Ogg::vorbis().build();
    let around = 7 + 4 + 3 + 4 + 4 + "LYRICS=".len() + 1;
    let most = 254 * 255 - 1 - around;
    // And the page before it.
    for (len, n_pages) in [(most, 2), (most + 1, 3)] {
        let (_, bytes) = rendered(&origin, &lyrics(len));
        assert_eq!(apart(&bytes).pages.len(), n_pages, "{len}");
    }
}

#[test]
fn padding_is_not_held_nor_are_setups() {
    let origin = Ogg::vorbis()
        .setup_rest(&vec![1; 60_000])
        .rest(&vec![0; 200_000])
        .build();
    let (rendering, _) = rendered(&origin, &title());
    assert!(rendering.plan.generated_len() < 3000);
}

#[test]
fn the_same_tags_give_the_origin() {
    for file in [Ogg::vorbis(), Ogg::opus()] {
        let file = file.comments("old", &["MOOD=x", "TITLE=Idioteque"]);
        for file in [
            file.clone(),
            file.clone().rest(&[0; 99]),
            file.clone().rest(&[0; 3000]).page_segments(3),
            file.setup_rest(&[1; 5000]).page_segments(7),
        ] {
            let (rendering, _) = rendered(&file.build(), &title());
            assert!(rendering.plan.is_identity(file.build().len() as u64));
        }
    }
}

#[test]
fn what_looks_the_same_is_not_the_origin() {
    for file in [
        Ogg::vorbis()
            .comments("old", &["TITLE=Idioteque"])
            .rest(b"\0\0x"),
        Ogg::vorbis().comments("old", &["title=Idioteque"]),
        Ogg::opus()
            .comments("old", &["TITLE=Idioteque"])
            .rest(b"\x02"),
    ] {
        let (rendering, _) = rendered(&file.build(), &title());
        assert!(!rendering.plan.is_identity(file.build().len() as u64));
    }
}

#[test]
fn wrong_checksums_of_a_header_are_mended() {
    let mut origin = Ogg::vorbis().comments("old", &["TITLE=Idioteque"]).build();
    origin[58 + 22] ^= 1;
    let rendering = render(&origin, b"", &title(), None, &options()).unwrap();
    assert!(!rendering.plan.is_identity(origin.len() as u64));
}

/// A cover that is never held, and can be read but once: to sum up the pages that it is in.
#[test]
fn a_cover_is_text_between_pages() {
    let origin = Ogg::vorbis().build();
    let data = jpeg(1 << 20);
    let (rendering, _) = covered(&origin, &title(), &data);
    assert!(rendering.plan.generated_len() < 12_000);
    let segments = rendering.plan.segments().iter();
    let texts = segments.filter(|segment| matches!(segment, Segment::InsertText(_)));
    let len: u64 = texts.map(Segment::len).sum();
    assert_eq!(len, (42 + (1_u64 << 20)).div_ceil(3) * 4);
}

#[test]
fn packets_that_would_not_be_read_again_are_refused() {
    let origin = Ogg::vorbis().build();
    for (len, is_refused) in [(16 << 20, false), (17 << 20, true)] {
        let result = render(&origin, b"", &lyrics(len), None, &options());
        assert_eq!(matches!(result, Err(Error::TooLarge { .. })), is_refused);
        let data = jpeg(len / 4 * 3);
        let cover = Cover::new(&data).unwrap();
        let result = render(&origin, b"", &title(), cover, &options());
        assert_eq!(matches!(result, Err(Error::TooLarge { .. })), is_refused);
    }
}

/// A cover that shrinks when it is read.
struct Shrunk;

impl splice::ReadAt for Shrunk {
    fn len(&self) -> u64 {
        100_000
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<usize> {
        jpeg(9000).as_slice().read_at(buf, offset)
    }
}

#[test]
fn a_cover_that_cannot_be_read_is_an_error() {
    let cover = Cover::new(&Shrunk).unwrap();
    let origin = Ogg::vorbis().build();
    let result = render(&origin, b"", &title(), cover, &options());
    assert!(matches!(result, Err(Error::Read { .. })), "{result:?}");
}

/// Any stream whose parts are valid.
fn any_file() -> impl Strategy<Value = Ogg> {
    let comment = proptest::collection::vec(any::<u8>(), 0..20);
    let known = prop_oneof![
        "(?i)(title|artist|mood|year|x)=[a-z]{0,5}".prop_map(String::into_bytes),
        (0..90_000_usize).prop_map(|len| [b"LONG=".to_vec(), vec![b'x'; len]].concat()),
        comment
    ];
    let comments = proptest::collection::vec(known, 0..6);
    let lens = (0..3000_usize, 0..9000_usize, 1..=255_usize);
    (any::<bool>(), comments, lens, any::<u8>()).prop_map(
        |(is_opus, comments, (rest, setup, page), first)| {
            let ogg = if is_opus { Ogg::opus() } else { Ogg::vorbis() };
            let rest = vec![first / 128; rest];
            let setup = vec![1; setup];
            let ogg = ogg
                .comments("any", &comments)
                .rest(&rest)
                .setup_rest(&setup);
            ogg.page_segments(page).n_pages(4)
        },
    )
}

/// Checks that lofty reads the same comments, but for NULs at their ends, which it cuts off.
fn check_lofty(origin: &[u8], tags: &TagSet<'_>) {
    let (_, bytes) = rendered(origin, tags);
    let options = ParseOptions::new()
        .read_properties(false)
        .implicit_conversions(false);
    let mut file = Cursor::new(&bytes);
    let packet = &apart(&bytes).packets[1];
    let check = |lofty: &VorbisComments, start: usize| {
        let ours = Comments::parse(&packet[start..], 0).unwrap();
        let ours = ours
            .items()
            .map(|(key, value)| (key, value.trim_end_matches('\0')));
        assert!(lofty.items().eq(ours), "{lofty:?}");
    };
    if packet.starts_with(b"OpusTags") {
        let lofty = OpusFile::read_from(&mut file, options).unwrap();
        check(lofty.vorbis_comments(), 8);
    } else {
        let lofty = VorbisFile::read_from(&mut file, options).unwrap();
        check(lofty.vorbis_comments(), 7);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_tags_over_any_file(file in any_file(), tags in any_text_tags()) {
        let origin = file.build();
        let (rendering, bytes) = rendered(&origin, &tags);
        let dump = rendering.dump(&origin, None).unwrap();
        let end = format!("audio from origin {}\n", file.header().len());
        prop_assert!(dump.ends_with(&end));
        prop_assert!(!dump.contains("wrong"));
        prop_assert_eq!(parse(&*bytes, b"").unwrap(), tags);
    }

    #[test]
    fn any_cover_over_any_file(file in any_file(), tags in any_tags(), len in 4..200_000_usize) {
        covered(&file.build(), &tags, &jpeg(len));
    }

    #[test]
    fn lofty_reads_what_was_written(tags in any_tags(), is_opus in any::<bool>()) {
        let comments = vorbis_comments("old", &["LONG=".to_owned() + &"x".repeat(70_000)]);
        let file = if is_opus { Ogg::opus() } else { Ogg::vorbis() };
        check_lofty(&file.raw_comments(&comments).build(), &tags);
    }
}
