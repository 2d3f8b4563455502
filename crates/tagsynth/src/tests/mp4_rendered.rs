//! Renders MP4 files for tests, and checks what holds for every rendering.

use fixtures::Mp4;
use splice::ReadAt;

use super::mp4_model::{atoms, chunks, inside};
use crate::{Composed, Cover, Options, Rendering, TagSet, render};

/// Renders, and checks what holds for every rendering; returns it with the virtual file's bytes.
#[track_caller]
pub(crate) fn rendered(file: &Mp4, tags: &TagSet<'_>) -> (Rendering, Vec<u8>) {
    let origin = file.build();
    let (rendering, bytes) = rendered_with(&origin, tags, None);
    let is_identity = rendering.plan.is_identity(origin.len() as u64);
    assert_eq!(is_identity, bytes == origin);
    let (again, _) = rendered_with(&bytes, tags, None);
    assert!(again.plan.is_identity(bytes.len() as u64));
    (rendering, bytes)
}

/// Renders with a cover, likewise; rendering once more gives the same file once more.
#[track_caller]
pub(crate) fn covered(file: &Mp4, tags: &TagSet<'_>, picture: &[u8]) -> (Rendering, Vec<u8>) {
    let cover = Cover::new(&picture).unwrap();
    let (rendering, bytes) = rendered_with(&file.build(), tags, cover);
    let (_, again) = rendered_with(&bytes, tags, cover);
    assert_eq!(again, bytes);
    let steps = [b"moov", b"udta", b"meta", b"ilst", b"covr", b"data"];
    let mut found = atoms(&bytes, 0);
    for (step, name) in steps.into_iter().enumerate() {
        found.retain(|atom| &atom.name == name);
        assert_eq!(found.len(), 1, "{name:?}");
        if step + 1 < steps.len() {
            // The version of `meta`.
            let skip = if name == b"meta" { 4 } else { 0 };
            found = atoms(&found[0].content[skip..], 0);
        }
    }
    assert_eq!(&found[0].content[8..], picture);
    (rendering, bytes)
}

#[track_caller]
fn rendered_with(
    origin: &[u8],
    tags: &TagSet<'_>,
    cover: Option<Cover<'_>>,
) -> (Rendering, Vec<u8>) {
    let rendering = render(origin, b"a.m4a", tags, cover, &Options::default()).unwrap();
    let bytes = composed(&rendering, origin, cover);
    assert_eq!(chunks(origin), chunks(&bytes));
    assert!(bytes.len() >= origin.len());
    assert_eq!((bytes.len() - origin.len()) % 4096, 0);
    let at = |offset: u64| usize::try_from(offset).unwrap();
    let audio = &origin[at(rendering.audio.start)..at(rendering.audio.end)];
    let header_len = at(rendering.header_len);
    assert!(bytes[header_len..].starts_with(audio));
    assert_eq!((header_len - at(rendering.audio.start)) % 4096, 0);
    assert!(atoms(&bytes, 0).iter().any(|atom| atom.start == header_len));
    (rendering, bytes)
}

pub(crate) fn composed(rendering: &Rendering, origin: &[u8], cover: Option<Cover<'_>>) -> Vec<u8> {
    let composed = Composed::new(&rendering.plan, origin, cover);
    let mut bytes = vec![0xaa; usize::try_from(ReadAt::len(&composed)).unwrap()];
    assert_eq!(composed.read_at(&mut bytes, 0).unwrap(), bytes.len());
    bytes
}

/// Returns the items of a file, each with its header.
#[track_caller]
pub(crate) fn items(bytes: &[u8]) -> Vec<Vec<u8>> {
    let top = atoms(bytes, 0);
    let moov = top.iter().find(|atom| &atom.name == b"moov").unwrap();
    let meta = inside(&inside(moov, b"udta")[0], b"meta")[0];
    let inner = atoms(&meta.content[4..], 0);
    let ilst = inner.iter().find(|atom| &atom.name == b"ilst").unwrap();
    let item = |atom: &super::mp4_model::Box<'_>| [&atom.name, atom.content].concat();
    atoms(ilst.content, 0).iter().map(item).collect()
}
