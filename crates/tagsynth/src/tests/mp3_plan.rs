use fixtures::id3v1;
use lofty::config::ParseOptions;
use lofty::file::AudioFile as _;
use lofty::mpeg::MpegFile;
use proptest::prelude::*;
use splice::{ReadAt, Segment};

use super::cover_file::jpeg;
use super::id3_model;
use super::mp3_file::{Id3File, audio, id3_file, picture};
use super::mp3_rendered::{composed, covered, many, options, rendered, title};
use super::tags::{any_tags, tags};
use crate::{Cover, Error, Field, Value, render};

#[test]
fn lying_unknown_frame() {
    let mut origin = id3_file(4).frame("XQQQ", b"data").bytes();
    origin[17] = 99;
    let rendering = render(&origin, b"a.mp3", &title(), None, &options(false)).unwrap();
    let bytes = composed(&rendering, &origin, None);
    let at = bytes
        .windows(4)
        .position(|window| window == b"XQQQ")
        .unwrap();
    assert_eq!(bytes[at..at + 14], *b"XQQQ\0\0\0\x04\0\0data");
}

#[test]
fn large_pictures_stay_in_the_origin() {
    let file = id3_file(4)
        .frame("APIC", picture("image/jpeg", "", 3_000_000))
        .frame("XQQQ", vec![1; 50_000])
        .padding(100);
    let (rendering, _) = rendered(&file, &title(), false);
    assert!(rendering.plan.generated_len() < 1000);
    // The two follow each other in both files, so that they are one extent.
    let extents = rendering.plan.segments().iter();
    assert_eq!(
        extents
            .filter(|segment| matches!(segment, Segment::Extent(_)))
            .count(),
        2
    );
}

#[test]
fn a_cover_is_an_insert_and_has_a_limit() {
    let file = id3_file(4).frame("APIC", picture("image/png", "", 50_000));
    let data = jpeg(300_000);
    let data = data.as_slice();
    let cover = Cover::new(&data).unwrap();
    for id3v23 in [false, true] {
        let (rendering, bytes) = covered(&file, &title(), cover, id3v23);
        let inserts = [Segment::Insert(0..300_000)];
        let found = rendering.plan.segments().iter();
        let found = found.filter(|segment| matches!(segment, Segment::Insert(_)));
        assert!(found.eq(&inserts));
        assert!(rendering.plan.generated_len() < 1000);
        let again = render(&bytes, b"a.mp3", &title(), cover, &options(id3v23)).unwrap();
        assert_eq!(composed(&again, &bytes, cover), bytes);
    }
    let vast = Vast(1 << 28);
    let cover = Cover::new(&vast).unwrap();
    let result = render(&file.bytes(), b"a.mp3", &title(), cover, &options(false));
    assert!(matches!(result, Err(Error::TooLarge { .. })), "{result:?}");
}

/// A JPEG of this length, most of it zeros.
struct Vast(u64);

