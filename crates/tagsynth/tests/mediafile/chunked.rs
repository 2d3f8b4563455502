//! WAV, AIFF and DSF files whose structure is damaged.

use fixtures::{Chunked, Dsf, Id3};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::check_reading;

/// Returns files, and where in them the structure is: not the audio, which is most of them.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let tag = Id3::new(4).frame("TIT2", b"\x03title").padding(9).build();
    let chunked = [
        ("wav", Chunked::wav().chunk_before(b"id3 ", &tag)),
        (
            "wav",
            Chunked::wav().chunk(b"LIST", b"INFO").chunk(b"ID3 ", &tag),
        ),
        (
            "wav",
            Chunked::wav().chunk(b"bext", b"odd").chunk(b"id3 ", &tag),
        ),
        ("aiff", Chunked::aiff().chunk_before(b"ID3 ", &tag)),
        (
            "aiff",
            Chunked::aiff().chunk(b"ANNO", b"odd").chunk(b"ID3 ", &tag),
        ),
    ];
    let chunked = chunked.map(|(extension, file)| (extension, file.tail(b"garbage").build()));
    let dsf = ("dsf", Dsf::new().tag(&tag).build());
    chunked.into_iter().chain([dsf]).collect()
}

#[test]
fn damaged_structures() {
    let change = (
        any::<proptest::sample::Index>(),
        prop_oneof![any::<u8>(), 0..9_u8],
    );
    let changes = proptest::collection::vec(change, 1..3);
    let mut runner = TestRunner::default();
    for (extension, file) in files() {
        // Few bytes of audio repeat a hundred times; what is before and after them is structure.
        let middle = file
            .windows(100)
            .position(|window| window.windows(2).all(|pair| pair[0] == pair[1]));
        let start = middle.expect("there is audio");
        let len = file[start..]
            .iter()
            .take_while(|&&byte| byte == file[start])
            .count();
        let mut damaged = || {
            let mut file = file.clone();
            let changes = changes.new_tree(&mut runner).expect("nothing is refused");
            for (index, byte) in changes.current() {
                let at = index.index(file.len() - len);
                // How far one can seek depends on the filesystem.
                if extension != "dsf" || !(24..28).contains(&at) {
                    file[if at < start { at } else { at + len }] = byte;
                }
            }
            file
        };
        let damaged: Vec<_> = std::iter::repeat_with(&mut damaged).take(120).collect();
        check_reading(extension, &damaged);
        let cut = (0..file.len()).filter(|at| *at < start || *at > start + len);
        let cut: Vec<_> = cut.step_by(3).map(|at| file[..at].to_vec()).collect();
        check_reading(extension, &cut);
    }
}
