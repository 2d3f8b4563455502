//! Renders files tagged by APEv2, and checks what holds for every rendering.

use fixtures::{Ape, ApeTag};
use splice::ReadAt;

use super::model;
use super::tags::{tags, text};
use crate::{Composed, Cover, Field, Options, Rendering, TagSet, render};

pub(crate) fn title() -> TagSet<'static> {
    tags([(Field::Title, text("Idioteque"))])
}

/// Renders, and checks what holds for every rendering; returns it with the virtual file's bytes.
///
/// `tag` is what the file's tag holds.
#[track_caller]
pub(crate) fn rendered(file: &Ape, tag: &ApeTag, tags: &TagSet<'_>) -> (Rendering, Vec<u8>) {
    let origin = file.build();
    let rendering = render(&origin, file.name, tags, None, &Options::default()).unwrap();
    let bytes = composed(&rendering, &origin, None);
    let audio = usize::try_from(rendering.audio.end).unwrap();
    assert_eq!((rendering.audio.start, rendering.header_len), (0, 0));
    assert!(audio >= file.stream.len());
    assert_eq!(bytes[..audio], origin[..audio]);
    assert_eq!(bytes[audio..], expected(tag, tags));
    assert_eq!(
        rendering.plan.is_identity(origin.len() as u64),
        bytes == origin
    );
    let again = render(&bytes, file.name, tags, None, &Options::default()).unwrap();
    assert!(again.plan.is_identity(bytes.len() as u64));
    (rendering, bytes)
}

/// Returns the tag that beets makes of another and a tag set.
fn expected(tag: &ApeTag, tags: &TagSet<'_>) -> Vec<u8> {
    let (count, items) = model::items(&tag.items, tags);
    let mut tag = ApeTag::new();
    tag.count = Some(u32::try_from(count).unwrap());
    tag.rest = items;
    tag.build()
}

pub(crate) fn composed(rendering: &Rendering, origin: &[u8], cover: Option<Cover<'_>>) -> Vec<u8> {
    let composed = Composed::new(&rendering.plan, origin, cover);
    let mut bytes = vec![0xaa; usize::try_from(ReadAt::len(&composed)).unwrap()];
    assert_eq!(composed.read_at(&mut bytes, 0).unwrap(), bytes.len());
    bytes
}
