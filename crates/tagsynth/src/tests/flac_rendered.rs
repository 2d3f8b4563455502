//! Renders FLAC files, and checks what holds for every rendering.

use splice::ReadAt;

use super::flac_file::{FlacFile, comment_block};
use super::model;
use crate::flac::Kind;
use crate::vorbis::Comments;
use crate::{Composed, Cover, Options, Rendering, TagSet, render};

pub(super) fn options() -> Options {
    Options {
        vendor: "musicfs test".to_owned(),
        id3v23: false,
        drop_ape: false,
    }
}

/// Renders, and checks what holds for every rendering; returns it with the virtual file's bytes.
#[track_caller]
pub(super) fn rendered(file: &FlacFile, tags: &TagSet<'_>) -> (Rendering, Vec<u8>) {
    let (rendering, bytes) = rendered_with(file, tags, None);
    let again = render(&*bytes, b"a.flac", tags, None, &options()).unwrap();
    assert!(again.plan.is_identity(bytes.len() as u64));
    assert_eq!(
        rendering.plan.is_identity(file.bytes().len() as u64),
        bytes == file.bytes()
    );
    (rendering, bytes)
}

/// Renders with a cover, likewise; rendering once more gives the same file once more.
#[track_caller]
pub(super) fn covered(file: &FlacFile, tags: &TagSet<'_>, picture: &[u8]) -> (Rendering, Vec<u8>) {
    let cover = Cover::new(&picture).unwrap().unwrap();
    let (rendering, bytes) = rendered_with(file, tags, Some(cover));
    let again = render(&*bytes, b"a.flac", tags, Some(cover), &options()).unwrap();
    assert_eq!(again.header_len, rendering.header_len);
    assert_eq!(composed(&again, &bytes, Some(cover)), bytes);

    let header = crate::flac::Header::parse(&*bytes).unwrap();
    let pictures: Vec<_> = header
        .blocks
        .iter()
        .filter(|block| block.kind == Kind::Picture)
        .collect();
    let after = header
        .blocks
        .iter()
        .skip_while(|block| block.kind != Kind::Picture)
        .skip(1);
    assert_eq!(pictures.len(), 1);
    assert!(
        after.clone().all(|block| block.kind == Kind::Padding),
        "{after:?}"
    );
    let data = usize::try_from(pictures[0].content.end).unwrap();
    assert!(bytes[..data].ends_with(picture));
    (rendering, bytes)
}

#[track_caller]
fn rendered_with(
    file: &FlacFile,
    tags: &TagSet<'_>,
    cover: Option<Cover<'_>>,
) -> (Rendering, Vec<u8>) {
    let origin = file.bytes();
    let rendering = render(&origin, b"a.flac", tags, cover, &options()).unwrap();
    let bytes = composed(&rendering, &origin, cover);
    let header_len = usize::try_from(rendering.header_len).unwrap();
    let origin_header = file.header_len();
    assert_eq!(rendering.audio, origin_header as u64..origin.len() as u64);
    assert_eq!(bytes[header_len..], file.audio);
    assert!(header_len >= origin_header);
    assert_eq!((header_len - origin_header) % 4096, 0);
    assert!(bytes.starts_with(&file.prefix));
    check_comments(file, tags, &rendering, &bytes);
    (rendering, bytes)
}

fn composed(rendering: &Rendering, origin: &[u8], cover: Option<Cover<'_>>) -> Vec<u8> {
    let composed = Composed::new(&rendering.plan, origin, cover);
    let len = usize::try_from(ReadAt::len(&composed)).unwrap();
    let mut bytes = vec![0xaa; len];
    assert_eq!(composed.read_at(&mut bytes, 0).unwrap(), len);
    bytes
}

/// Checks the comments of a virtual file against the model, and what lofty makes of it.
#[track_caller]
fn check_comments(file: &FlacFile, tags: &TagSet<'_>, rendering: &Rendering, bytes: &[u8]) {
    let block = file.blocks.iter().find(|block| block.0 == 4);
    let before = block.map_or_else(|| comment_block(&[]), |block| block.2.clone());
    let before = Comments::parse(&before, 0).unwrap();
    let expect = model::comments(&before.items().collect::<Vec<_>>(), tags, false);

    let header = crate::flac::Header::parse(bytes).unwrap();
    let block = header.comments().unwrap();
    assert_eq!(header.audio, rendering.header_len);
    let comments = Comments::parse(&block.bytes, 0).unwrap();
    let found: Vec<_> = comments
        .items()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    assert_eq!(found, expect);
}
