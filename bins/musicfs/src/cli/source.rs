//! The options that say which library is meant; the same for every subcommand.

use std::collections::HashSet;
use std::path::PathBuf;

use anyhow::Result;

use crate::mountpoint::check_reachable;
use crate::naming::{self, Named};
use crate::source::{Overrides, Source};

/// Which library.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Library")]
pub(super) struct SourceArgs {
    /// The beets configuration; found where beets finds it if not given.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The beets database; `library:` of the configuration if not given.
    #[arg(long, value_name = "DB")]
    library: Option<PathBuf>,
    /// The folder that holds the music; `directory:` of the configuration if not given.
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
}

/// Which library, which of its items, and how they are named.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Library")]
pub(super) struct NamedSourceArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Name every item by this template, in place of the `paths:` and the views of the configuration.
    #[arg(long, value_name = "TEMPLATE", allow_hyphen_values = true)]
    path_format: Option<String>,
    /// Only items that match this beets query.
    #[arg(short, long, value_name = "QUERY", allow_hyphen_values = true)]
    query: Option<String>,
    /// Only this view, a folder in the mount: one of the configuration (`musicfs: views:`), or one of its
    /// own, where a template that is empty stands for the `paths:` of the configuration; repeatable.
    #[arg(
        long,
        value_name = "NAME[=TEMPLATE[;QUERY]]",
        allow_hyphen_values = true,
        conflicts_with = "path_format"
    )]
    view: Vec<String>,
}

impl SourceArgs {
    /// Returns whether the user said which library is meant.
    pub(super) fn is_given(&self) -> bool {
        self.config.is_some() || self.library.is_some()
    }

    /// Reads the configuration and opens the database.
    pub(super) fn open(&self) -> Result<Source> {
        Source::open(self.overrides())
    }

    fn overrides(&self) -> Overrides {
        Overrides {
            config: self.config.clone(),
            library: self.library.clone(),
            directory: self.directory.clone(),
            ..Overrides::default()
        }
    }
}

impl NamedSourceArgs {
    /// Does as [`NamedSourceArgs::open`], for a command that reads the files on disk.
    pub(super) fn open_with_origins(&self) -> Result<Source> {
        let source = self.open()?;
        check_reachable(source.directory())?;
        Ok(source)
    }

    /// Reads the configuration and opens the database.
    pub(super) fn open(&self) -> Result<Source> {
        Source::open(Overrides {
            path_format: self.path_format.clone(),
            query: self.query.clone(),
            views: self.view.clone(),
            ..self.source.overrides()
        })
    }
}

/// Names the items of a library, each as the first view has it that shows it.
pub(super) fn items(source: &Source) -> Result<Vec<Named>> {
    let mut seen = HashSet::new();
    let names = naming::name_all(source)?;
    let names = names.iter().filter(|named| seen.insert(named.id));
    Ok(names.collect())
}
