//! The fields that beets writes to files.

/// How the values of a field are typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// [`Value::Text`](crate::Value::Text).
    Text,
    /// [`Value::Int`](crate::Value::Int).
    Int,
    /// [`Value::Float`](crate::Value::Float).
    Float,
    /// [`Value::List`](crate::Value::List).
    List,
}

macro_rules! fields {
    ($($name:literal $variant:ident $kind:ident,)*) => {
        /// A field that beets writes to files, named as its column in the beets database.
        ///
        /// Ordered by name, as beets goes through them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Field {
            $(#[doc = concat!("The column `", $name, "`.")] $variant,)*
        }

        impl Field {
            /// Every field, by name.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];
            /// How many fields there are.
            pub const COUNT: usize = Self::ALL.len();

            /// Returns the name of the column in the beets database.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// Returns how the values of this field are typed.
            pub const fn kind(self) -> Kind {
                match self {
                    $(Self::$variant => Kind::$kind,)*
                }
            }
        }
    };
}

fields! {
    "acoustid_fingerprint" AcoustidFingerprint Text,
    "acoustid_id" AcoustidId Text,
    "album" Album Text,
    "albumartist" Albumartist Text,
    "albumartist_credit" AlbumartistCredit Text,
    "albumartist_sort" AlbumartistSort Text,
    "albumartists" Albumartists List,
    "albumartists_credit" AlbumartistsCredit List,
    "albumartists_sort" AlbumartistsSort List,
    "albumdisambig" Albumdisambig Text,
    "albumstatus" Albumstatus Text,
    "albumtype" Albumtype Text,
    "albumtypes" Albumtypes List,
    "arrangers" Arrangers List,
    "artist" Artist Text,
    "artist_credit" ArtistCredit Text,
    "artist_sort" ArtistSort Text,
    "artists" Artists List,
    "artists_credit" ArtistsCredit List,
    "artists_sort" ArtistsSort List,
    "asin" Asin Text,
    "barcode" Barcode Text,
    "bpm" Bpm Int,
    "catalognum" Catalognum Text,
    "comments" Comments Text,
    "comp" Comp Int,
    "composer_sort" ComposerSort Text,
    "composers" Composers List,
    "country" Country Text,
    "day" Day Int,
    "disc" Disc Int,
    "disctitle" Disctitle Text,
    "disctotal" Disctotal Int,
    "encoder" Encoder Text,
    "genres" Genres List,
    "grouping" Grouping Text,
    "initial_key" InitialKey Text,
    "isrc" Isrc Text,
    "label" Label Text,
    "language" Language Text,
    "lyricists" Lyricists List,
    "lyrics" Lyrics Text,
    "mb_albumartistid" MbAlbumartistid Text,
    "mb_albumartistids" MbAlbumartistids List,
    "mb_albumid" MbAlbumid Text,
    "mb_artistid" MbArtistid Text,
    "mb_artistids" MbArtistids List,
    "mb_releasegroupid" MbReleasegroupid Text,
    "mb_releasetrackid" MbReleasetrackid Text,
    "mb_trackid" MbTrackid Text,
    "mb_workid" MbWorkid Text,
    "media" Media Text,
    "month" Month Int,
    "original_day" OriginalDay Int,
    "original_month" OriginalMonth Int,
    "original_year" OriginalYear Int,
    "r128_album_gain" R128AlbumGain Float,
    "r128_track_gain" R128TrackGain Float,
    "remixers" Remixers List,
    "rg_album_gain" RgAlbumGain Float,
    "rg_album_peak" RgAlbumPeak Float,
    "rg_track_gain" RgTrackGain Float,
    "rg_track_peak" RgTrackPeak Float,
    "script" Script Text,
    "subtitle" Subtitle Text,
    "title" Title Text,
    "track" Track Int,
    "tracktotal" Tracktotal Int,
    "year" Year Int,
}
