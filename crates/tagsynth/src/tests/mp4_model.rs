//! Finds the samples of an MP4 file by its tables, as a player does.

/// An atom: its name, offset, and content.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Box<'b> {
    pub(crate) name: [u8; 4],
    pub(crate) start: usize,
    pub(crate) content: &'b [u8],
}

/// Returns the atoms in `bytes`, which are at `start` in their file, up to what is none.
#[track_caller]
pub(crate) fn atoms(bytes: &[u8], start: usize) -> Vec<Box<'_>> {
    let mut atoms = Vec::new();
    let mut at = 0;
    while at + 8 <= bytes.len() {
        let (header, len) = match number(bytes, at, 4) {
            1 => (16, number(bytes, at + 8, 8)),
            0 => (8, bytes.len() - at),
            len => (8, len),
        };
        if at + len > bytes.len() {
            break;
        }
        atoms.push(Box {
            name: bytes[at + 4..at + 8].try_into().unwrap(),
            start: start + at,
            content: &bytes[at + header..at + len],
        });
        at += len;
    }
    atoms
}

/// Returns the atoms of this name in an atom.
#[track_caller]
pub(crate) fn inside<'b>(atom: &Box<'b>, name: impl AsRef<[u8]>) -> Vec<Box<'b>> {
    let mut inside = atoms(atom.content, 0);
    inside.retain(|atom| atom.name == name.as_ref());
    inside
}

/// Returns the chunks of all tracks, or the samples of each fragment.
#[track_caller]
pub(crate) fn chunks(bytes: &[u8]) -> Vec<Vec<u8>> {
    let top = atoms(bytes, 0);
    let moov = top.iter().find(|atom| &atom.name == b"moov").unwrap();
    let mut chunks = Vec::new();
    for trak in inside(moov, b"trak") {
        let tables = [b"mdia", b"minf", b"stbl"]
            .iter()
            .fold(trak, |atom, name| inside(&atom, name)[0]);
        chunks.extend(chunks_of(bytes, &tables));
    }
    for moof in top.iter().filter(|atom| &atom.name == b"moof") {
        chunks.push(samples_of(bytes, moof));
    }
    check_index(&top);
    chunks
}

fn chunks_of(bytes: &[u8], tables: &Box<'_>) -> Vec<Vec<u8>> {
    let (table, width) = match inside(tables, b"co64").first() {
        Some(table) => (*table, 8),
        None => (inside(tables, b"stco")[0], 4),
    };
    let count = number(table.content, 4, 4);
    if count == 0 {
        return Vec::new();
    }
    let per_chunk = inside(tables, b"stsc")[0].content;
    let size = inside(tables, b"stsz")[0].content;
    let len = number(per_chunk, 12, 4) * number(size, 4, 4);
    let offsets = (0..count).map(|index| number(table.content, 8 + index * width, width));
    offsets
        .map(|offset| bytes[offset..offset + len].to_vec())
        .collect()
}

/// Returns the samples of the only track in a fragment: two bytes each.
fn samples_of(bytes: &[u8], moof: &Box<'_>) -> Vec<u8> {
    let traf = inside(moof, b"traf")[0];
    let tfhd = inside(&traf, b"tfhd")[0].content;
    let base = match number(tfhd, 0, 4) & 1 {
        1 => number(tfhd, 8, 8),
        _ => moof.start,
    };
    let trun = inside(&traf, b"trun")[0].content;
    let start = base + number(trun, 8, 4);
    bytes[start..start + number(trun, 4, 4) * 2].to_vec()
}

/// Checks that the index of fragments, if there is one, has them all.
fn check_index(top: &[Box<'_>]) {
    let moofs: Vec<usize> = top
        .iter()
        .filter(|atom| &atom.name == b"moof")
        .map(|atom| atom.start)
        .collect();
    let mfra = top.iter().find(|atom| &atom.name == b"mfra");
    for tfra in mfra.map(|mfra| inside(mfra, b"tfra")).unwrap_or_default() {
        let width = if tfra.content[0] == 1 { 8 } else { 4 };
        let entries = tfra.content[16..].chunks_exact(2 * width + 3);
        let found: Vec<usize> = entries.map(|entry| number(entry, width, width)).collect();
        assert_eq!(found, moofs);
    }
}

fn number(bytes: &[u8], at: usize, width: usize) -> usize {
    let bytes = bytes[at..at + width].iter();
    bytes.fold(0, |number, &byte| number << 8 | usize::from(byte))
}