impl ReadAt for Vast {
    fn len(&self) -> u64 {
        self.0
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<usize> {
        buf.fill(0);
        jpeg(4).as_slice().read_at(buf, offset).map(|_| buf.len())
    }
}

#[test]
fn long_descriptions_do_not_hide_pictures() {
    for description in ["d".repeat(5000), "é".repeat(2040), "xé".repeat(1000)] {
        let mut data = picture("image/jpeg", &description, 40_000);
        data[0] = 3;
        let file = id3_file(4).frame("APIC", &data).padding(100);
        let (_, bytes) = rendered(&file, &title(), false);
        assert!(bytes.windows(data.len()).any(|window| window == data));
    }
}

/// Found by fuzzing: among synchsafe sizes, a plain one was read as another.
#[test]
fn frames_that_are_kept_get_synchsafe_sizes() {
    let plain = |id: &str, len: u8| {
        let data = vec![b'x'; usize::from(len)];
        [id.as_bytes(), &[0, 0, 0, len, 0, 0], &data].concat()
    };
    let frames = [plain("XYZA", 200), plain("XYZB", 3), plain("TIT2", 150)].concat();
    let origin = id3_file(4).with(|tag| tag.extended(&frames)).bytes();
    let rendering = render(&origin, b"a.mp3", &title(), None, &options(false)).unwrap();
    let dump = rendering.dump(&origin, None).unwrap();
    assert!(
        dump.contains(" XYZA            flags=0000 len=200\n"),
        "{dump}"
    );
    assert!(
        dump.contains(" XYZB            flags=0000 len=3\n"),
        "{dump}"
    );
}

#[test]
fn plain_sizes_of_itunes_are_understood() {
    let file = id3_file(3)
        .frame("TOPE", [b"\0".as_slice(), &[b'x'; 300]].concat())
        .frame("TLEN", b"\x007");
    let mut origin = file.bytes();
    origin[3] = 4;
    let rendering = render(&origin, b"a.mp3", &title(), None, &options(false)).unwrap();
    let dump = rendering.dump(&origin, None).unwrap();
    assert!(dump.contains("TLEN") && dump.contains("TOPE"), "{dump}");
}

#[test]
fn values_that_cannot_be_written_are_refused() {
    for (field, value) in [
        (Field::R128TrackGain, f64::NAN),
        (Field::RgTrackGain, f64::NEG_INFINITY),
        (Field::RgTrackPeak, f64::INFINITY),
        (Field::RgTrackGain, -4000.0),
    ] {
        let tags = tags([(field, Value::Float(value))]);
        let result = render(&id3_file(0).bytes(), b"a.mp3", &tags, None, &options(false));
        assert!(
            matches!(result, Err(Error::Value { .. })),
            "{field:?} {value}"
        );
    }
}

#[test]
fn the_same_tags_give_the_origin() {
    for id3v23 in [false, true] {
        let (_, first) = rendered(&id3_file(0).tail(id3v1("", "", 0, 0)), &many(), id3v23);
        let again = render(&first, b"a.mp3", &many(), None, &options(id3v23)).unwrap();
        assert!(again.plan.is_identity(first.len() as u64));
        for at in [11, first.len() - 1, first.len() - 128 - audio().len() - 1] {
            let mut other = first.clone();
            other[at] ^= 1;
            let again = render(&other, b"a.mp3", &many(), None, &options(id3v23));
            let identity = again.is_ok_and(|again| again.plan.is_identity(first.len() as u64));
            assert!(!identity, "byte {at}");
        }
    }
}

fn any_file() -> impl Strategy<Value = Id3File> {
    let frame = prop_oneof![
        Just(("TIT2", b"\0old".to_vec())),
        Just(("TRCK", b"\x005/6".to_vec())),
        Just(("TXXX", b"\0Asin\0old\0".to_vec())),
        Just(("TIPL", b"\0ARRANGER\0a\0mixer\0b\0".to_vec())),
        Just(("COMM", b"\0fra\0old\0".to_vec())),
        Just(("APIC", picture("image/png", "", 20_000))),
        Just(("XQQQ", b"unknown".to_vec())),
    ];
    let frames = proptest::collection::vec(frame, 0..6);
    let major = prop_oneof![Just(0), Just(3), Just(4)];
    let padding = prop_oneof![Just(0), 0..5000_usize];
    (major, frames, padding, any::<bool>()).prop_map(|(major, frames, padding, v1)| {
        let file = id3_file(major).padding(padding);
        let file = frames
            .into_iter()
            .fold(file, |file, (id, data)| file.frame(id, data));
        if v1 {
            file.tail(id3v1("v1", "note", 3, 4))
        } else {
            file
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_tags_over_any_file(file in any_file(), tags in any_tags(), id3v23: bool) {
        rendered(&file, &tags, id3v23);
    }

    #[test]
    fn what_was_written_is_read_back(tags in any_tags()) {
        let (_, bytes) = rendered(&id3_file(0), &tags, false);
        prop_assert_eq!(id3_model::found(&bytes), id3_model::expected(&tags));
    }

    #[test]
    fn lofty_reads_what_was_written(title in "[ -~é日]{1,40}", artists in proptest::collection::vec("[ -~é日]{1,9}", 1..4)) {
        let mut set = many();
        set.set(Field::Title, Value::text(title.clone()));
        set.set(Field::Artists, Value::list(artists.clone()));
        for id3v23 in [false, true] {
            let (_, bytes) = rendered(&id3_file(0), &set, id3v23);
            let options = ParseOptions::new().read_properties(false).implicit_conversions(false);
            let lofty = MpegFile::read_from(&mut std::io::Cursor::new(&bytes), options).unwrap();
            let lofty = lofty.id3v2().unwrap();
            let separator = if id3v23 { "/" } else { "\0" };
            let text = |id: &'static str| lofty.get_text(&lofty::id3::v2::FrameId::Valid(id.into()));
            prop_assert_eq!(text("TIT2"), Some(title.as_str()));
            prop_assert_eq!(text("TALB"), Some("Kid A"));
            prop_assert_eq!(text("TRCK"), Some("8/10"));
            let artists = artists.join(separator);
            prop_assert_eq!(lofty.get_user_text("ARTISTS"), Some(artists.as_str()));
            prop_assert_eq!(lofty.get_user_text("R128_TRACK_GAIN"), Some("-896"));
        }
    }
}
