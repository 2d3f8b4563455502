//! Reads views from the configuration and the command line.

use anyhow::{Context, Result, anyhow, bail};
use catalog::{Config, Setting, SettingValue};
use vtree::Name;

use super::{Sidecars, View, Wording};
use crate::leaf::ViewNo;

/// The section of ours, and the mapping of views in it.
const SECTION: &str = "musicfs";
const VIEWS: [&str; 2] = [SECTION, "views"];
/// What the section can have set: `unidecode` is read with the tables of names.
const KEYS_OF_SECTION: &str = "views, sidecars, playlists, embed_art, drop_ape, unidecode";
/// What a view can have set.
const KEYS: &str = "path, query, id3v23, embed_art, drop_ape, sidecars, playlists";

/// Reads views under a configuration.
pub(super) struct Reader<'c> {
    config: &'c Config,
}

impl<'c> Reader<'c> {
    pub(super) fn new(config: &'c Config) -> Self {
        Self { config }
    }

    /// Returns the view without a name, of everything.
    pub(super) fn unnamed(&self) -> Result<View> {
        let mut view = View {
            name: None,
            number: ViewNo::UNNAMED,
            path: None,
            queries: Vec::new(),
            rendering: tagsynth::Options {
                id3v23: self.config.id3v23,
                ..tagsynth::Options::default()
            },
            embeds_art: false,
            sidecars: Sidecars::default(),
            playlists: self.playlists()?,
        };
        for (key, value) in self.config.entries(&[SECTION])? {
            match key.as_text() {
                Some("views" | "playlists" | "unidecode") => {}
                Some(word @ ("sidecars" | "embed_art" | "drop_ape")) => {
                    set(&mut view, word, value, SECTION)?;
                }
                _ => return Err(unknown(key, SECTION, KEYS_OF_SECTION)),
            }
        }
        Ok(view)
    }

    /// Returns the playlists of the configuration.
    fn playlists(&self) -> Result<Vec<(String, Wording)>> {
        let entries = self.config.entries(&[SECTION, "playlists"])?.into_iter();
        entries
            .map(|(name, query)| playlist(name, query, "musicfs.playlists"))
            .collect()
    }

    /// Returns the views of the configuration.
    pub(super) fn configured(&self) -> Result<Vec<View>> {
        let views = self.config.entries(&VIEWS)?.into_iter();
        views.map(|(name, view)| self.view(name, view)).collect()
    }

    /// Returns a view as the command line asks for it: `NAME`, which is configured, or
    /// `NAME=TEMPLATE[;QUERY]`.
    pub(super) fn asked(&self, asked: &str) -> Result<View> {
        let Some((name, words)) = asked.split_once('=') else {
            return self.named(asked);
        };
        let place = format!("--view {name}");
        let (template, query) = match words.split_once(';') {
            Some((template, query)) => (template, Some(query)),
            None => (words, None),
        };
        let mut view = self.called(name, &place)?;
        view.path = (!template.is_empty()).then(|| Wording::new(template, place.clone()));
        view.queries = query
            .map(|query| Wording::new(query, place))
            .into_iter()
            .collect();
        Ok(view)
    }

    /// Returns the configured view with a name.
    fn named(&self, wanted: &str) -> Result<View> {
        let configured = self.config.entries(&VIEWS)?;
        let mut found = configured.iter();
        if let Some((name, view)) = found.find(|(name, _)| name.as_text() == Some(wanted)) {
            return self.view(name, view);
        }
        let names: Vec<_> = configured
            .iter()
            .filter_map(|(name, _)| name.as_text())
            .collect();
        let known = if names.is_empty() {
            "the configuration has none".to_owned()
        } else {
            format!("the configuration has {}", names.join(", "))
        };
        bail!("--view {wanted}: there is no such view ({known}); NAME=TEMPLATE[;QUERY] makes one")
    }

    /// Returns a view with the settings of the whole, and a name.
    fn called(&self, name: &str, place: &str) -> Result<View> {
        if Name::new(name.as_bytes()).is_err() {
            bail!(
                "{place}: `{name}` cannot be the name of a folder: it must have 1 to 255 bytes and no \
                 slash, and be neither `.` nor `..`"
            );
        }
        Ok(View {
            name: Some(name.to_owned()),
            number: ViewNo::of(name),
            ..self.unnamed()?
        })
    }

