//! Which of the keys of Vorbis comments and APEv2 tags other programs know as those of a field.

use crate::Field;
use crate::keys::written;

/// Whose keys are meant: other programs know other ones in Vorbis comments and in APEv2 tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Vorbis,
    Ape,
}

/// Returns of each key that a field is written to whether other programs than beets know it.
///
/// What they do not know goes where they drop what is beyond them: FFmpeg keeps `ALBUMARTIST`, `TRACKNUMBER`,
/// `DISCNUMBER` and `DESCRIPTION` alone of their copies. APEv2 keys are those of
/// <https://picard-docs.musicbrainz.org/en/appendices/tag_mapping.html>.
pub(crate) fn known(field: Field, dialect: Dialect) -> impl Iterator<Item = bool> {
    let keys: &[_] = match field {
        // What made the file calls itself `ENCODER`, whatever the file said before.
        Field::Encoder => &["ENCODEDBY"],
        _ => written(field),
    };
    keys.iter().map(move |&key| is_known(key, dialect))
}

/// Returns whether other programs than beets know a key as that of its field.
pub(crate) fn is_known(key: &str, dialect: Dialect) -> bool {
    match key {
        "ALBUM_ARTIST" | "ALBUM_ARTISTS" | "DISCC" | "TRACKC" | "PUBLISHER" => false,
        "ALBUM ARTIST"
        | "DISC"
        | "TRACK"
        | "YEAR"
        | "COMMENT"
        | "MUSICBRAINZ_ALBUMSTATUS"
        | "MUSICBRAINZ_ALBUMTYPE" => dialect == Dialect::Ape,
        "ALBUMARTIST" | "DISCNUMBER" | "TRACKNUMBER" | "DATE" | "DESCRIPTION" | "RELEASESTATUS"
        | "RELEASETYPE" => dialect == Dialect::Vorbis,
        _ => true,
    }
}
