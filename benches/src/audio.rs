//! Small audio files with the tags of a tagger, and the tag set that a library has for them.

use fixtures::mp4::{free_item, item};
use fixtures::{Ape, ApeTag, Asf, AsfAttribute, AsfObjects, Chunked, Dsf};
use fixtures::{Flac, Id3, Mp3, Mp4, Ogg};
use splice::ReadAt;
use tagsynth::{Composed, Field, Options, TagSet, Value, render};

/// A tag that another tagger has written: the key of its Vorbis comment, its ID3 frame, and the text.
pub type Tag<'a> = (&'static str, &'static str, &'a str);

/// What another tagger has written to the origins.
pub const BEFORE: [Tag<'_>; 10] = [
    ("TITLE", "TIT2", "idioteque (album version)"),
    ("ARTIST", "TPE1", "radiohead"),
    ("ALBUM", "TALB", "kid a"),
    ("ALBUMARTIST", "TPE2", "radiohead"),
    ("DATE", "TDRC", "2000"),
    ("TRACKNUMBER", "TRCK", "8"),
    ("DISCNUMBER", "TPOS", "1"),
    ("GENRE", "TCON", "Rock"),
    ("ORGANIZATION", "TPUB", "parlophone"),
    ("ENCODED-BY", "TENC", "a ripper"),
];
/// The names of these tags in ASF files.
const ASF_NAMES: [&str; 10] = [
    "Title",
    "Author",
    "WM/AlbumTitle",
    "WM/AlbumArtist",
    "WM/Year",
    "WM/TrackNumber",
    "WM/PartOfSet",
    "WM/Genre",
    "WM/Publisher",
    "WM/EncodedBy",
];
const PICTURE_LEN: usize = 100 << 10;
const PADDING: usize = 4096;
/// More than is read at once, so that a tag behind the audio takes a read of its own.
const AUDIO_LEN: usize = 200 << 10;

/// An origin, and what is to be written over it.
#[derive(Debug)]
pub struct Sample {
    /// What it stands for: `flac/typical`.
    pub name: String,
    /// The end of its path.
    pub file_name: &'static [u8],
    /// The origin.
    pub bytes: Vec<u8>,
    /// What the library says.
    pub tags: TagSet<'static>,
}

