use std::cell::Cell;

use fixtures::Mp4;
use fixtures::mp4::{Media, atom, data, free_atom, free_item, item, long_atom, meta};
use proptest::prelude::*;
use splice::ReadAt;

use super::mp3_rendered::title;
use super::mp4_rendered::composed;
use crate::{Error, Options, Rendering, parse, render};

/// Renders bytes that may be anything; what comes out must lie within the origin, add up, and be
/// read back and rendered again.
fn outcome(bytes: &[u8]) -> Result<Rendering, Error> {
    drop(parse(bytes, b"a.m4a"));
    let rendering = render(bytes, b"a.m4a", &title(), None, &Options::default())?;
    let made = composed(&rendering, bytes, None);
    let at = |offset: u64| usize::try_from(offset).unwrap();
    let audio = &bytes[at(rendering.audio.start)..at(rendering.audio.end)];
    assert!(made[at(rendering.header_len)..].starts_with(audio));
    rendering.dump(bytes, None).unwrap();
    let tags = parse(&made, b"a.m4a").unwrap();
    render(&made, b"a.m4a", &tags, None, &Options::default()).unwrap();
    Ok(rendering)
}

#[track_caller]
fn check_malformed(bytes: &[u8], expect: &str) {
    match outcome(bytes) {
        Err(Error::Malformed { what, .. }) => assert_eq!(what, expect),
        other => panic!("{other:?}"),
    }
}

fn rich(media: Media) -> Mp4 {
    let items = [
        item(b"\xa9nam", 1, &[b"old"]),
        item(b"covr", 13, &[&[b'j'; 40]]),
        free_item("MOOD", 1, &[b"kept"]),
    ];
    Mp4::new().media(media).items(&items, 0).free(50)
}

/// Returns a file in which the bytes that are so far before the first atom's name are others.
///
/// The size is 4 before it, and content after it.
fn with(file: &Mp4, name: &[u8], before: isize, bytes: &[u8]) -> Vec<u8> {
    let mut origin = file.build();
    let at = origin.windows(name.len()).position(|found| found == name);
    let at = at.unwrap().checked_add_signed(-before).unwrap();
    origin[at..at + bytes.len()].copy_from_slice(bytes);
    origin
}

#[test]
fn every_truncation_is_an_error_or_renders() {
    for media in [Media::Short, Media::Fragments] {
        let bytes = rich(media).build();
        let moov = bytes.windows(4).position(|name| name == b"moov").unwrap() - 4;
        let moov_end = bytes.windows(4).rposition(|name| name == b"free").unwrap() - 4;
        for len in 0..bytes.len() {
            let outcome = outcome(&bytes[..len]);
            if len < moov_end {
                assert!(outcome.is_err(), "{len}");
            } else if media == Media::Short {
                // Audio that is cut is served as far as it goes.
                assert!(outcome.is_ok(), "{len}: {outcome:?}");
            }
        }
        let last = rich(Media::Short).last().build();
        for len in moov..last.len() - 50 {
            assert!(outcome(&last[..len]).is_err(), "{len}");
        }
    }
}

#[test]
fn files_without_structure_are_errors() {
    let ftyp = atom(b"ftyp", b"M4A mp42");
    check_malformed(&ftyp, "no moov");
    check_malformed(&[ftyp.clone(), atom(b"mdat", b"x")].concat(), "no moov");
    check_malformed(&[ftyp.clone(), vec![0; 40]].concat(), "no moov");
    // A size that does not take in the header, and one that goes beyond all files.
    check_malformed(&[&ftyp, b"\0\0\0\x07moov".as_slice()].concat(), "no moov");
    check_malformed(
        &[&ftyp, b"\0\0\0\x01free\0\0\0\0\0\0\0\x0f".as_slice()].concat(),
        "no moov",
    );
    check_malformed(
        &[
            &ftyp,
            b"\0\0\0\x01free\xff\xff\xff\xff\xff\xff\xff\xff".as_slice(),
        ]
        .concat(),
        "no moov",
    );
    let cmov = Mp4::new().head(atom(b"cmov", b"packed"));
    check_malformed(&cmov.build(), "a compressed movie");
}

