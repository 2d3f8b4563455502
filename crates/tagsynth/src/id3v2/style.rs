//! Where beets' fields are kept in frames.

use super::layout::Id;
use crate::Field;

/// Where a value is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Style {
    /// A text frame with one value.
    Text(&'static Id),
    /// A text frame with all values.
    List(&'static Id),
    /// A TXXX frame with one value; every spelling of its description is edited in place.
    User(&'static str),
    /// A TXXX frame with all values; takes the place of the first spelling.
    UserList(&'static str),
    /// Likewise; of values that version 2.3 joined with slashes, each is read.
    JoinedList(&'static str),
    /// A TXXX frame that is read and deleted, but never written.
    Alias(&'static str),
    /// Half of a text frame `1/2`.
    Half(&'static Id, usize),
    /// COMM frames without a description, in any language.
    Comment,
    /// USLT frames without a description, in any language.
    Lyrics,
    /// The identifier of a UFID frame by this owner.
    Identifier(&'static str),
    /// People in a TIPL frame with this part in the recording.
    People(&'static str),
    /// Gain (0) or peak (1) in a comment of iTunes.
    SoundCheck(usize),
}

/// The description of the comment that [`Style::SoundCheck`] edits.
pub(crate) const SOUND_CHECK: &str = "iTunNORM";

/// Returns where a field is kept; dates are not here.
#[rustfmt::skip]
pub(crate) fn styles(field: Field) -> &'static [Style] {
    use Style::{Alias, Comment, Half, Identifier, JoinedList, List, Lyrics, People, SoundCheck, Text, User, UserList};
    match field {
        Field::AcoustidFingerprint => &[User("Acoustid Fingerprint")],
        Field::AcoustidId => &[User("Acoustid Id")],
        Field::Album => &[Text(b"TALB")],
        Field::Albumartist => &[Text(b"TPE2")],
        Field::AlbumartistCredit => &[User("Album Artist Credit")],
        Field::AlbumartistSort => &[Text(b"TSO2"), User("ALBUMARTISTSORT")],
        Field::Albumartists => &[UserList("ALBUMARTISTS"), UserList("ALBUM_ARTISTS"), Alias("ALBUM ARTISTS")],
        Field::AlbumartistsCredit => &[UserList("ALBUMARTISTS_CREDIT")],
        Field::AlbumartistsSort => &[UserList("ALBUMARTISTS_SORT")],
        Field::Albumdisambig => &[User("MusicBrainz Album Comment")],
        Field::Albumstatus => &[User("MusicBrainz Album Status")],
        Field::Albumtype | Field::Albumtypes => &[JoinedList("MusicBrainz Album Type")],
        Field::Arrangers => &[People("arranger")],
        Field::Artist => &[Text(b"TPE1")],
        Field::ArtistCredit => &[User("Artist Credit")],
        Field::ArtistSort => &[Text(b"TSOP")],
        Field::Artists => &[UserList("ARTISTS")],
        Field::ArtistsCredit => &[UserList("ARTISTS_CREDIT")],
        Field::ArtistsSort => &[UserList("ARTISTS_SORT")],
        Field::Asin => &[User("ASIN")],
        Field::Barcode => &[User("BARCODE")],
        Field::Bpm => &[Text(b"TBPM")],
        Field::Catalognum => &[JoinedList("CATALOGNUMBER"), Alias("CATALOGID"), Alias("DISCOGS_CATALOG")],
        Field::Comments => &[Comment],
        Field::Comp => &[Text(b"TCMP")],
        Field::ComposerSort => &[Text(b"TSOC")],
        Field::Composers => &[List(b"TCOM")],
        Field::Country => &[User("MusicBrainz Album Release Country")],
        Field::Disc => &[Half(b"TPOS", 0)],
        Field::Disctitle => &[Text(b"TSST")],
        Field::Disctotal => &[Half(b"TPOS", 1)],
        Field::Encoder => &[Text(b"TENC")],
        Field::Genres => &[List(b"TCON")],
        Field::Grouping => &[Text(b"TIT1")],
        Field::InitialKey => &[Text(b"TKEY")],
        Field::Isrc => &[Text(b"TSRC")],
        Field::Label => &[Text(b"TPUB"), User("LABEL")],
        Field::Language => &[List(b"TLAN")],
        Field::Lyricists => &[List(b"TEXT")],
        Field::Lyrics => &[Lyrics],
        Field::MbAlbumartistid | Field::MbAlbumartistids => &[JoinedList("MusicBrainz Album Artist Id")],
        Field::MbAlbumid => &[User("MusicBrainz Album Id")],
        Field::MbArtistid | Field::MbArtistids => &[JoinedList("MusicBrainz Artist Id")],
        Field::MbReleasegroupid => &[User("MusicBrainz Release Group Id")],
        Field::MbReleasetrackid => &[User("MusicBrainz Release Track Id")],
        Field::MbTrackid => &[Identifier("http://musicbrainz.org")],
        Field::MbWorkid => &[User("MusicBrainz Work Id")],
        Field::Media => &[Text(b"TMED"), User("MEDIA")],
        Field::R128AlbumGain => &[User("R128_ALBUM_GAIN")],
        Field::R128TrackGain => &[User("R128_TRACK_GAIN")],
        Field::Remixers => &[List(b"TPE4")],
        Field::RgAlbumGain => &[User("REPLAYGAIN_ALBUM_GAIN"), User("replaygain_album_gain")],
        Field::RgAlbumPeak => &[User("REPLAYGAIN_ALBUM_PEAK"), User("replaygain_album_peak")],
        Field::RgTrackGain => &[User("REPLAYGAIN_TRACK_GAIN"), User("replaygain_track_gain"), SoundCheck(0)],
        Field::RgTrackPeak => &[User("REPLAYGAIN_TRACK_PEAK"), User("replaygain_track_peak"), SoundCheck(1)],
        Field::Script => &[User("Script")],
        Field::Subtitle => &[Text(b"TIT3")],
        Field::Title => &[Text(b"TIT2")],
        Field::Track => &[Half(b"TRCK", 0)],
        Field::Tracktotal => &[Half(b"TRCK", 1)],
        Field::Year | Field::Month | Field::Day
        | Field::OriginalYear | Field::OriginalMonth | Field::OriginalDay => &[],
    }
}
