//! The views of a mount: what of the library each shows, under which names, and how rendered.
//!
//! They come from the section `musicfs` of the configuration, which beets ignores, or from the command
//! line. Without any there is one that has no name, and is the root; a view with a name is a folder in
//! the root.

mod read;
mod sidecars;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use anyhow::{Result, bail};
use catalog::Config;

use crate::leaf::ViewNo;
use crate::source::Overrides;
use read::Reader;
pub(crate) use sidecars::{Sidecar, Sidecars};

/// A part of a mount: items of the library, their names, and how their files are rendered.
#[derive(Debug, Clone)]
pub struct View {
    /// The name of its folder; the root if there is none.
    pub name: Option<String>,
    /// Its number, by which its files are numbered.
    pub number: ViewNo,
    /// The template that names every item, in place of the configured rules.
    pub path: Option<Wording>,
    /// The queries that an item must match, all of them.
    pub queries: Vec<Wording>,
    /// How files are rendered.
    pub rendering: tagsynth::Options,
    /// Whether the art of albums is embedded.
    pub embeds_art: bool,
    /// What lies beside the items.
    pub sidecars: Sidecars,
    /// Playlists, by their names: the items that match a query.
    pub playlists: Vec<(String, Wording)>,
}

/// A text of the user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// The text.
    pub text: String,
    /// Where it stands, for messages.
    pub place: String,
}

impl Wording {
    fn new(text: &str, place: impl Into<String>) -> Self {
        Self {
            text: text.to_owned(),
            place: place.into(),
        }
    }
}

impl View {
    /// Returns the view of everything that has no name, as the configuration has files rendered.
    ///
    /// # Errors
    ///
    /// If the section `musicfs` makes no sense.
    pub fn unnamed(config: &Config) -> Result<Self> {
        Reader::new(config).unnamed()
    }

    /// Returns the views that are asked for: those of the command line, else those of the
    /// configuration, else one without a name.
    ///
    /// # Errors
    ///
    /// If a view makes no sense, or two cannot be told apart; the message names the place.
    pub fn all(config: &Config, overrides: &Overrides) -> Result<Vec<Self>> {
        let reader = Reader::new(config);
        let mut views = if let Some(template) = &overrides.path_format {
            let path = Some(Wording::new(template, "--path-format"));
            vec![Self {
                path,
                ..reader.unnamed()?
            }]
        } else if overrides.views.is_empty() {
            let configured = reader.configured()?;
            if configured.is_empty() {
                vec![reader.unnamed()?]
            } else {
                configured
            }
        } else {
            let asked = overrides.views.iter();
            asked
                .map(|asked| reader.asked(asked))
                .collect::<Result<_>>()?
        };
        if let Some(query) = &overrides.query {
            for view in &mut views {
                view.queries.push(Wording::new(query, "--query"));
            }
        }
        check_apart(&views)?;
        Ok(views)
    }

    /// Returns the path in the mount of what has a path in this view.
    pub fn within<'p>(&self, path: &'p [u8]) -> Cow<'p, [u8]> {
        match &self.name {
            None => Cow::Borrowed(path),
            // A path that is none must not take the place of the view's folder.
            Some(name) if path.iter().all(|&byte| byte == b'/') => {
                format!("{name}/.").into_bytes().into()
            }
            Some(name) => [name.as_bytes(), path].join(&b'/').into(),
        }
    }
}

/// Refuses views that would be one folder, or whose files would have the same numbers.
fn check_apart(views: &[View]) -> Result<()> {
    for (at, view) in views.iter().enumerate() {
        let name = view.name.as_deref().unwrap_or_default();
        for other in &views[..at] {
            let other_name = other.name.as_deref().unwrap_or_default();
            if name == other_name {
                bail!("there are two views called `{name}`; give each a name of its own");
            }
            if view.number == other.number {
                bail!(
                    "the views `{other_name}` and `{name}` cannot be in one mount, since inodes are \
                     numbered by views' names and these two give the same numbers; rename one"
                );
            }
        }
    }
    Ok(())
}
