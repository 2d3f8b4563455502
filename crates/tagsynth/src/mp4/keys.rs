//! The items that hold the fields, as beets has them.

use crate::Field;

/// Names an item that iTunes' domain names freely.
macro_rules! free {
    ($name:literal) => {
        const { concat!("----:com.apple.iTunes:", $name).as_bytes() }
    };
}

/// Where a value is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// One text.
    Text(&'static [u8]),
    /// All texts of a list.
    List(&'static [u8]),
    /// A text or list that is read and deleted, but never written.
    Alias(&'static [u8]),
    /// Half of a pair of numbers.
    Half(&'static [u8], usize),
    /// A number.
    Integer(&'static [u8]),
    /// A truth value.
    Bool(&'static [u8]),
    /// Gain (0) or peak (1) among the numbers of Sound Check.
    SoundCheck(usize),
}

/// The item that [`Style::SoundCheck`] edits.
pub(crate) const SOUND_CHECK: &[u8] = free!("iTunNORM");
/// The item of all pictures.
pub(crate) const COVER: &[u8] = b"covr";
/// The items of dates, and of original dates.
pub(crate) const DATE: &[&[u8]] = &[b"\xa9day"];
pub(crate) const ORIGINAL_DATE: &[&[u8]] = &[free!("ORIGINAL YEAR"), free!("ORIGINALDATE")];

/// Returns where a field is kept, in beets' order; dates are not here, and `subtitle` has no place.
#[rustfmt::skip]
pub(crate) fn styles(field: Field) -> &'static [Style] {
    use Style::{Alias, Bool, Half, Integer, List, SoundCheck, Text};
    match field {
        Field::AcoustidFingerprint => &[Text(free!("Acoustid Fingerprint"))],
        Field::AcoustidId => &[Text(free!("Acoustid Id"))],
        Field::Album => &[Text(b"\xa9alb")],
        Field::Albumartist => &[Text(b"aART")],
        Field::AlbumartistCredit => &[Text(free!("Album Artist Credit"))],
        Field::AlbumartistSort => &[Text(b"soaa")],
        Field::Albumartists => &[List(free!("ALBUMARTISTS")), List(free!("ALBUM_ARTISTS")), Alias(free!("ALBUM ARTISTS"))],
        Field::AlbumartistsCredit => &[List(free!("ALBUMARTISTS_CREDIT"))],
        Field::AlbumartistsSort => &[List(free!("ALBUMARTISTS_SORT"))],
        Field::Albumdisambig => &[Text(free!("MusicBrainz Album Comment"))],
        Field::Albumstatus => &[Text(free!("MusicBrainz Album Status"))],
        Field::Albumtype | Field::Albumtypes => &[List(free!("MusicBrainz Album Type"))],
        Field::Arrangers => &[List(free!("Arranger"))],
        Field::Artist => &[Text(b"\xa9ART")],
        Field::ArtistCredit => &[Text(free!("Artist Credit"))],
        Field::ArtistSort => &[Text(b"soar")],
        Field::Artists => &[List(free!("ARTISTS"))],
        Field::ArtistsCredit => &[List(free!("ARTISTS_CREDIT"))],
        Field::ArtistsSort => &[List(free!("ARTISTS_SORT"))],
        Field::Asin => &[Text(free!("ASIN"))],
        Field::Barcode => &[Text(free!("BARCODE"))],
        Field::Bpm => &[Integer(b"tmpo")],
        Field::Catalognum => &[List(free!("CATALOGNUMBER")), Alias(free!("CATALOGID")), Alias(free!("DISCOGS_CATALOG"))],
        Field::Comments => &[Text(b"\xa9cmt")],
        Field::Comp => &[Bool(b"cpil")],
        Field::ComposerSort => &[Text(b"soco")],
        Field::Composers => &[List(b"\xa9wrt")],
        Field::Country => &[Text(free!("MusicBrainz Album Release Country"))],
        Field::Disc => &[Half(b"disk", 0)],
        Field::Disctitle => &[Text(free!("DISCSUBTITLE"))],
        Field::Disctotal => &[Half(b"disk", 1)],
        Field::Encoder => &[Text(b"\xa9too")],
        Field::Genres => &[List(b"\xa9gen")],
        Field::Grouping => &[Text(b"\xa9grp")],
        Field::InitialKey => &[Text(free!("initialkey"))],
        Field::Isrc => &[Text(free!("ISRC"))],
        Field::Label => &[Text(free!("LABEL")), Text(free!("publisher")), Alias(free!("Label"))],
        Field::Language => &[List(free!("LANGUAGE"))],
        Field::Lyricists => &[List(free!("LYRICIST"))],
        Field::Lyrics => &[Text(b"\xa9lyr")],
        Field::MbAlbumartistid | Field::MbAlbumartistids => &[List(free!("MusicBrainz Album Artist Id"))],
        Field::MbAlbumid => &[Text(free!("MusicBrainz Album Id"))],
        Field::MbArtistid | Field::MbArtistids => &[List(free!("MusicBrainz Artist Id"))],
        Field::MbReleasegroupid => &[Text(free!("MusicBrainz Release Group Id"))],
        Field::MbReleasetrackid => &[Text(free!("MusicBrainz Release Track Id"))],
        Field::MbTrackid => &[Text(free!("MusicBrainz Track Id"))],
        Field::MbWorkid => &[Text(free!("MusicBrainz Work Id"))],
        Field::Media => &[Text(free!("MEDIA"))],
        Field::R128AlbumGain => &[Text(free!("R128_ALBUM_GAIN"))],
        Field::R128TrackGain => &[Text(free!("R128_TRACK_GAIN"))],
        Field::Remixers => &[List(free!("REMIXERS"))],
        Field::RgAlbumGain => &[Text(free!("replaygain_album_gain"))],
        Field::RgAlbumPeak => &[Text(free!("replaygain_album_peak"))],
        Field::RgTrackGain => &[Text(free!("replaygain_track_gain")), SoundCheck(0)],
        Field::RgTrackPeak => &[Text(free!("replaygain_track_peak")), SoundCheck(1)],
        Field::Script => &[Text(free!("SCRIPT"))],
        Field::Title => &[Text(b"\xa9nam")],
        Field::Track => &[Half(b"trkn", 0)],
        Field::Tracktotal => &[Half(b"trkn", 1)],
        Field::Subtitle
        | Field::Year | Field::Month | Field::Day
        | Field::OriginalYear | Field::OriginalMonth | Field::OriginalDay => &[],
    }
}
