//! The names of the attributes that hold the fields.

use crate::Field;

/// Returns the names that a field is written to, all with the same value, in beets' order.
///
/// The parts of a date share one attribute.
pub(crate) fn written(field: Field) -> &'static [&'static str] {
    match field {
        Field::AcoustidFingerprint => &["Acoustid/Fingerprint"],
        Field::AcoustidId => &["Acoustid/Id"],
        Field::Album => &["WM/AlbumTitle"],
        Field::Albumartist => &["WM/AlbumArtist"],
        Field::AlbumartistCredit => &["beets/Album Artist Credit"],
        Field::AlbumartistSort => &["WM/AlbumArtistSortOrder"],
        Field::Albumartists => &["WM/AlbumArtists"],
        Field::AlbumartistsCredit => &["beets/AlbumArtistsCredit"],
        Field::AlbumartistsSort => &["beets/AlbumArtistsSort"],
        Field::Albumdisambig => &["MusicBrainz/Album Comment"],
        Field::Albumstatus => &["MusicBrainz/Album Status"],
        Field::Albumtype | Field::Albumtypes => &["MusicBrainz/Album Type"],
        Field::Arrangers => &["beets/Arranger"],
        Field::Artist => &["Author"],
        Field::ArtistCredit => &["beets/Artist Credit"],
        Field::ArtistSort => &["WM/ArtistSortOrder"],
        Field::Artists => &["WM/ARTISTS"],
        Field::ArtistsCredit => &["beets/ArtistsCredit"],
        Field::ArtistsSort => &["beets/ArtistsSort"],
        Field::Asin => &["MusicBrainz/ASIN"],
        Field::Barcode => &["WM/Barcode"],
        Field::Bpm => &["WM/BeatsPerMinute"],
        Field::Catalognum => &["WM/CatalogNo"],
        Field::Comments => &["WM/Comments", "Description"],
        Field::Comp => &["WM/IsCompilation"],
        Field::ComposerSort => &["WM/Composersortorder"],
        Field::Composers => &["WM/Composer"],
        Field::Country => &["MusicBrainz/Album Release Country"],
        Field::Disc => &["WM/PartOfSet"],
        Field::Disctitle => &["WM/SetSubTitle"],
        Field::Disctotal => &["TotalDiscs"],
        Field::Encoder => &["WM/EncodedBy"],
        Field::Genres => &["WM/Genre"],
        Field::Grouping => &["WM/ContentGroupDescription"],
        Field::InitialKey => &["INITIALKEY"],
        Field::Isrc => &["WM/ISRC"],
        Field::Label => &["WM/Publisher"],
        Field::Language => &["WM/Language"],
        Field::Lyricists => &["WM/Writer"],
        Field::Lyrics => &["WM/Lyrics"],
        Field::MbAlbumartistid | Field::MbAlbumartistids => &["MusicBrainz/Album Artist Id"],
        Field::MbAlbumid => &["MusicBrainz/Album Id"],
        Field::MbArtistid | Field::MbArtistids => &["MusicBrainz/Artist Id"],
        Field::MbReleasegroupid => &["MusicBrainz/Release Group Id"],
        Field::MbReleasetrackid => &["MusicBrainz/Release Track Id"],
        Field::MbTrackid => &["MusicBrainz/Track Id"],
        Field::MbWorkid => &["MusicBrainz/Work Id"],
        Field::Media => &["WM/Media"],
        Field::R128AlbumGain => &["R128_ALBUM_GAIN"],
        Field::R128TrackGain => &["R128_TRACK_GAIN"],
        Field::Remixers => &["WM/REMIXERS"],
        Field::RgAlbumGain => &["replaygain_album_gain"],
        Field::RgAlbumPeak => &["replaygain_album_peak"],
        Field::RgTrackGain => &["replaygain_track_gain"],
        Field::RgTrackPeak => &["replaygain_track_peak"],
        Field::Script => &["WM/Script"],
        Field::Subtitle => &["Subtitle"],
        Field::Title => &["Title"],
        Field::Track => &["WM/TrackNumber"],
        Field::Tracktotal => &["TotalTracks"],
        Field::Year | Field::Month | Field::Day => &["WM/Year"],
        Field::OriginalYear | Field::OriginalMonth | Field::OriginalDay => {
            &["WM/OriginalReleaseYear"]
        }
    }
}

/// Returns the names that a field is read from but not written to; its deletion deletes them too.
pub(crate) fn aliases(field: Field) -> &'static [&'static str] {
    match field {
        Field::Catalognum => &["CATALOGID", "DISCOGS_CATALOG"],
        _ => &[],
    }
}
