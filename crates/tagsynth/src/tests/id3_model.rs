//! What a tag of version 2.4 should hold, told from the tag set alone; and what one does hold.

use std::collections::BTreeMap;

use crate::id3v2::{Part, Source, read_header, read_tag};
use crate::spell::{self, Step};
use crate::{Field, Kind, TagSet, Value};

/// Values by key, as [`key`](crate::id3v2::Frame::key) names them.
type Values = BTreeMap<String, Vec<String>>;

/// Fields that are kept as text under these keys, all of their values.
const TEXTS: &[(Field, &[&str])] = &[
    (Field::AcoustidId, &["TXXX:Acoustid Id"]),
    (Field::Album, &["TALB"]),
    (Field::AlbumartistSort, &["TSO2", "TXXX:ALBUMARTISTSORT"]),
    (
        Field::Albumartists,
        &["TXXX:ALBUMARTISTS", "TXXX:ALBUM_ARTISTS"],
    ),
    (Field::Albumtypes, &["TXXX:MusicBrainz Album Type"]),
    (Field::Artist, &["TPE1"]),
    (Field::Bpm, &["TBPM"]),
    (Field::Catalognum, &["TXXX:CATALOGNUMBER"]),
    (Field::Comments, &["COMM::XXX"]),
    (Field::Comp, &["TCMP"]),
    (Field::Composers, &["TCOM"]),
    (Field::Genres, &["TCON"]),
    (Field::Label, &["TPUB", "TXXX:LABEL"]),
    (
        Field::MbAlbumartistids,
        &["TXXX:MusicBrainz Album Artist Id"],
    ),
    (Field::MbArtistids, &["TXXX:MusicBrainz Artist Id"]),
    (Field::Media, &["TMED", "TXXX:MEDIA"]),
    (Field::R128AlbumGain, &["TXXX:R128_ALBUM_GAIN"]),
    (Field::Remixers, &["TPE4"]),
    (Field::RgAlbumGain, &["TXXX:REPLAYGAIN_ALBUM_GAIN"]),
    (Field::RgAlbumPeak, &["TXXX:REPLAYGAIN_ALBUM_PEAK"]),
    (Field::Title, &["TIT2"]),
];

/// Returns what a file without tags should hold after rendering.
pub(crate) fn expected(tags: &TagSet<'_>) -> Values {
    let mut values = Values::new();
    for &(field, keys) in TEXTS {
        let Some(value) = tags.get(field) else {
            continue;
        };
        let texts = spell::texts(field, value).unwrap().join("\0");
        // An empty list and an empty text are as good as none.
        if !texts.is_empty() {
            for key in keys {
                values.insert((*key).to_owned(), split(&texts));
            }
        }
    }
    halves(
        &mut values,
        "TRCK",
        tags.get(Field::Track),
        tags.get(Field::Tracktotal),
    );
    halves(
        &mut values,
        "TPOS",
        tags.get(Field::Disc),
        tags.get(Field::Disctotal),
    );
    for (key, step) in [("TDRC", Step::Date), ("TDOR", Step::OriginalDate)] {
        if let Some(date) = spell::date(tags, step, false) {
            // A timestamp ends before a negative part.
            let written = date.split("--").next().unwrap().to_owned();
            values.insert(key.to_owned(), vec![written]);
        }
    }
    if let Some(Value::Text(text)) = tags.get(Field::Lyrics) {
        values.insert("USLT::XXX".to_owned(), split(text)[..1].to_vec());
    }
    if let Some(Value::Text(text)) = tags.get(Field::MbTrackid) {
        values.insert(
            "UFID:http://musicbrainz.org".to_owned(),
            vec![text.to_string()],
        );
    }
    values
}

fn split(text: &str) -> Vec<String> {
    text.split('\0').map(str::to_owned).collect()
}

/// A missing total leaves the number alone; a missing number leaves nothing before the slash.
fn halves(values: &mut Values, key: &str, number: Option<&Value<'_>>, total: Option<&Value<'_>>) {
    let text = |value: Option<&Value<'_>>| match value {
        Some(Value::Int(number)) => number.to_string(),
        _ => String::new(),
    };
    let texts = match (number, total) {
        (None, None) => return,
        (_, None) => text(number),
        (_, Some(_)) => text(number) + "/" + &text(total),
    };
    values.insert(key.to_owned(), vec![texts]);
}

/// Returns what the tag in front of `bytes` holds, of the keys that [`expected`] knows.
pub(crate) fn found(bytes: &[u8]) -> Values {
    let mut source = Source::new(bytes);
    let header = read_header(&mut source, 0).unwrap().unwrap();
    let tag = read_tag(&mut source, &header).unwrap();
    let known = |key: &str| {
        TEXTS.iter().any(|(_, keys)| keys.contains(&key))
            || [
                "TRCK",
                "TPOS",
                "TDRC",
                "TDOR",
                "USLT::XXX",
                "UFID:http://musicbrainz.org",
            ]
            .contains(&key)
    };
    let frames = tag.frames().filter(|frame| known(&frame.key()));
    frames
        .map(|frame| (frame.key(), texts(frame.parts.last().unwrap())))
        .collect()
}

fn texts(part: &Part) -> Vec<String> {
    match part {
        Part::Texts(texts) => texts.clone(),
        Part::Text(text) => vec![text.clone()],
        Part::Stamps(stamps) => stamps.iter().map(|stamp| stamp.text(' ')).collect(),
        Part::Binary(crate::id3v2::Blob::Held(bytes)) => {
            vec![String::from_utf8(bytes.clone()).unwrap()]
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_model_knows_fields_of_every_kind() {
    for kind in [Kind::Text, Kind::Int, Kind::Float, Kind::List] {
        assert!(TEXTS.iter().any(|(field, _)| field.kind() == kind));
    }
}