    fn view(&self, key: &Setting, setting: &Setting) -> Result<View> {
        let Some(name) = key.as_text() else {
            let (place, kind) = (&key.place, key.kind());
            bail!(
                "{place}: musicfs.views: the name of a view must be text, not {kind}; put it in quotes"
            );
        };
        let path = format!("musicfs.views.{name}");
        let mut view = self.called(name, &format!("{}: musicfs.views", key.place))?;
        match &setting.value {
            SettingValue::Null => {}
            SettingValue::Text(template) => {
                let place = format!("{}: {path}", setting.place);
                view.path = Some(Wording::new(template, place));
            }
            SettingValue::Map(entries) => {
                for (key, value) in entries {
                    let word = key.as_text().unwrap_or_default();
                    if !set(&mut view, word, value, &path)? {
                        return Err(unknown(key, &path, KEYS));
                    }
                }
            }
            _ => {
                let (place, kind) = (&setting.place, setting.kind());
                bail!("{place}: {path}: must be a template or a mapping ({KEYS}), not {kind}");
            }
        }
        Ok(view)
    }
}

/// Sets one of [`KEYS`]; returns whether `word` is one.
fn set(view: &mut View, word: &str, value: &Setting, path: &str) -> Result<bool> {
    let path = format!("{path}.{word}");
    match word {
        "path" => view.path = Some(wording(value, &path)?),
        "query" => view.queries.push(wording(value, &path)?),
        "id3v23" => view.rendering.id3v23 = flag(value, &path)?,
        "drop_ape" => view.rendering.drop_ape = flag(value, &path)?,
        "embed_art" => view.embeds_art = flag(value, &path)?,
        "sidecars" => view.sidecars = view.sidecars.changed(value, &path)?,
        "playlists" => view.playlists = playlists(value, &path)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Returns the error for a key that is none of those that `path` can have.
fn unknown(key: &Setting, path: &str, known: &str) -> anyhow::Error {
    let word = key.as_text().unwrap_or_else(|| key.kind());
    let place = &key.place;
    anyhow!("{place}: {path}: there is no setting `{word}`; known are {known}")
}

fn wording(setting: &Setting, path: &str) -> Result<Wording> {
    let place = format!("{}: {path}", setting.place);
    let text = setting.as_text();
    let text = text.with_context(|| {
        format!(
            "{place}: must be text (put it in quotes), not {}",
            setting.kind()
        )
    })?;
    Ok(Wording::new(text, place))
}

/// Returns a truth value; a word in quotes is none, as for beets' own settings.
pub(super) fn flag(setting: &Setting, path: &str) -> Result<bool> {
    let truth = setting.as_bool();
    truth.with_context(|| {
        format!(
            "{}: {path}: must be yes or no (without quotes), not {}",
            setting.place,
            setting.kind()
        )
    })
}

/// Reads the playlists of a view: a mapping of names to queries, or `no`.
fn playlists(setting: &Setting, path: &str) -> Result<Vec<(String, Wording)>> {
    match &setting.value {
        SettingValue::Null | SettingValue::Bool(false) => Ok(Vec::new()),
        SettingValue::Map(entries) => {
            let entries = entries.iter();
            entries
                .map(|(name, query)| playlist(name, query, path))
                .collect()
        }
        _ => bail!(
            "{}: {path}: must be no, or a mapping of names to queries, not {}",
            setting.place,
            setting.kind()
        ),
    }
}

/// Reads a playlist; slashes in its name are folders.
fn playlist(name: &Setting, query: &Setting, path: &str) -> Result<(String, Wording)> {
    let Some(text) = name.as_text() else {
        bail!(
            "{}: {path}: the name of a playlist must be text, not {}; put it in quotes",
            name.place,
            name.kind()
        );
    };
    let mut parts = text.split('/');
    if parts.any(|part| Name::new(part.as_bytes()).is_err()) {
        bail!(
            "{}: {path}: `{text}` cannot be the name of a file",
            name.place
        );
    }
    Ok((text.to_owned(), wording(query, &format!("{path}.{text}"))?))
}
