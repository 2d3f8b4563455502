use fixtures::{Chunked, Id3, id3v1};
use lofty::config::ParseOptions;
use lofty::file::AudioFile as _;
use lofty::id3::v2::{FrameId, Id3v2Tag};
use lofty::iff::aiff::AiffFile;
use lofty::iff::wav::WavFile;

use super::chunked_rendered::{rendered, rendered_twice, taken};
use super::cover_file::jpeg;
use super::mp3_rendered::{many, title};
use crate::Cover;

/// Compares the annotated dump of a rendering with the snapshot `name`, which `proves` something;
/// and checks that nothing but the tag is another.
#[track_caller]
fn check(name: &str, proves: &str, origin: &[u8]) {
    let bytes = check_mended(name, proves, origin, None);
    let rest = |file| taken(file).without(&[b"id3 ", b"ID3 "]);
    assert!(rest(&bytes) == rest(origin));
    assert_eq!((bytes.len() - origin.len()) % 4096, 0);
}

/// Compares, likewise, where the origin had faults that are mended.
#[track_caller]
fn check_mended(name: &str, proves: &str, origin: &[u8], cover: Option<Cover<'_>>) -> Vec<u8> {
    let (rendering, bytes) = rendered_twice("a.wav", origin, &title(), cover);
    compare(name, proves, &rendering.dump(origin, cover).unwrap());
    bytes
}

#[track_caller]
fn compare(name: &str, proves: &str, dump: &str) {
    assert_dump!("wav", name, proves, dump);
}

/// Returns the file with another size of the outermost chunk.
fn sized(mut file: Vec<u8>, change: i32) -> Vec<u8> {
    let size = u32::from_le_bytes(file[4..8].try_into().unwrap());
    file[4..8].copy_from_slice(&size.checked_add_signed(change).unwrap().to_le_bytes());
    file
}

fn tag(padding: usize) -> Vec<u8> {
    Id3::new(3)
        .frame("TIT2", b"\0old")
        .frame("TLEN", b"\x007")
        .padding(padding)
        .build()
}

const INFO: &[u8] = b"INFOINAM\x0a\0\0\0Old Title\0";

#[test]
fn no_tag() {
    check(
        "no_tag",
        "a chunk of whole pages comes after all others, in 2.4 even with id3v23",
        &Chunked::wav()
            .chunk(b"LIST", INFO)
            .chunk(b"bext", b"odd")
            .build(),
    );
}

#[test]
fn tag_in_its_place() {
    check(
        "fits",
        "the chunk keeps its length, and what is around it its place",
        &Chunked::wav()
            .chunk(b"id3 ", tag(90))
            .chunk(b"cue ", [0; 4])
            .build(),
    );
    check(
        "fits_in_an_odd_chunk",
        "an odd length stays odd",
        &Chunked::wav()
            .chunk(b"id3 ", tag(91))
            .chunk(b"LIST", INFO)
            .build(),
    );
    check(
        "grows_before_the_audio",
        "the audio moves by whole pages",
        &Chunked::wav()
            .chunk_before(b"id3 ", tag(0))
            .chunk(b"LIST", INFO)
            .build(),
    );
}

#[test]
fn names_of_the_chunk() {
    let second = Id3::new(4).frame("TIT2", b"\0second").padding(90).build();
    check(
        "upper_case",
        "a chunk in upper case keeps its name; of two the first is edited",
        &Chunked::wav()
            .chunk(b"ID3 ", tag(90))
            .chunk(b"id3 ", second)
            .build(),
    );
}

#[test]
fn no_tag_in_the_chunk() {
    check(
        "other_content",
        "what is no tag goes",
        &Chunked::wav().chunk(b"id3 ", [b'x'; 300]).build(),
    );
    check(
        "empty_chunk",
        "an empty chunk grows",
        &Chunked::wav()
            .chunk(b"id3 ", b"")
            .chunk(b"LIST", INFO)
            .build(),
    );
}

#[test]
fn trailing_bytes() {
    check(
        "trailing_bytes",
        "bytes after the outermost chunk stay after it",
        &Chunked::wav().tail(b"garbage").build(),
    );
    check(
        "id3v1",
        "an ID3v1 tag is merged where there is an ID3v2 tag, and stays as it is",
        &Chunked::wav()
            .chunk(b"id3 ", tag(200))
            .tail(&id3v1("V1 title", "note", 7, 12))
            .build(),
    );
}

