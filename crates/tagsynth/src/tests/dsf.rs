use fixtures::{Dsf, Id3, id3v1};
use proptest::prelude::*;

use super::chunked_rendered::{rendered, rendered_twice};
use super::cover_file::png;
use super::mp3_rendered::{options, title};
use super::tags::any_tags;
use crate::{Cover, Error, Rendering, parse, render};

/// Where the tag is.
const TAG: usize = 92 + 4096;

/// Compares the annotated dump of a rendering with the snapshot `name`, which `proves` something.
#[track_caller]
fn check(name: &str, proves: &str, origin: &[u8], cover: Option<Cover<'_>>) {
    let (rendering, bytes) = rendered_twice("a.dsf", origin, &title(), cover);
    assert!(bytes[28..TAG] == origin[28..TAG]);
    let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    assert_eq!(number(12), bytes.len() as u64);
    assert_eq!((bytes.len() - origin.len()) % 4096, 0);
    assert_dump!("dsf", name, proves, rendering.dump(origin, cover).unwrap());
}

fn tag(padding: usize) -> Id3 {
    Id3::new(3)
        .frame("TIT2", b"\0old")
        .frame("TLEN", b"\x007")
        .padding(padding)
}

#[test]
fn tags() {
    check(
        "no_tag",
        "a tag of whole pages comes at the end, and the first chunk points to it",
        &Dsf::new().build(),
        None,
    );
    check(
        "fits",
        "the tag keeps its length, and is 2.4 even with id3v23",
        &Dsf::new().tag(&tag(90).build()).build(),
        None,
    );
    check(
        "grows",
        "the tag grows by whole pages",
        &Dsf::new().tag(&tag(0).build()).build(),
        None,
    );
}

#[test]
fn ends() {
    let behind = [tag(90).build(), id3v1("V1 title", "note", 7, 12)].concat();
    check(
        "id3v1",
        "what follows the tag goes, an ID3v1 tag after it was merged",
        &Dsf::new().tag(&behind).build(),
        None,
    );
    check(
        "other_content",
        "what is no tag goes",
        &Dsf::new().tag(&[b'x'; 300]).build(),
        None,
    );
    let mut file = [Dsf::new().build(), b"junk".to_vec()].concat();
    file[12] ^= 1;
    check(
        "junk",
        "bytes between samples and tag stay; the length of the file is mended",
        &file,
        None,
    );
    let end = file.len() as u64;
    file[20..28].copy_from_slice(&end.to_le_bytes());
    check(
        "pointer_to_the_end",
        "a pointer to where nothing is",
        &file,
        None,
    );
}

#[test]
fn cover() {
    let picture = png(6000);
    let picture = picture.as_slice();
    check(
        "cover",
        "a cover makes the tag grow",
        &Dsf::new().tag(&tag(90).build()).build(),
        Cover::new(&picture).unwrap(),
    );
}

fn outcome(bytes: &[u8]) -> Result<Rendering, Error> {
    let _ = parse(bytes, b"a.dsf");
    let rendering = render(bytes, b"a.dsf", &title(), None, &options(false))?;
    rendering.dump(bytes, None)?;
    Ok(rendering)
}

#[test]
fn every_truncation_is_an_error_but_where_a_tag_is_none_yet() {
    let bytes = Dsf::new().tag(&tag(90).build()).build();
    for len in 0..bytes.len() {
        let is_ok = outcome(&bytes[..len]).is_ok();
        assert_eq!(is_ok, (TAG..TAG + 10).contains(&len), "{len}");
    }
}

#[test]
fn pointers_that_lie_are_errors() {
    let with = |at: usize, number: u64| {
        let mut bytes = Dsf::new().tag(&tag(90).build()).build();
        bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
        outcome(&bytes)
    };
    // Among the samples, in the header, beyond the file.
    for place in [TAG as u64 - 1, 1, 28, 91, 1 << 20, 1 << 63, u64::MAX] {
        assert!(with(20, place).is_err(), "{place}");
    }
    // Lengths of the samples.
    for len in [0, 11, 12 + 4097, 1 << 40, u64::MAX] {
        assert!(with(84, len).is_err(), "{len}");
    }
    // Lengths and versions of chunks.
    for at in [4, 32, 40, 44] {
        assert!(with(at, 2).is_err(), "{at}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_tags_over_any_file(tags in any_tags(), padding in 0..9000_usize) {
        rendered("a.dsf", &Dsf::new().tag(&tag(padding).build()).build(), &tags, None);
    }

    #[test]
    fn changed_bytes_never_panic(changes in proptest::collection::vec((0..300_usize, any::<u8>()), 1..5)) {
        let mut bytes = Dsf::new().tag(&tag(9).build()).build();
        for (at, byte) in changes {
            let at = if at < 92 { at } else { TAG - 92 + at };
            if let Some(old) = bytes.get_mut(at) {
                *old = byte;
            }
        }
        let _ = outcome(&bytes);
    }
}
