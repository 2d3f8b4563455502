//! Plugins that are not beets' own, and so may add any name to templates.

use std::path::Path;

use catalog::Config;

/// The plugins that come with beets 2.14.
const BUNDLED: &[&str] = &[
    "absubmit",
    "acousticbrainz",
    "advancedrewrite",
    "albumtypes",
    "aura",
    "autobpm",
    "badfiles",
    "bareasc",
    "beatport",
    "bench",
    "bpd",
    "bpm",
    "bpsync",
    "bucket",
    "chroma",
    "convert",
    "deezer",
    "discogs",
    "duplicates",
    "edit",
    "embedart",
    "embyupdate",
    "export",
    "fetchart",
    "filefilter",
    "fish",
    "freedesktop",
    "fromfilename",
    "ftintitle",
    "fuzzy",
    "hook",
    "ihate",
    "importadded",
    "importfeeds",
    "importsource",
    "info",
    "inline",
    "ipfs",
    "keyfinder",
    "kodiupdate",
    "lastgenre",
    "lastimport",
    "limit",
    "listenbrainz",
    "loadext",
    "lyrics",
    "mbcollection",
    "mbpseudo",
    "mbsubmit",
    "mbsync",
    "metasync",
    "missing",
    "mpdstats",
    "mpdupdate",
    "musicbrainz",
    "parentwork",
    "permissions",
    "play",
    "playlist",
    "plexupdate",
    "random",
    "replace",
    "replaygain",
    "rewrite",
    "scrub",
    "smartplaylist",
    "sonosupdate",
    "spotify",
    "subsonicplaylist",
    "subsonicupdate",
    "substitute",
    "the",
    "thumbnails",
    "tidal",
    "titlecase",
    "types",
    "unimported",
    "web",
    "zero",
];

/// Returns the enabled plugins that do not come with beets, or that a `pluginpath` replaces.
pub(super) fn plugins(config: &Config) -> Vec<String> {
    let is_foreign = |plugin: &&String| {
        !BUNDLED.contains(&plugin.as_str()) || config.plugin_path.iter().any(|dir| has(dir, plugin))
    };
    config.plugins.iter().filter(is_foreign).cloned().collect()
}

fn has(dir: &str, plugin: &str) -> bool {
    let dir = match (dir.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => Path::new(dir).to_owned(),
    };
    dir.join(format!("{plugin}.py")).is_file() || dir.join(plugin).join("__init__.py").is_file()
}
