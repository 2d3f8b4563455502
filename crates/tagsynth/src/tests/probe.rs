use crate::{Error, Format, probe};

#[track_caller]
fn check(name: &str, head: &[u8], expect: Option<Format>) {
    match probe(head, name.as_bytes()) {
        Ok(format) => assert_eq!(Some(format), expect, "{name}"),
        Err(Error::Unrecognised | Error::Unsupported { .. }) => assert_eq!(expect, None, "{name}"),
        Err(error) => panic!("{name}: {error}"),
    }
}

#[test]
fn content_decides_where_names_are_silent() {
    check("a", b"fLaC", Some(Format::Flac));
    check("a", b"ID3\x04", Some(Format::Mp3));
    check("a", b"\xff\xfb\x90\x64", Some(Format::Mp3));
    check("a", b"RIFF....WAVE", Some(Format::Wav));
    check("a", b"OggS....\x01vorbis", Some(Format::Vorbis));
    check("a", b"OggS....OpusHead", Some(Format::Opus));
    check("a", b"\0\0\0\x20ftypM4A mp42", Some(Format::Mp4));
    check("a", b"wvpk", Some(Format::WavPack));
    check("a", b"", None);
    check("a", b"text", None);
}

#[test]
fn extensions_outweigh_content() {
    check("dir/a.FLAC", b"ID3\x04", Some(Format::Flac));
    check("a.flac", b"", Some(Format::Flac));
    check("a.mp3", b"fLaC", Some(Format::Mp3));
    check("a.ogg", b"fLaC", Some(Format::Flac));
    check("a.wav", b"ID3\x04", Some(Format::Mp3));
}

#[test]
fn formats_that_beets_does_not_write_are_refused() {
    check("a.oga", b"OggS....\x7fFLAC", None);
    check("a.tta", b"ID3\x04", None);
    check("a.aac", b"\xff\xf1", None);
    check("a.tak", b"tBaK", None);
    check("a.dff", b"FRM8", None);
    check("a.spx", b"OggS....Speex   ", None);
}
