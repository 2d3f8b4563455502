//! Vorbis and Opus in Ogg.

use fixtures::{Ogg, OggPage};

use crate::{check_embedding, check_reading, check_written_by_mediafile};

/// Streams of every structure that mediafile reads, and their extensions.
fn streams() -> [(&'static str, Vec<Ogg>); 2] {
    let picture = "METADATA_BLOCK_PICTURE=".to_owned() + &"A".repeat(90_000);
    let variants = |ogg: Ogg| {
        let tagged = ogg
            .clone()
            .comments("old", &["TITLE=old", "MOOD=kept", "R128_TRACK_GAIN=-896"]);
        vec![
            ogg,
            tagged.clone(),
            tagged.clone().rest(&[0; 2000]).page_segments(3),
            tagged.clone().rest(b"\x02padding"),
            tagged.clone().setup_rest(&[0; 9000]).page_segments(20),
            tagged
                .unended()
                .comments("old", &["TITLE=old", "coverart=eA==", &picture]),
        ]
    };
    let suffix = Ogg::opus()
        .comments("old", &["TITLE=old"])
        .rest(b"\x01suffix");
    let mut opus = variants(Ogg::opus());
    opus.push(suffix);
    [("ogg", variants(Ogg::vorbis())), ("opus", opus)]
}

#[test]
fn structures() {
    for (extension, streams) in streams() {
        let mut files: Vec<_> = streams.iter().map(Ogg::build).collect();
        let one = &files[1];
        let other = Ogg::opus().serial(7).comments("other", &["TITLE=other"]);
        let chained = [one.clone(), other.build()].concat();
        let junk = [one.clone(), b"TAG".to_vec(), vec![b' '; 125]].concat();
        files.extend([chained, junk]);
        check_reading(extension, &files);
    }
}

#[test]
fn streams_side_by_side() {
    let (a, b) = (
        Ogg::vorbis().comments("a", &["TITLE=a"]),
        Ogg::vorbis().comments("b", &["TITLE=b"]),
    );
    let b = b.serial(7);
    let pages = |ogg: &Ogg| [ogg.header_pages(), ogg.audio_pages()].concat();
    let pairs = pages(&a).into_iter().zip(pages(&b));
    let pages = pairs.flat_map(|(a, b)| [a, b]);
    let file: Vec<_> = pages.flat_map(|page| OggPage::to_bytes(&page)).collect();
    check_reading("ogg", &[file]);
}

#[test]
fn cut_short() {
    let cut = |ogg: Ogg| {
        let header = ogg.comments("old", &["TITLE=cut"]).header();
        [28, 40, 90, header.len() - 1].map(|len| header[..len].to_vec())
    };
    check_reading("ogg", &cut(Ogg::vorbis()));
    check_reading("opus", &cut(Ogg::opus()));
}

#[test]
fn what_mediafile_writes() {
    for (extension, ogg) in [("ogg", Ogg::vorbis()), ("opus", Ogg::opus())] {
        check_written_by_mediafile(extension, &ogg.build());
    }
}

#[test]
fn covers() {
    for (extension, streams) in streams() {
        let files: Vec<_> = streams.iter().map(Ogg::build).collect();
        check_embedding(extension, &files);
    }
}