/// The virtual file has a tag, and is not rendered once more: then its ID3v1 tag would be read too.
#[test]
fn id3v1_alone() {
    let file = Chunked::wav().tail(&id3v1("V1 title", "note", 7, 12));
    let (rendering, _) = rendered("a.wav", &file.build(), &title(), None);
    compare(
        "id3v1_alone",
        "an ID3v1 tag alone is not read",
        &rendering.dump(&file.build(), None).unwrap(),
    );
}

#[test]
fn odd_ends() {
    let file = Chunked::wav().with(b"data", [7; 801]).build();
    check("odd_audio", "odd data are filled up", &file);
    let unpadded = &file[..file.len() - 1];
    check_mended(
        "odd_audio_without_its_zero",
        "the missing zero is put in, so that readers find the next chunk",
        unpadded,
        None,
    );
    check_mended(
        "odd_audio_without_its_zero_in_either_size",
        "so it is where the outermost chunk does not count it",
        &sized(unpadded.to_vec(), -1),
        None,
    );
    check_mended(
        "odd_size",
        "a size that leaves out the last zero is mended",
        &sized(file, -1),
        None,
    );
}

#[test]
fn wrong_sizes() {
    let file = Chunked::wav().build();
    check_mended(
        "size_too_small",
        "the tag comes after the audio, not where the outermost chunk ends; its size is mended",
        &sized(file.clone(), -8),
        None,
    );
    check_mended(
        "size_too_large",
        "a size beyond the file is mended",
        &sized(file.clone(), 8),
        None,
    );
    let zeros = [file, vec![0; 20]].concat();
    check_mended(
        "no_chunk_at_the_end",
        "the tag comes before what is no chunk, behind which nobody looks",
        &sized(zeros, 20),
        None,
    );
    let chunk = [tag(90), vec![0; 60]].concat();
    let mut cut = Chunked::wav().chunk(b"id3 ", chunk).build();
    cut.truncate(cut.len() - 50);
    check_mended(
        "cut_in_the_tag",
        "a chunk that is cut behind its tag gets the length that it has",
        &cut,
        None,
    );
}

#[test]
fn tag_longer_than_its_chunk() {
    let tag = Id3::new(4)
        .frame("TIT2", b"\0old")
        .frame("TLEN", b"\x007")
        .build();
    let (chunk, rest) = tag.split_at(20);
    check_mended(
        "tag_longer_than_its_chunk",
        "frames past the end of the chunk are read, as mutagen does, and the rest stays",
        &Chunked::wav().chunk(b"id3 ", chunk).tail(rest).build(),
        None,
    );
}

#[test]
fn cover() {
    let picture = jpeg(5000);
    let picture = picture.as_slice();
    let old = [b"\0image/png\0\x03\0".as_slice(), &[7; 9000]].concat();
    let tag = Id3::new(4).frame("APIC", old).build();
    check_mended(
        "cover",
        "a cover takes the place of all pictures; the chunk keeps its length",
        &Chunked::wav().chunk_before(b"id3 ", tag).build(),
        Cover::new(&picture).unwrap(),
    );
}

#[test]
fn lofty_reads_what_was_written() {
    let options = ParseOptions::new()
        .read_properties(false)
        .implicit_conversions(false);
    let read = |name: &str, file: &Chunked| {
        let (_, bytes) = rendered(name, &file.build(), &many(), None);
        std::io::Cursor::new(bytes)
    };
    let check = |tag: Option<&Id3v2Tag>| {
        let tag = tag.unwrap();
        let text = |id: &'static str| tag.get_text(&FrameId::Valid(id.into()));
        assert_eq!(text("TIT2"), Some("Idioteque 日本"));
        assert_eq!(text("TRCK"), Some("8/10"));
        assert_eq!(tag.get_user_text("ARTISTS"), Some("Radiohead\0Björk"));
    };
    for file in [
        Chunked::wav().chunk(b"LIST", INFO),
        Chunked::wav().chunk_before(b"id3 ", tag(9)),
    ] {
        check(
            WavFile::read_from(&mut read("a.wav", &file), options)
                .unwrap()
                .id3v2(),
        );
    }
    for file in [
        Chunked::aiff().chunk(b"ANNO", b"odd"),
        Chunked::aiff().chunk_before(b"ID3 ", tag(9)),
    ] {
        check(
            AiffFile::read_from(&mut read("a.aiff", &file), options)
                .unwrap()
                .id3v2(),
        );
    }
}