#[test]
fn atoms_that_do_not_fit_are_errors() {
    for size in [0, 1, 7, 0x4000, u32::MAX] {
        for name in [b"mvhd", b"\xa9nam"] {
            let origin = with(&rich(Media::Short), name, 4, &size.to_be_bytes());
            check_malformed(&origin, "an atom that does not fit the one around it");
        }
        // What udta and meta contain may be anything: then there are no items.
        for name in [b"meta", b"ilst"] {
            let origin = with(&rich(Media::Short), name, 4, &size.to_be_bytes());
            outcome(&origin).unwrap();
        }
    }
    let moov = with(&rich(Media::Short), b"moov", 4, &u32::MAX.to_be_bytes());
    assert!(matches!(outcome(&moov), Err(Error::Truncated { .. })));
}

#[test]
fn tables_that_lie_are_errors() {
    let cut = "a table of chunks that is cut";
    let grows = Mp4::new().items(&[], 0);
    check_malformed(&with(&grows, b"stco", -8, &[0xff; 4]), cut);
    check_malformed(&with(&grows, b"stco", -8, &[0, 0, 0, 4]), cut);
    for table in [
        atom(b"stco", [0; 7]),
        atom(b"saio", [0, 0, 0, 1, 0, 0, 0, 0]),
    ] {
        let tables = atom(b"mdia", atom(b"minf", atom(b"stbl", table)));
        let file = Mp4::new().head(atom(b"trak", tables));
        check_malformed(&file.build(), cut);
    }
    let fragments = Mp4::new().media(Media::Fragments).items(&[], 0);
    let cut = "a fragment or its index that is cut";
    check_malformed(&with(&fragments, b"tfra", -16, &[0xff; 4]), cut);
    let short = |atom_in_it: Vec<u8>| Mp4::new().tail(atom_in_it).build();
    let tfhd = atom(b"tfhd", [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    check_malformed(&short(atom(b"moof", atom(b"traf", tfhd))), cut);
    check_malformed(&short(atom(b"mfra", atom(b"tfra", [0; 15]))), cut);
    let sidx = Mp4::new().before(atom(b"sidx", [0; 24]));
    check_malformed(&sidx.build(), "an index in front of the movie");
}

#[test]
fn fragments_without_offsets_stay_as_they_are() {
    let empty = [
        atom(b"moof", [atom(b"traf", b""), atom(b"free", b"")].concat()),
        atom(b"moof", atom(b"traf", atom(b"tfhd", [0; 8]))),
        atom(b"mfra", atom(b"mfro", [0; 8])),
    ];
    outcome(&Mp4::new().tail(empty.concat()).build()).unwrap();
}

#[test]
fn items_that_stop_mutagen_are_errors() {
    let named = |parts: &[&[u8]]| atom(b"----", parts.concat());
    let mean = atom(b"mean", b"\0\0\0\0m");
    let name = atom(b"name", b"\0\0\0\0n");
    let value = |size: u32| [&size.to_be_bytes(), b"data".as_slice(), &[0; 8]].concat();
    for (item, what) in [
        (
            item(b"trkn", 0, &[b"\0\0\0\x01\0"]),
            "a number of a track or disc that is cut",
        ),
        (named(&[b"\0\0\0"]), "an item that is cut"),
        (named(&[&mean]), "an item that is cut"),
        (
            named(&[&mean, &name, b"\0\0\0\x10da"]),
            "an item that is cut",
        ),
        (
            named(&[&mean, &name, b"\0\0\0\x10data"]),
            "an item that is cut",
        ),
        (
            named(&[&mean, &name, &value(15)]),
            "a value that is shorter than its header",
        ),
        (
            named(&[&mean, &name, &value(0)]),
            "a value that is shorter than its header",
        ),
        (atom(b"covr", b"\0\0\0\x08name"), "a picture that is cut"),
        (
            long_atom(b"covr", data(13, b"jpeg")),
            "a picture that is cut",
        ),
        (atom(b"covr", value(0)), "a picture of a wrong size"),
        (
            atom(b"covr", [b"\0\0\0\0name".as_slice(), &[0; 8]].concat()),
            "a picture of a wrong size",
        ),
        (
            atom(b"covr", [b"\0\0\0\x40name".as_slice(), &[0; 8]].concat()),
            "a picture of a wrong size",
        ),
    ] {
        check_malformed(&Mp4::new().items(&[item], 0).build(), what);
    }
}

#[test]
fn items_of_wrong_sizes_are_kept() {
    let value = |size: u32| [&size.to_be_bytes(), b"data".as_slice(), &[0; 8]].concat();
    let mean = atom(b"mean", b"\0\0\0\0m");
    for item in [
        atom(b"xxyz", value(0)),
        atom(b"xxyz", value(17)),
        atom(b"xxyz", value(8)),
        atom(b"xxyz", b"\0\0\0"),
        atom(b"tmpo", data(21, &[0; 5])),
        atom(b"pgap", data(21, &[0; 2])),
        atom(b"covr", atom(b"what", [0; 8])),
        atom(
            b"----",
            [mean.clone(), mean.clone(), atom(b"what", b"")].concat(),
        ),
    ] {
        let origin = Mp4::new().items(std::slice::from_ref(&item), 200).build();
        let rendering = outcome(&origin).unwrap();
        let bytes = composed(&rendering, &origin, None);
        assert!(
            bytes.windows(item.len()).any(|found| found == item),
            "{item:?}"
        );
    }
}

#[test]
fn endless_lists_are_errors() {
    let what = "more atoms than any file has";
    let many = |atom: Vec<u8>| atom.repeat(5000);
    check_malformed(&Mp4::new().before(many(free_atom(8))).build(), what);
    check_malformed(&Mp4::new().head(many(free_atom(8))).build(), what);
    check_malformed(&Mp4::new().items(&[many(free_atom(8))], 0).build(), what);
    let names = atom(b"covr", many(atom(b"name", b"four")));
    check_malformed(&Mp4::new().items(&[names], 0).build(), what);
    check_malformed(&Mp4::new().udta(many(free_atom(8))).build(), what);
    // Fragments are counted where they are looked at.
    let fragments = Mp4::new().media(Media::RelativeFragments).n_chunks(14_000);
    check_malformed(&fragments.build(), what);
    outcome(&fragments.items(&[], 200).build()).unwrap();
}

#[test]
fn more_items_than_memory_are_errors() {
    let item = item(b"desc", 1, &[&vec![b'x'; 65_000]]);
    let result = outcome(&Mp4::new().items(&[item.repeat(300)], 0).build());
    let Err(Error::TooLarge { what, .. }) = result else {
        panic!("{result:?}");
    };
    assert_eq!(what, "the length of all items");
}

#[test]
fn deep_atoms_are_not_followed() {
    let deep = (0..5000).fold(Vec::new(), |inner, _| atom(b"moov", atom(b"meta", inner)));
    outcome(&Mp4::new().head(deep.clone()).build()).unwrap();
    outcome(&Mp4::new().items(&[deep], 0).build()).unwrap();
}

/// An origin beyond any memory, that has `rest` once in every mebibyte after its head.
struct Vast {
    head: Vec<u8>,
    rest: Vec<u8>,
    n_bytes: Cell<usize>,
}

impl ReadAt for Vast {
    fn len(&self) -> u64 {
        1 << 50
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<usize> {
        const PERIOD: usize = 1 << 20;
        self.n_bytes.set(self.n_bytes.get() + buf.len());
        buf.fill(0);
        let start = usize::try_from(offset).unwrap();
        let head = self.head.len();
        let mut at = head + start.saturating_sub(head) / PERIOD * PERIOD;
        while at < start + buf.len() {
            for (place, &byte) in (at..).zip(&self.rest) {
                if let Some(to) = place.checked_sub(start).and_then(|to| buf.get_mut(to)) {
                    *to = byte;
                }
            }
            at += PERIOD;
        }
        self.head.read_at(buf, offset).map(|_| buf.len())
    }
}

#[track_caller]
fn check_vast(head: Vec<u8>, rest: &[u8], expect: &str) {
    let origin = Vast {
        head,
        rest: rest.to_vec(),
        n_bytes: Cell::default(),
    };
    let result = render(&origin, b"a.m4a", &title(), None, &Options::default());
    match result {
        Err(Error::TooLarge { what, .. } | Error::Malformed { what, .. }) => {
            assert_eq!(what, expect);
        }
        other => panic!("{other:?}"),
    }
    let n_bytes = origin.n_bytes.get();
    assert!(n_bytes < 100 << 20, "{n_bytes} bytes read");
}

#[test]
fn vast_files_cost_little() {
    let ftyp = atom(b"ftyp", b"M4A mp42");
    let wide = |name: &[u8]| [b"\0\0\0\x01", name, &(1_u64 << 49).to_be_bytes()].concat();
    let what = "more atoms than any file has";
    // Atoms of a mebibyte each: in front of moov, in it, and as items.
    check_vast(ftyp.clone(), b"\0\x10\0\0junk", what);
    check_vast(
        [ftyp.clone(), wide(b"moov")].concat(),
        b"\0\x10\0\0junk",
        what,
    );
    let to_ilst = [
        wide(b"moov"),
        wide(b"udta"),
        wide(b"meta"),
        vec![0; 4],
        wide(b"ilst"),
    ];
    let mut head = [ftyp.clone(), to_ilst.concat()].concat();
    // Each is so much shorter than the one around it.
    for (index, name) in [b"udta", b"meta", b"ilst"].into_iter().enumerate() {
        let at = head.windows(4).position(|found| found == name).unwrap() + 4;
        let len = (1_u64 << 49) - [16, 32, 52][index];
        head[at..at + 8].copy_from_slice(&len.to_be_bytes());
    }
    check_vast(head, b"\0\x10\0\0junk", what);
    // Fragments.
    let front = Mp4::new().items(&[], 0).build();
    check_vast(
        front,
        b"\0\x10\0\0moof\0\x0f\xff\xf8traf\0\x0f\xff\xf0free",
        what,
    );
    // Tables.
    let table = [b"\0\0\0\0\0\x80\0\0".as_slice(), &vec![0; 4 << 23]].concat();
    let tables = atom(b"minf", atom(b"stbl", atom(b"stco", table)));
    let file = Mp4::new().head(atom(b"trak", atom(b"mdia", tables)));
    check_vast(file.build(), b"", "the length of all tables of chunks");
}

/// Returns how many reads, and of how many bytes, a rendering costs.
fn cost(origin: Vec<u8>) -> (usize, usize) {
    let origin = Counted {
        bytes: origin,
        n_reads: Cell::default(),
        n_bytes: Cell::default(),
    };
    render(&origin, b"a.m4a", &title(), None, &Options::default()).unwrap();
    (origin.n_reads.get(), origin.n_bytes.get())
}

/// An origin that counts what is read.
struct Counted {
    bytes: Vec<u8>,
    n_reads: Cell<usize>,
    n_bytes: Cell<usize>,
}

impl ReadAt for Counted {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<usize> {
        self.n_reads.set(self.n_reads.get() + 1);
        let n = self.bytes.read_at(buf, offset)?;
        self.n_bytes.set(self.n_bytes.get() + n);
        Ok(n)
    }
}

#[test]
fn headers_cost_a_few_reads() {
    let audio = Mp4::new().n_chunks(100_000);
    let cover = item(b"covr", 13, &[&vec![1; 300_000]]);
    // The format, the atoms in front, and what is behind tables and pictures; at last the new
    // header is compared with the old one, where both have one length.
    assert_eq!(cost(audio.clone().items(&[], 500).build()), (4, 82_159));
    assert_eq!(
        cost(audio.clone().items(&[cover], 500).build()),
        (7, 147_584)
    );
    assert_eq!(
        cost(audio.clone().items(&[], 500).last().build()),
        (5, 82_720)
    );
    // Offsets that move are read once.
    assert_eq!(cost(audio.items(&[], 0).build()), (7, 500_480));
    let fragments = Mp4::new().media(Media::Fragments).n_chunks(1000);
    assert_eq!(cost(fragments.clone().items(&[], 500).build()), (3, 65_775));
    // So small fragments are found several at a time.
    assert_eq!(cost(fragments.items(&[], 0).build()), (96, 170_888));
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let ftyp = atom(b"ftyp", b"M4A mp42");
        drop(outcome(&[ftyp.clone(), bytes.clone()].concat()));
        drop(outcome(&[ftyp, atom(b"moov", &bytes)].concat()));
        drop(outcome(&Mp4::new().items(std::slice::from_ref(&bytes), 0).build()));
        drop(outcome(&Mp4::new().udta(meta(&[bytes])).build()));
    }

    #[test]
    fn damaged_files_never_panic(
        damage in proptest::collection::vec((0..1200_usize, damaging()), 1..8),
        len in prop_oneof![3 => Just(usize::MAX), 1 => 0..1500_usize],
    ) {
        for file in [rich(Media::Short), rich(Media::Fragments), rich(Media::Long).last().long()] {
            let mut bytes = file.build();
            for &(at, byte) in &damage {
                if let Some(old) = bytes.get_mut(at) {
                    *old = byte;
                }
            }
            bytes.truncate(len);
            drop(outcome(&bytes));
        }
    }
}

/// Any byte, and often one that makes a size small, large or negative.
fn damaging() -> impl Strategy<Value = u8> {
    prop_oneof![
        any::<u8>(),
        proptest::sample::select(b"\0\x01\x08\x10\x7f\x80\xff".as_slice())
    ]
}
