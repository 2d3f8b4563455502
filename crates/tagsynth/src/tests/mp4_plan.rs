use std::io::Cursor;

use fixtures::Mp4;
use fixtures::mp4::{Media, atom, data, free_item, item, long_atom};
use lofty::config::ParseOptions;
use lofty::file::AudioFile as _;
use lofty::mp4::{AtomData, AtomIdent, Mp4File};
use proptest::prelude::*;
use splice::{ReadAt, Segment};

use super::cover_file::{jpeg, png};
use super::mp3_rendered::{many, title};
use super::mp4_rendered::{composed, covered, items, rendered};
use super::tags::{any_tags, list, tags, text};
use crate::{Error, Field, Options, Rendering, TagSet, Value, render};

fn outcome(origin: &[u8], tags: &TagSet<'_>) -> Result<Rendering, Error> {
    render(origin, b"a.m4a", tags, None, &Options::default())
}

#[test]
fn large_pictures_stay_in_the_origin() {
    let covers = item(b"covr", 13, &[&vec![1; 300_000], &vec![2; 200_000]]);
    let (rendering, _) = rendered(&Mp4::new().items(&[covers], 100), &title());
    assert!(rendering.plan.generated_len() < 1000);
    let pictures = rendering.plan.segments().iter().filter(
        |segment| matches!(segment, Segment::Extent(range) if range.end - range.start >= 200_000),
    );
    assert_eq!(pictures.count(), 2);
}

#[test]
fn covers_are_inserted() {
    for picture in [jpeg(100_000), png(20)] {
        let (rendering, _) = covered(&Mp4::new(), &title(), &picture);
        assert!(rendering.plan.generated_len() < 1000);
        let insert = Segment::Insert(0..picture.len() as u64);
        assert!(rendering.plan.segments().contains(&insert));
    }
}

#[test]
fn items_that_are_too_long_to_be_tags_are_not_read() {
    let long = vec![b'x'; 100_000];
    let kept = [free_item("notes", 1, &[&long]), item(b"xxyz", 1, &[&long])];
    let lyrics = item(b"\xa9lyr", 1, &[&long]);
    let file = Mp4::new().items(&[kept.to_vec(), vec![lyrics]].concat(), 0);
    let (rendering, bytes) = rendered(&file, &tags([(Field::Lyrics, text("short"))]));
    assert!(rendering.plan.generated_len() < 1000);
    let found = items(&bytes);
    assert!(found.contains(&kept[0][4..].to_vec()) && found.contains(&kept[1][4..].to_vec()));
    assert!(found.contains(&item(b"\xa9lyr", 1, &[b"short"])[4..].to_vec()));
    // They are replaced and deleted like others, but not joined.
    let twice = Mp4::new()
        .items(&[kept[0].clone(), kept[0].clone()], 0)
        .build();
    assert!(matches!(
        outcome(&twice, &title()),
        Err(Error::Malformed { .. })
    ));
    let unnamed = atom(
        b"----",
        [atom(b"mean", [b'm'; 2000]), vec![b'x'; 70_000]].concat(),
    );
    let (_, bytes) = rendered(
        &Mp4::new().items(std::slice::from_ref(&unnamed), 0),
        &title(),
    );
    assert!(items(&bytes).contains(&unnamed[4..].to_vec()));
}

#[test]
fn items_with_wide_sizes_come_out_short() {
    let items_of = |item: Vec<u8>| {
        let origin = Mp4::new().items(&[item], 100).build();
        items(&composed(
            &outcome(&origin, &title()).unwrap(),
            &origin,
            None,
        ))
    };
    let value = data(1, b"text");
    let short = [b"xxyz".as_slice(), &value].concat();
    assert!(items_of(long_atom(b"xxyz", &value)).contains(&short));
}

/// A file that ends in zeros which are not held in memory.
struct Sparse {
    front: Vec<u8>,
    len: u64,
}

impl ReadAt for Sparse {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<usize> {
        buf.fill(0);
        self.front.read_at(buf, offset).map(|_| buf.len())
    }
}

