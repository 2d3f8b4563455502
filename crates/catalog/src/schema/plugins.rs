//! The flexible attributes that beets' bundled plugins declare.

use super::Type;
use Type::{Bool, Date, Int, Text};

const FLOAT: Type = Type::Float(1);
const FLOAT_6: Type = Type::Float(6);

/// Plugin, name, type; rows of one plugin stand together.
type Row = (&'static str, &'static str, Type);

const ITEMS: &[Row] = &[
    ("acousticbrainz", "average_loudness", FLOAT_6),
    ("acousticbrainz", "chords_changes_rate", FLOAT_6),
    ("acousticbrainz", "chords_key", Text),
    ("acousticbrainz", "chords_number_rate", FLOAT_6),
    ("acousticbrainz", "chords_scale", Text),
    ("acousticbrainz", "danceable", FLOAT_6),
    ("acousticbrainz", "gender", Text),
    ("acousticbrainz", "genre_rosamerica", Text),
    ("acousticbrainz", "initial_key", Text),
    ("acousticbrainz", "key_strength", FLOAT_6),
    ("acousticbrainz", "mood_acoustic", FLOAT_6),
    ("acousticbrainz", "mood_aggressive", FLOAT_6),
    ("acousticbrainz", "mood_electronic", FLOAT_6),
    ("acousticbrainz", "mood_happy", FLOAT_6),
    ("acousticbrainz", "mood_party", FLOAT_6),
    ("acousticbrainz", "mood_relaxed", FLOAT_6),
    ("acousticbrainz", "mood_sad", FLOAT_6),
    ("acousticbrainz", "moods_mirex", Text),
    ("acousticbrainz", "rhythm", FLOAT_6),
    ("acousticbrainz", "timbre", Text),
    ("acousticbrainz", "tonal", FLOAT_6),
    ("acousticbrainz", "voice_instrumental", Text),
    ("deezer", "deezer_track_id", Int),
    ("deezer", "deezer_track_rank", Int),
    ("deezer", "deezer_updated", Date),
    ("lastimport", "lastfm_play_count", Int),
    ("listenbrainz", "listenbrainz_play_count", Int),
    ("lyrics", "lyrics_backend", Text),
    ("lyrics", "lyrics_instrumental", Bool),
    ("lyrics", "lyrics_language", Text),
    ("lyrics", "lyrics_translation_language", Text),
    ("lyrics", "lyrics_url", Text),
    ("metasync", "amarok_firstplayed", Date),
    ("metasync", "amarok_lastplayed", Date),
    ("metasync", "amarok_playcount", Int),
    ("metasync", "amarok_rating", Int),
    ("metasync", "amarok_score", FLOAT),
    ("metasync", "amarok_uid", Text),
    ("metasync", "itunes_dateadded", Date),
    ("metasync", "itunes_lastplayed", Date),
    ("metasync", "itunes_lastskipped", Date),
    ("metasync", "itunes_playcount", Int),
    ("metasync", "itunes_rating", Int),
    ("metasync", "itunes_skipcount", Int),
    ("mpdstats", "last_played", Date),
    ("mpdstats", "play_count", Int),
    ("mpdstats", "rating", FLOAT),
    ("mpdstats", "skip_count", Int),
    ("spotify", "spotify_acousticness", FLOAT),
    ("spotify", "spotify_danceability", FLOAT),
    ("spotify", "spotify_energy", FLOAT),
    ("spotify", "spotify_instrumentalness", FLOAT),
    ("spotify", "spotify_key", FLOAT),
    ("spotify", "spotify_liveness", FLOAT),
    ("spotify", "spotify_loudness", FLOAT),
    ("spotify", "spotify_mode", Int),
    ("spotify", "spotify_speechiness", FLOAT),
    ("spotify", "spotify_tempo", FLOAT),
    ("spotify", "spotify_time_signature", Int),
    ("spotify", "spotify_track_popularity", Int),
    ("spotify", "spotify_updated", Date),
    ("spotify", "spotify_valence", FLOAT),
    ("tidal", "tidal_artist_id", Text),
    ("tidal", "tidal_track_id", Text),
    ("tidal", "tidal_track_popularity", Int),
    ("tidal", "tidal_updated", Date),
];

const ALBUMS: &[Row] = &[
    ("missing", "missing", Int),
    ("tidal", "tidal_album_id", Text),
    ("tidal", "tidal_album_popularity", Int),
    ("tidal", "tidal_artist_id", Text),
    ("tidal", "tidal_updated", Date),
];

/// Returns what `plugin` declares for items.
pub(super) fn items_of(plugin: &str) -> impl Iterator<Item = &'static Row> {
    ITEMS.iter().filter(move |row| row.0 == plugin)
}

/// Returns what `plugin` declares for albums.
pub(super) fn albums_of(plugin: &str) -> impl Iterator<Item = &'static Row> {
    ALBUMS.iter().filter(move |row| row.0 == plugin)
}
