//! Which sidecars a view shows.

use anyhow::{Result, bail};
use catalog::{Setting, SettingValue};

use super::read::flag;

/// A kind of files that lie beside items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sidecar {
    /// The album's cover.
    Cover,
    /// Lyrics with times.
    Lyrics,
    /// A playlist of the album.
    Playlist,
    /// Whatever else lies beside the origins.
    Passthrough,
}

impl Sidecar {
    const ALL: [Self; 4] = [Self::Cover, Self::Lyrics, Self::Playlist, Self::Passthrough];

    /// Returns the word by which the configuration names it.
    const fn word(self) -> &'static str {
        match self {
            Self::Cover => "cover",
            Self::Lyrics => "lyrics",
            Self::Playlist => "playlist",
            Self::Passthrough => "passthrough",
        }
    }

    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sidecar| sidecar.word() == word)
    }
}

/// Which sidecars are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sidecars {
    shown: [bool; 4],
}

impl Default for Sidecars {
    fn default() -> Self {
        Self::NONE.with(Sidecar::Cover, true)
    }
}

impl Sidecars {
    /// No sidecars.
    pub const NONE: Self = Self { shown: [false; 4] };

    /// Returns whether a kind is shown.
    pub const fn shows(self, sidecar: Sidecar) -> bool {
        self.shown[sidecar as usize]
    }

    /// Returns these, with a kind shown or not.
    #[must_use]
    pub const fn with(mut self, sidecar: Sidecar, is_shown: bool) -> Self {
        self.shown[sidecar as usize] = is_shown;
        self
    }

    /// Returns what a setting makes of these: `no`, `yes`, words that add to them, or a mapping of words
    /// to `yes` and `no`.
    ///
    /// # Errors
    ///
    /// If it is none of these; `key` is what the setting is called.
    pub(super) fn changed(self, setting: &Setting, key: &str) -> Result<Self> {
        match &setting.value {
            SettingValue::Bool(false) => Ok(Self::NONE),
            SettingValue::Null | SettingValue::Bool(true) => Ok(self),
            SettingValue::Text(words) => {
                let words = words.split_whitespace();
                words
                    .map(|word| (word, setting))
                    .try_fold(self, |sidecars, (word, place)| {
                        Ok(sidecars.with(sidecar(word, place, key)?, true))
                    })
            }
            SettingValue::List(words) => words.iter().try_fold(self, |sidecars, word| {
                let text = word.as_text().unwrap_or_default();
                Ok(sidecars.with(sidecar(text, word, key)?, true))
            }),
            SettingValue::Map(entries) => {
                entries.iter().try_fold(self, |sidecars, (word, truth)| {
                    let kind = sidecar(word.as_text().unwrap_or_default(), word, key)?;
                    let is_shown = flag(truth, &format!("{key}.{}", kind.word()))?;
                    Ok(sidecars.with(kind, is_shown))
                })
            }
            _ => {
                let place = &setting.place;
                bail!(
                    "{place}: {key}: must be no, words, or a mapping, not {}",
                    setting.kind()
                );
            }
        }
    }
}

/// Returns the kind that a word names.
fn sidecar(word: &str, setting: &Setting, key: &str) -> Result<Sidecar> {
    if let Some(sidecar) = Sidecar::of(word) {
        return Ok(sidecar);
    }
    let known = Sidecar::ALL.map(Sidecar::word).join(", ");
    let place = &setting.place;
    bail!("{place}: {key}: `{word}` is no kind of sidecar; known are {known}")
}
