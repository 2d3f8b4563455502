//! The fixed fields of beets 2.14.1: the columns of `items` and `albums`.

use super::{Entity, Type};

use Owner::{Album, Both, Item};
use Type::{Bool, Date, Duration, Id, Int, Key, NullFloat, NullPath, Padded, Path, Text};

/// What separates the values of most lists in a column: a backslash and U+2400.
const LIST: Type = Type::List {
    delimiter: "\\\u{2400}",
};
/// `albumtypes` alone is stored the way that all lists are shown.
const SHOWN_LIST: Type = Type::List { delimiter: "; " };
const KBPS: Type = Type::Scaled {
    unit: 1000,
    suffix: "kbps",
};
const KHZ: Type = Type::Scaled {
    unit: 1000,
    suffix: "kHz",
};

/// A fixed field: a column that beets knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The column's name, which is also the name in templates and queries.
    pub name: &'static str,
    /// How its values are stored and shown.
    pub ty: Type,
    owner: Owner,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Item,
    Album,
    Both,
}

impl Field {
    /// Tells whether the table of `entity` has this column.
    pub fn belongs_to(&self, entity: Entity) -> bool {
        match self.owner {
            Owner::Both => true,
            Owner::Item => entity == Entity::Item,
            Owner::Album => entity == Entity::Album,
        }
    }
}

const fn field(name: &'static str, ty: Type, owner: Owner) -> Field {
    Field { name, ty, owner }
}

/// Every fixed field, sorted by name.
pub const FIELDS: &[Field] = &[
    field("acoustid_fingerprint", Text, Item),
    field("acoustid_id", Text, Item),
    field("added", Date, Both),
    field("album", Text, Both),
    field("album_id", Id, Item),
    field("albumartist", Text, Both),
    field("albumartist_credit", Text, Both),
    field("albumartist_sort", Text, Both),
    field("albumartists", LIST, Both),
    field("albumartists_credit", LIST, Both),
    field("albumartists_sort", LIST, Both),
    field("albumdisambig", Text, Both),
    field("albumstatus", Text, Both),
    field("albumtype", Text, Both),
    field("albumtypes", SHOWN_LIST, Both),
    field("arrangers", LIST, Item),
    field("arrangers_ids", LIST, Item),
    field("artist", Text, Item),
    field("artist_credit", Text, Item),
    field("artist_sort", Text, Item),
    field("artists", LIST, Item),
    field("artists_credit", LIST, Item),
    field("artists_ids", LIST, Item),
    field("artists_sort", LIST, Item),
    field("artpath", NullPath, Album),
    field("asin", Text, Both),
    field("barcode", Text, Both),
    field("bitdepth", Int, Item),
    field("bitrate", KBPS, Item),
    field("bitrate_mode", Text, Item),
    field("bpm", Int, Item),
    field("catalognum", Text, Both),
    field("channels", Int, Item),
    field("comments", Text, Item),
    field("comp", Bool, Both),
    field("composer_sort", Text, Item),
    field("composers", LIST, Item),
    field("composers_ids", LIST, Item),
    field("country", Text, Both),
    field("day", Padded(2), Both),
    field("disc", Padded(2), Item),
    field("discogs_albumid", Int, Both),
    field("discogs_artistid", Int, Both),
    field("discogs_labelid", Int, Both),
    field("disctitle", Text, Item),
    field("disctotal", Padded(2), Both),
    field("encoder", Text, Item),
    field("encoder_info", Text, Item),
    field("encoder_settings", Text, Item),
    field("format", Text, Item),
    field("genres", LIST, Both),
    field("grouping", Text, Item),
    field("id", Id, Both),
    field("initial_key", Key, Item),
    field("isrc", Text, Item),
    field("label", Text, Both),
    field("language", Text, Both),
    field("length", Duration, Item),
    field("lyricists", LIST, Item),
    field("lyricists_ids", LIST, Item),
    field("lyrics", Text, Item),
    field("mb_albumartistid", Text, Both),
    field("mb_albumartistids", LIST, Both),
    field("mb_albumid", Text, Both),
    field("mb_artistid", Text, Item),
    field("mb_artistids", LIST, Item),
    field("mb_releasegroupid", Text, Both),
    field("mb_releasetrackid", Text, Item),
    field("mb_trackid", Text, Item),
    field("mb_workid", Text, Item),
    field("media", Text, Item),
    field("month", Padded(2), Both),
    field("mtime", Date, Item),
    field("original_day", Padded(2), Both),
    field("original_month", Padded(2), Both),
    field("original_year", Padded(4), Both),
    field("path", Path, Item),
    field("r128_album_gain", NullFloat, Both),
    field("r128_track_gain", NullFloat, Item),
    field("release_group_title", Text, Both),
    field("releasegroupdisambig", Text, Both),
    field("remixers", LIST, Item),
    field("remixers_ids", LIST, Item),
    field("rg_album_gain", NullFloat, Both),
    field("rg_album_peak", NullFloat, Both),
    field("rg_track_gain", NullFloat, Item),
    field("rg_track_peak", NullFloat, Item),
    field("samplerate", KHZ, Item),
    field("script", Text, Both),
    field("style", Text, Both),
    field("subtitle", Text, Item),
    field("title", Text, Item),
    field("track", Padded(2), Item),
    field("trackdisambig", Text, Item),
    field("tracktotal", Padded(2), Item),
    field("work", Text, Item),
    field("work_disambig", Text, Item),
    field("year", Padded(4), Both),
];

/// Returns the fixed field called `name`, whichever table has it.
pub fn find(name: &str) -> Option<&'static Field> {
    let at = FIELDS
        .binary_search_by_key(&name, |field| field.name)
        .ok()?;
    FIELDS.get(at)
}
