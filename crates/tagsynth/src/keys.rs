//! The keys under which Vorbis comments and APEv2 tags hold the fields.

use crate::Field;

/// Returns the keys that a field is written to, all with the same value, in beets' order.
///
/// Dates are listed with their first key alone: `year` stands for the date that all three share.
pub(crate) fn written(field: Field) -> &'static [&'static str] {
    match field {
        Field::AcoustidFingerprint => &["ACOUSTID_FINGERPRINT"],
        Field::AcoustidId => &["ACOUSTID_ID"],
        Field::Album => &["ALBUM"],
        Field::Albumartist => &["ALBUM ARTIST", "ALBUM_ARTIST", "ALBUMARTIST"],
        Field::AlbumartistCredit => &["ALBUMARTIST_CREDIT"],
        Field::AlbumartistSort => &["ALBUMARTISTSORT"],
        Field::Albumartists => &["ALBUMARTISTS", "ALBUM_ARTISTS"],
        Field::AlbumartistsCredit => &["ALBUMARTISTS_CREDIT"],
        Field::AlbumartistsSort => &["ALBUMARTISTS_SORT"],
        Field::Albumdisambig => &["MUSICBRAINZ_ALBUMCOMMENT"],
        Field::Albumstatus => &["RELEASESTATUS", "MUSICBRAINZ_ALBUMSTATUS"],
        Field::Albumtype | Field::Albumtypes => &["RELEASETYPE", "MUSICBRAINZ_ALBUMTYPE"],
        Field::Arrangers => &["ARRANGER"],
        Field::Artist => &["ARTIST"],
        Field::ArtistCredit => &["ARTIST_CREDIT"],
        Field::ArtistSort => &["ARTISTSORT"],
        Field::Artists => &["ARTISTS"],
        Field::ArtistsCredit => &["ARTISTS_CREDIT"],
        Field::ArtistsSort => &["ARTISTS_SORT"],
        Field::Asin => &["ASIN"],
        Field::Barcode => &["BARCODE"],
        Field::Bpm => &["BPM"],
        Field::Catalognum => &["CATALOGNUMBER"],
        Field::Comments => &["DESCRIPTION", "COMMENT"],
        Field::Comp => &["COMPILATION"],
        Field::ComposerSort => &["COMPOSERSORT"],
        Field::Composers => &["COMPOSER"],
        Field::Country => &["RELEASECOUNTRY"],
        Field::Day | Field::Month | Field::Year => &["DATE"],
        Field::Disc => &["DISC", "DISCNUMBER"],
        Field::Disctitle => &["DISCSUBTITLE"],
        Field::Disctotal => &["DISCTOTAL", "DISCC", "TOTALDISCS"],
        Field::Encoder => &["ENCODEDBY", "ENCODER"],
        Field::Genres => &["GENRE"],
        Field::Grouping => &["GROUPING"],
        Field::InitialKey => &["INITIALKEY"],
        Field::Isrc => &["ISRC"],
        Field::Label => &["LABEL", "PUBLISHER"],
        Field::Language => &["LANGUAGE"],
        Field::Lyricists => &["LYRICIST"],
        Field::Lyrics => &["LYRICS"],
        Field::MbAlbumartistid | Field::MbAlbumartistids => &["MUSICBRAINZ_ALBUMARTISTID"],
        Field::MbAlbumid => &["MUSICBRAINZ_ALBUMID"],
        Field::MbArtistid | Field::MbArtistids => &["MUSICBRAINZ_ARTISTID"],
        Field::MbReleasegroupid => &["MUSICBRAINZ_RELEASEGROUPID"],
        Field::MbReleasetrackid => &["MUSICBRAINZ_RELEASETRACKID"],
        Field::MbTrackid => &["MUSICBRAINZ_TRACKID"],
        Field::MbWorkid => &["MUSICBRAINZ_WORKID"],
        Field::Media => &["MEDIA"],
        Field::OriginalDay | Field::OriginalMonth | Field::OriginalYear => &["ORIGINALDATE"],
        Field::R128AlbumGain => &["R128_ALBUM_GAIN"],
        Field::R128TrackGain => &["R128_TRACK_GAIN"],
        Field::Remixers => &["REMIXER"],
        Field::RgAlbumGain => &["REPLAYGAIN_ALBUM_GAIN"],
        Field::RgAlbumPeak => &["REPLAYGAIN_ALBUM_PEAK"],
        Field::RgTrackGain => &["REPLAYGAIN_TRACK_GAIN"],
        Field::RgTrackPeak => &["REPLAYGAIN_TRACK_PEAK"],
        Field::Script => &["SCRIPT"],
        Field::Subtitle => &["SUBTITLE"],
        Field::Title => &["TITLE"],
        Field::Track => &["TRACK", "TRACKNUMBER"],
        Field::Tracktotal => &["TRACKTOTAL", "TRACKC", "TOTALTRACKS"],
    }
}

/// Where a date's year is written once more, and alone.
pub(crate) const YEAR: &str = "YEAR";

/// Returns the keys that a field is read from but not written to; its deletion deletes them too.
pub(crate) fn aliases(field: Field) -> &'static [&'static str] {
    match field {
        Field::Albumartists => &["ALBUM ARTISTS"],
        Field::Barcode => &["UPC", "EAN/UPN", "EAN", "UPN"],
        Field::Catalognum => &["CATALOGID", "DISCOGS_CATALOG"],
        _ => &[],
    }
}
