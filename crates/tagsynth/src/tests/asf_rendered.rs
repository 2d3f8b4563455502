//! Renders ASF files, and checks what holds for every rendering.

use fixtures::{Asf, AsfObjects};
use splice::ReadAt;

use crate::{Composed, Cover, Options, Rendering, TagSet, render};

/// Returns a file with these objects after those that it must have.
pub(super) fn asf(objects: AsfObjects) -> Asf {
    Asf::new().objects(objects)
}

/// Renders, and checks what holds for every rendering; returns it with the virtual file's bytes.
#[track_caller]
pub(super) fn rendered(file: &Asf, tags: &TagSet<'_>) -> (Rendering, Vec<u8>) {
    let (rendering, bytes) = rendered_with(file, tags, None);
    let again = render(&*bytes, b"a.wma", tags, None, &Options::default()).unwrap();
    assert!(again.plan.is_identity(bytes.len() as u64));
    let origin = file.build();
    let is_identity = rendering.plan.is_identity(origin.len() as u64);
    assert_eq!(is_identity, bytes == origin);
    (rendering, bytes)
}

/// Renders with a cover, likewise; rendering once more gives the same file once more.
#[track_caller]
pub(super) fn covered(file: &Asf, tags: &TagSet<'_>, picture: &[u8]) -> (Rendering, Vec<u8>) {
    let cover = Cover::new(&picture).unwrap().unwrap();
    let (rendering, bytes) = rendered_with(file, tags, Some(cover));
    let again = render(&*bytes, b"a.wma", tags, Some(cover), &Options::default()).unwrap();
    assert_eq!(again.header_len, rendering.header_len);
    assert_eq!(composed(&again, &bytes, Some(cover)), bytes);
    (rendering, bytes)
}

#[track_caller]
fn rendered_with(file: &Asf, tags: &TagSet<'_>, cover: Option<Cover<'_>>) -> (Rendering, Vec<u8>) {
    let origin = file.build();
    let rendering = render(&origin, b"a.wma", tags, cover, &Options::default()).unwrap();
    let bytes = composed(&rendering, &origin, cover);
    let header_len = usize::try_from(rendering.header_len).unwrap();
    let origin_header = file.header().len();
    assert_eq!(rendering.audio, origin_header as u64..origin.len() as u64);
    assert_eq!(bytes[header_len..], file.data());
    assert!(header_len >= origin_header);
    assert_eq!((header_len - origin_header) % 4096, 0);
    (rendering, bytes)
}

fn composed(rendering: &Rendering, origin: &[u8], cover: Option<Cover<'_>>) -> Vec<u8> {
    let composed = Composed::new(&rendering.plan, origin, cover);
    let len = usize::try_from(ReadAt::len(&composed)).unwrap();
    let mut bytes = vec![0xaa; len];
    assert_eq!(composed.read_at(&mut bytes, 0).unwrap(), len);
    bytes
}
