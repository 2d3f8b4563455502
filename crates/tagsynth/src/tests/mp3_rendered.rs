//! Renders MP3 files for tests, and checks what holds for every rendering.

use splice::ReadAt;

use super::mp3_file::Id3File;
use super::tags::{list, tags, text};
use crate::{Composed, Cover, Field, Options, Rendering, TagSet, Value, render};

pub(crate) fn options(id3v23: bool) -> Options {
    Options {
        vendor: "musicfs test".to_owned(),
        id3v23,
        drop_ape: false,
    }
}

/// Renders, and checks what holds for every rendering; returns it with the virtual file's bytes.
#[track_caller]
pub(crate) fn rendered(file: &Id3File, tags: &TagSet<'_>, id3v23: bool) -> (Rendering, Vec<u8>) {
    let origin = file.bytes();
    let (rendering, bytes) = covered(file, tags, None, id3v23);
    assert_eq!(
        rendering.plan.is_identity(origin.len() as u64),
        bytes == origin
    );
    (rendering, bytes)
}

/// Renders with a cover, likewise.
#[track_caller]
pub(crate) fn covered(
    file: &Id3File,
    tags: &TagSet<'_>,
    cover: Option<Cover<'_>>,
    id3v23: bool,
) -> (Rendering, Vec<u8>) {
    let origin = file.bytes();
    let rendering = render(&origin, b"a.mp3", tags, cover, &options(id3v23)).unwrap();
    let bytes = composed(&rendering, &origin, cover);

    let header_len = usize::try_from(rendering.header_len).unwrap();
    let old_len = file.tag().len();
    assert_eq!(rendering.audio.start, old_len as u64);
    assert!(header_len >= old_len);
    assert_eq!((header_len - old_len) % 4096, 0);
    let copied = usize::try_from(rendering.audio.end).unwrap();
    assert_eq!(
        bytes[header_len..][..copied - old_len],
        origin[old_len..copied]
    );
    let v1_len = bytes.len() - header_len - (copied - old_len);
    assert!(matches!(v1_len, 0 | 128));
    (rendering, bytes)
}

pub(crate) fn composed(rendering: &Rendering, origin: &[u8], cover: Option<Cover<'_>>) -> Vec<u8> {
    let composed = Composed::new(&rendering.plan, origin, cover);
    let mut bytes = vec![0xaa; usize::try_from(ReadAt::len(&composed)).unwrap()];
    assert_eq!(composed.read_at(&mut bytes, 0).unwrap(), bytes.len());
    bytes
}

pub(crate) fn title() -> TagSet<'static> {
    tags([(Field::Title, text("Idioteque"))])
}

/// A tag set of one value for every way in which values are kept.
pub(crate) fn many() -> TagSet<'static> {
    tags([
        (Field::Album, text("Kid A")),
        (Field::AlbumartistSort, text("Radiohead")),
        (Field::Albumtype, text("undone")),
        (Field::Albumtypes, list(&["album", "live"])),
        (Field::Arrangers, list(&["Ann", "Bo"])),
        (Field::Artist, text("Radiohead & Björk")),
        (Field::Artists, list(&["Radiohead", "Björk"])),
        (Field::Bpm, Value::Int(137)),
        (Field::Comments, text("said")),
        (Field::Comp, Value::Int(1)),
        (Field::Disc, Value::Int(1)),
        (Field::Disctotal, Value::Int(0)),
        (Field::Genres, list(&["Electronic", "17"])),
        (Field::Label, text("Parlophone")),
        (Field::Lyrics, text("who's\nin")),
        (Field::MbTrackid, text("7c1e03d9")),
        (Field::Month, Value::Int(10)),
        (Field::Day, Value::Int(2)),
        (Field::Year, Value::Int(2000)),
        (Field::OriginalYear, Value::Int(1999)),
        (Field::OriginalMonth, Value::Int(0)),
        (Field::R128TrackGain, Value::Float(-3.5)),
        (Field::RgTrackGain, Value::Float(-7.255)),
        (Field::RgTrackPeak, Value::Float(0.988_553)),
        (Field::Title, text("Idioteque 日本")),
        (Field::Track, Value::Int(8)),
        (Field::Tracktotal, Value::Int(10)),
    ])
}
