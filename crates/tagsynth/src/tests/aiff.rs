use fixtures::{Chunked, Id3};

use super::chunked_rendered::{rendered_twice, taken};
use super::mp3_rendered::title;

/// Compares the annotated dump of a rendering with the snapshot `name`, which `proves` something;
/// and checks that nothing but the tag is another.
#[track_caller]
fn check(name: &str, proves: &str, origin: &[u8]) {
    let (rendering, bytes) = rendered_twice("a.aiff", origin, &title(), None);
    let rest = |file| taken(file).without(&[b"ID3 "]);
    assert!(rest(&bytes) == rest(origin));
    assert_eq!((bytes.len() - origin.len()) % 4096, 0);
    assert_dump!("aiff", name, proves, rendering.dump(origin, None).unwrap());
}

fn tag(padding: usize) -> Vec<u8> {
    Id3::new(4).frame("TIT2", b"\0old").padding(padding).build()
}

#[test]
fn no_tag() {
    check(
        "no_tag",
        "a chunk of whole pages comes after all others, with sizes in big-endian",
        &Chunked::aiff()
            .chunk_before(b"NAME", b"odd")
            .chunk(b"(c) ", b"x")
            .build(),
    );
}

#[test]
fn tag_in_its_place() {
    check(
        "fits",
        "the chunk keeps its length; the last byte of an odd one too",
        &Chunked::aiff()
            .chunk(b"ID3 ", tag(80))
            .chunk(b"ANNO", b"odd")
            .build(),
    );
    check(
        "grows_before_the_audio",
        "the audio moves by whole pages",
        &Chunked::aiff().chunk_before(b"ID3 ", tag(0)).build(),
    );
}

#[test]
fn names_of_the_chunk() {
    check(
        "lower_case",
        "a chunk in lower case is none with a tag",
        &Chunked::aiff().chunk(b"id3 ", tag(80)).build(),
    );
}

#[test]
fn compressed() {
    let mut file = Chunked::aiff().build();
    file[8..12].copy_from_slice(b"AIFC");
    check("aifc", "AIFF-C is edited alike", &file);
}