/// Makes an origin with or without a picture.
type Maker = fn(&[Tag<'_>], Option<&[u8]>) -> Vec<u8>;

/// Returns every format, with the name of a file.
fn formats() -> [(&'static str, &'static [u8], Maker); 12] {
    [
        ("ape", b"08 Idioteque.ape", |tags, picture| {
            apev2(Ape::monkeys_audio(), tags, picture).build()
        }),
        ("asf", b"08 Idioteque.wma", |tags, picture| {
            asf(tags, picture).build()
        }),
        ("flac", b"08 Idioteque.flac", |tags, picture| {
            flac(tags, picture).build()
        }),
        ("mp3", b"08 Idioteque.mp3", |tags, picture| {
            mp3(tags, picture).build()
        }),
        ("mp4", b"08 Idioteque.m4a", |tags, picture| {
            mp4(tags, picture, PADDING).n_chunks(400).build()
        }),
        ("musepack", b"08 Idioteque.mpc", |tags, picture| {
            apev2(Ape::musepack_sv8(), tags, picture).build()
        }),
        ("wavpack", b"08 Idioteque.wv", |tags, picture| {
            apev2(Ape::wavpack(), tags, picture).build()
        }),
        ("ogg", b"08 Idioteque.ogg", |tags, picture| {
            vorbis(tags, picture).build()
        }),
        ("opus", b"08 Idioteque.opus", |tags, picture| {
            opus(tags, picture).build()
        }),
        ("wav", b"08 Idioteque.wav", |tags, picture| {
            let wav = Chunked::wav().with(b"data", vec![0; AUDIO_LEN]);
            wav.chunk(b"id3 ", id3(tags, picture)).build()
        }),
        ("aiff", b"08 Idioteque.aiff", |tags, picture| {
            let aiff = Chunked::aiff().with(b"SSND", vec![0; AUDIO_LEN]);
            aiff.chunk(b"ID3 ", id3(tags, picture)).build()
        }),
        ("dsf", b"08 Idioteque.dsf", |tags, picture| {
            Dsf::new().tag(&id3(tags, picture)).build()
        }),
    ]
}

/// Returns what is measured: each format with other tags than the library's, the same with a
/// picture of 100 KiB, and a file that `beet write` has brought up to date; and what is special.
pub fn samples() -> Vec<Sample> {
    let picture = vec![0xA5; PICTURE_LEN];
    let mut samples = Vec::new();
    for (format, file_name, make) in formats() {
        let mut add = |case: &str, bytes: Vec<u8>| {
            samples.push(Sample {
                name: format!("{format}/{case}"),
                file_name,
                bytes,
                tags: tags(),
            });
        };
        add("typical", make(&BEFORE, None));
        add("with_picture", make(&BEFORE, Some(&picture)));
        add("up_to_date", up_to_date(file_name, &make(&BEFORE, None)));
    }
    samples.push(Sample {
        // Hours long and without padding: the table of its chunks is made anew.
        name: "mp4/moves".to_owned(),
        file_name: b"08 Idioteque.m4a",
        bytes: mp4(&BEFORE, None, 0).n_chunks(100_000).build(),
        tags: tags(),
    });
    samples
}

/// Returns the tag set of an album that was matched with `MusicBrainz`: 32 fields.
pub fn tags() -> TagSet<'static> {
    let texts = [
        (Field::Title, "Idioteque"),
        (Field::Artist, "Radiohead"),
        (Field::ArtistSort, "Radiohead"),
        (Field::ArtistCredit, "Radiohead"),
        (Field::Album, "Kid A"),
        (Field::Albumartist, "Radiohead"),
        (Field::AlbumartistSort, "Radiohead"),
        (Field::Albumstatus, "Official"),
        (Field::Albumtype, "album"),
        (Field::Asin, "B00004XONN"),
        (Field::Catalognum, "7243 5 27753 2 3"),
        (Field::Country, "GB"),
        (Field::Label, "Parlophone"),
        (Field::Media, "CD"),
        (Field::Script, "Latn"),
        (Field::MbTrackid, "bc52b68d-e3d9-4ee5-b01c-2ff6a1b1b1c6"),
        (Field::MbAlbumid, "0a4ab8bd-2b5c-4ad0-9f4b-c2e3bb4b6a53"),
        (Field::MbArtistid, "a74b1b7f-71a5-4011-9441-d0b5e4122711"),
    ];
    let lists = [
        (Field::Artists, "Radiohead"),
        (Field::Albumartists, "Radiohead"),
        (Field::Albumtypes, "album"),
        (Field::Genres, "Electronic"),
        (Field::MbArtistids, "a74b1b7f-71a5-4011-9441-d0b5e4122711"),
    ];
    let ints = [
        (Field::Track, 8),
        (Field::Tracktotal, 10),
        (Field::Disc, 1),
        (Field::Disctotal, 1),
        (Field::Year, 2000),
        (Field::Month, 10),
        (Field::Day, 2),
        (Field::OriginalYear, 2000),
    ];
    let mut tags = TagSet::default();
    for (field, text) in texts {
        tags.set(field, Value::text(text));
    }
    for (field, text) in lists {
        tags.set(field, Value::list([text]));
    }
    for (field, int) in ints {
        tags.set(field, Value::Int(int));
    }
    tags.set(Field::RgTrackGain, Value::Float(-7.31));
    tags
}

/// Returns a FLAC file of another tagger's: seek table, comments, picture, padding.
pub fn flac(tags: &[Tag<'_>], picture: Option<&[u8]>) -> Flac {
    let comments = comments(tags);
    let mut flac = Flac::new()
        .block(3, &[0; 18 * 30])
        .comments("reference libFLAC 1.4.3 20230623", &comments);
    if let Some(picture) = picture {
        flac = flac.picture(picture);
    }
    flac.padding(PADDING)
}

/// Returns a file of another tagger's: an `APEv2` tag of texts and picture.
fn apev2(file: Ape, tags: &[Tag<'_>], picture: Option<&[u8]>) -> Ape {
    let tag = |tag: ApeTag, (key, _, text): &Tag<'_>| tag.text(key, text);
    let mut tag = tags.iter().fold(ApeTag::new(), tag);
    if let Some(picture) = picture {
        let value = [b"cover.png\0", picture].concat();
        tag = tag.item("Cover Art (Front)", 2, value);
    }
    file.tag(&tag)
}

/// Returns a Vorbis file of another tagger's: comments, a picture among them, padding.
pub fn vorbis(tags: &[Tag<'_>], picture: Option<&[u8]>) -> Ogg {
    // As long as the usual setup.
    ogg(Ogg::vorbis().setup_rest(&[0; 3500]), tags, picture)
}

/// Returns an Opus file of another tagger's, likewise.
pub fn opus(tags: &[Tag<'_>], picture: Option<&[u8]>) -> Ogg {
    ogg(Ogg::opus(), tags, picture)
}

fn ogg(ogg: Ogg, tags: &[Tag<'_>], picture: Option<&[u8]>) -> Ogg {
    let mut comments = comments(tags);
    if let Some(picture) = picture {
        // Base64 text of any picture, as far as anybody looks.
        let text = "A".repeat(picture.len().div_ceil(3) * 4);
        comments.push(format!("METADATA_BLOCK_PICTURE={text}"));
    }
    ogg.comments("reference libogg 1.3.5", &comments)
        .rest(&[0; PADDING])
}

/// Returns tags as Vorbis comments.
fn comments(tags: &[Tag<'_>]) -> Vec<String> {
    tags.iter()
        .map(|(key, _, text)| format!("{key}={text}"))
        .collect()
}

/// Returns an MP3 file of another tagger's: an `ID3v2.4` tag with frames, picture and padding.
pub fn mp3(tags: &[Tag<'_>], picture: Option<&[u8]>) -> Mp3 {
    Mp3::new().n_frames(40).xing().prefix(&id3(tags, picture))
}

/// Returns a tag with frames, picture and padding.
fn id3(tags: &[Tag<'_>], picture: Option<&[u8]>) -> Vec<u8> {
    let text =
        |tag: Id3, (_, id, text): &Tag<'_>| tag.frame(id, [b"\x03", text.as_bytes()].concat());
    let mut tag = tags.iter().fold(Id3::new(4), text);
    if let Some(picture) = picture {
        // Latin-1, the media type, front cover, no description.
        tag = tag.frame("APIC", [b"\0image/png\0\x03\0", picture].concat());
    }
    tag.padding(PADDING).build()
}

/// Returns an ASF file of another tagger's: attributes, picture and padding.
pub fn asf(tags: &[Tag<'_>], picture: Option<&[u8]>) -> Asf {
    let mut texts = tags
        .iter()
        .zip(ASF_NAMES)
        .map(|((.., text), name)| (name, *text));
    let [title, artist] = [(); 2].map(|()| texts.next().map_or("", |(_, text)| text));
    let others: Vec<_> = texts
        .map(|(name, text)| AsfAttribute::text(name, text))
        .collect();
    let picture = picture.map(|picture| AsfAttribute::new("WM/Picture", 1, picture));
    let extension = AsfObjects::new()
        .metadata(&[AsfAttribute::new("IsVBR", 2, [1, 0]).stream(1)])
        .library(&Vec::from_iter(picture));
    let objects = AsfObjects::new()
        .extension(&extension)
        .description([title, artist, "", "", ""])
        .extended(&others)
        .padding(PADDING);
    Asf::new().objects(objects)
}

/// Returns an MP4 file of another tagger's: items, picture and padding.
pub fn mp4(tags: &[Tag<'_>], picture: Option<&[u8]>, padding: usize) -> Mp4 {
    let mut items: Vec<_> = tags
        .iter()
        .map(|(key, id, text)| match *id {
            "TIT2" => item(b"\xa9nam", 1, &[text.as_bytes()]),
            "TPE1" => item(b"\xa9ART", 1, &[text.as_bytes()]),
            "TALB" => item(b"\xa9alb", 1, &[text.as_bytes()]),
            "TPE2" => item(b"aART", 1, &[text.as_bytes()]),
            "TDRC" => item(b"\xa9day", 1, &[text.as_bytes()]),
            "TCON" => item(b"\xa9gen", 1, &[text.as_bytes()]),
            _ => free_item(key, 1, &[text.as_bytes()]),
        })
        .collect();
    items.extend(picture.map(|picture| item(b"covr", 14, &[picture])));
    Mp4::new().items(&items, padding)
}

/// Returns an origin rendered, so that its tags are the library's.
fn up_to_date(file_name: &[u8], origin: &[u8]) -> Vec<u8> {
    let rendering = render(origin, file_name, &tags(), None, &Options::default());
    let rendering = rendering.expect("a fixture can be rendered");
    let len = usize::try_from(rendering.plan.len()).expect("a fixture is small");
    let mut bytes = vec![0; len];
    let composed = Composed::new(&rendering.plan, origin, None);
    let n = composed.read_at(&mut bytes, 0).expect("memory reads");
    assert_eq!(n, len);
    bytes
}