#[test]
fn free_space_of_many_gigabytes_has_wide_sizes() {
    let free = 5_u64 << 30;
    let wide = |name: &[u8], len: u64| [b"\0\0\0\x01", name, &len.to_be_bytes()].concat();
    let front = [
        atom(b"ftyp", b"M4A mp42"),
        wide(b"moov", free + 76),
        wide(b"udta", free + 60),
        wide(b"meta", free + 44),
        vec![0; 4],
        item(b"ilst", 1, &[]),
        wide(b"free", free + 16),
    ];
    let front = front.concat();
    let len = front.len() as u64 + free;
    let file = Sparse { front, len };
    let rendering = render(&file, b"a.m4a", &title(), None, &Options::default()).unwrap();
    assert_eq!(rendering.plan.len(), len);
    let segments = rendering.plan.segments();
    let Some([Segment::Generated(made), Segment::Zeros(zeros)]) = segments.last_chunk() else {
        panic!("{segments:?}");
    };
    assert!(made.ends_with(&wide(b"free", zeros + 16)));
    assert_eq!(made.len() as u64 - 95 - 24, 0);
}

#[test]
fn offsets_that_need_more_bits_are_refused() {
    let mut origin = Mp4::new().items(&[], 0).build();
    let stco = origin.windows(4).position(|name| name == b"stco").unwrap();
    origin[stco + 12..stco + 16].copy_from_slice(&0xffff_f000_u32.to_be_bytes());
    let Err(Error::TooLarge { what, len, limit }) = outcome(&origin, &title()) else {
        panic!("an offset has 32 bits");
    };
    assert_eq!((what, len), ("an offset of media", 0x1_0000_0000));
    assert_eq!(limit, 0xffff_ffff);
}

#[test]
fn samples_in_free_space_keep_it() {
    let mut origin = Mp4::new().items(&[], 0).free(5000).build();
    let free = origin.windows(4).rposition(|name| name == b"free").unwrap();
    let stco = origin.windows(4).position(|name| name == b"stco").unwrap();
    let offset = u32::try_from(free + 100).unwrap();
    origin[stco + 12..stco + 16].copy_from_slice(&offset.to_be_bytes());
    let Err(Error::Malformed { what, .. }) = outcome(&origin, &title()) else {
        panic!("a sample would be lost");
    };
    assert_eq!(what, "media in free space");
}

#[test]
fn values_that_cannot_be_written_are_refused() {
    for (field, value) in [
        (Field::R128TrackGain, f64::NAN),
        (Field::RgTrackGain, f64::NEG_INFINITY),
        (Field::RgTrackPeak, f64::INFINITY),
    ] {
        let tags = tags([(field, Value::Float(value))]);
        let result = outcome(&Mp4::new().build(), &tags);
        assert!(matches!(result, Err(Error::Value { .. })), "{field:?}");
    }
}

#[test]
fn sound_check_is_written_in_steps() {
    let sound_check = |old: &[Vec<u8>], tags: &TagSet<'_>| {
        let (_, bytes) = rendered(&Mp4::new().items(old, 4000), tags);
        let found = items(&bytes).into_iter();
        let mut found = found.filter(|item| item.windows(8).any(|word| word == b"iTunNORM"));
        found
            .next()
            .map(|item| String::from_utf8_lossy(&item[68..]).into_owned())
    };
    let gain = (Field::RgTrackGain, Value::Float(-3.01));
    let peak = (Field::RgTrackPeak, Value::Float(0.5));
    let both = " 000007D0 000007D0 00001388 00001388 00000000 00000000 00004000 00004000 00000000 00000000";
    assert_eq!(
        sound_check(&[], &tags([gain.clone(), peak.clone()])).unwrap(),
        both
    );
    // Without a peak it goes, and without a gain the gain is 0.
    let old = [free_item("iTunNORM", 1, &[both.as_bytes()])];
    assert_eq!(sound_check(&old, &tags([gain])), None);
    let without_gain = sound_check(&old, &tags([peak])).unwrap();
    assert!(
        without_gain.starts_with(" 000003E8 000003E8 000009C4"),
        "{without_gain}"
    );
}

