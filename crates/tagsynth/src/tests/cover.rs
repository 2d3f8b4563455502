use super::cover_file::{jpeg, png};
use crate::{Cover, CoverKind};

#[track_caller]
fn check(data: &[u8], expect: Option<CoverKind>) {
    let cover = Cover::new(&data).unwrap();
    assert_eq!(cover.map(|cover| cover.kind()), expect);
}

#[test]
fn kinds() {
    check(&jpeg(4), Some(CoverKind::Jpeg));
    check(b"\xff\xd8\xff", Some(CoverKind::Jpeg));
    check(b"\xff\xd8", None);
    check(&png(60), Some(CoverKind::Png));
    check(b"\x89PNG", Some(CoverKind::Png));
    check(b"GIF89a", None);
    check(b"", None);
}

#[test]
fn animations_are_another_kind() {
    let png = |chunks: &[u8]| [b"\x89PNG\r\n\x1a\n\0\0\0\x01IHDR.crc_", chunks].concat();
    check(&png(b"\0\0\0\x02acTL..crc_\0\0\0\0IDAT"), None);
    check(
        &png(b"\0\0\0\x02IDAT..crc_\0\0\0\0acTL"),
        Some(CoverKind::Png),
    );
    check(
        &png(b"\xff\xff\xff\xffteXt\0\0\0\0acTL"),
        Some(CoverKind::Png),
    );
}