#[test]
fn the_later_of_two_fields_wins() {
    let (_, bytes) = rendered(
        &Mp4::new().items(&[], 2000),
        &tags([
            (Field::Albumtype, text("album")),
            (Field::Albumtypes, list(&["live", "album"])),
            (Field::MbArtistid, text("one")),
            (Field::MbArtistids, list(&[])),
        ]),
    );
    let found = items(&bytes);
    let has =
        |name: &str, values: &[&[u8]]| found.contains(&free_item(name, 1, values)[4..].to_vec());
    assert!(has("MusicBrainz Album Type", &[b"live", b"album"]));
    assert!(has("MusicBrainz Artist Id", &[]));
}

fn any_file() -> impl Strategy<Value = Mp4> {
    let item = prop_oneof![
        Just(item(b"\xa9nam", 1, &[b"old"])),
        Just(item(b"trkn", 0, &[b"\0\0\0\x05\0\x06\0\0"])),
        Just(item(b"gnre", 0, &[b"\0\x12"])),
        Just(item(b"xxyz", 0, &[b"unknown"])),
        Just(item(b"covr", 14, &[&[9; 5000]])),
        Just(free_item("MOOD", 1, &[b"kept", b"too"])),
        Just(free_item("iTunNORM", 1, &[b" 000007D0"])),
    ];
    let items = proptest::collection::vec(item, 0..6);
    let media = prop_oneof![
        Just(Media::Short),
        Just(Media::Long),
        Just(Media::Fragments),
        Just(Media::RelativeFragments),
    ];
    let free = || prop_oneof![Just(0), 8..9000_usize];
    let shape = (1..3_usize, any::<[bool; 3]>());
    (items, free(), free(), media, shape).prop_map(
        |(items, inner, outer, media, (n_tracks, [has_items, is_last, is_long]))| {
            let mut file = Mp4::new().media(media).n_tracks(n_tracks).free(outer);
            if is_long {
                file = file.long();
            }
            if has_items {
                file = file.items(&items, inner);
            }
            if is_last && matches!(media, Media::Short | Media::Long) {
                file = file.last();
            }
            file
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_tags_over_any_file(file in any_file(), tags in any_tags()) {
        let (rendering, _) = rendered(&file, &tags);
        let dump = rendering.dump(&file.build(), None).unwrap();
        prop_assert!(dump.contains("\nend ") || dump.contains(" end "));
    }

    #[test]
    fn covers_over_any_file(file in any_file(), len in 4..9000_usize) {
        covered(&file, &title(), &jpeg(len));
    }

    #[test]
    fn lofty_reads_what_was_written(title in "[ -~é日]{1,40}", artists in proptest::collection::vec("[ -~é日]{1,9}", 1..4)) {
        let mut set = many();
        set.set(Field::Title, Value::text(title.clone()));
        set.set(Field::Artists, Value::list(artists.clone()));
        let (_, bytes) = rendered(&Mp4::new(), &set);
        let options = ParseOptions::new().read_properties(false).implicit_conversions(false);
        let file = Mp4File::read_from(&mut Cursor::new(&bytes), options).unwrap();
        let ilst = file.ilst().unwrap();
        let texts = |ident: &AtomIdent<'_>| -> Vec<String> {
            let texts = ilst.get(ident).into_iter().flat_map(lofty::mp4::Atom::data);
            texts.map(|data| match data {
                AtomData::UTF8(text) => text.clone(),
                other => panic!("{other:?}"),
            }).collect()
        };
        let free = |name: &'static str| AtomIdent::Freeform {
            mean: "com.apple.iTunes".into(),
            name: name.into(),
        };
        prop_assert_eq!(texts(&AtomIdent::Fourcc(*b"\xa9nam")), [title]);
        prop_assert_eq!(texts(&free("ARTISTS")), artists);
        prop_assert_eq!(texts(&free("R128_TRACK_GAIN")), ["-896"]);
    }
}
