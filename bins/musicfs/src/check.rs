//! What is wrong with a library, item by item.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use anyhow::Result;
use catalog::{Item, ItemId};
use splice::Origin;
use tagsynth::{Cover, Field};

use crate::diff::differences;
use crate::naming::Named;
use crate::source::Source;
use crate::tags;
use crate::views::View;

/// Looks at the items of a library.
#[derive(Debug)]
pub(crate) struct Checker<'a> {
    source: &'a Source,
}

/// What was found of an item.
#[derive(Debug)]
pub(crate) struct Report {
    /// The item.
    pub id: ItemId,
    /// Its path in the mount.
    pub path: Vec<u8>,
    /// The file on disk.
    pub origin: PathBuf,
    /// How long the files are, if the origin can be read.
    pub sizes: Option<Sizes>,
    /// What is worth telling.
    pub findings: Vec<Finding>,
}

/// The lengths of an origin and of its virtual file, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// On disk.
    pub origin: u64,
    /// In the mount.
    pub served: u64,
}

/// Something about an item that is not as it should be, or not as in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// There is no file at the item's path.
    Missing,
    /// The file cannot be read, or its album art.
    Unreadable(String),
    /// The file ends too early.
    Truncated(String),
    /// The file is served with the tags that it has.
    Unsupported(String),
    /// Another item has the path that beets would choose, which is this one.
    NameTaken(Vec<u8>),
    /// The tags of these fields are others in the file: what `beet write` would change.
    Tags(Vec<Field>),
}

impl Finding {
    /// Returns the word for it.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unreadable(_) => "unreadable",
            Self::Truncated(_) => "truncated",
            Self::Unsupported(_) => "unsupported",
            Self::NameTaken(_) => "name-taken",
            Self::Tags(_) => "tags-differ",
        }
    }

    /// Returns whether something is wrong; tags that differ are what musicfs is for.
    pub(crate) const fn is_wrong(&self) -> bool {
        !matches!(self, Self::Tags(_))
    }
}

impl<'a> Checker<'a> {
    /// Prepares for looking at the items of `source`.
    pub(crate) fn new(source: &'a Source) -> Self {
        Self { source }
    }

    /// Looks at one item; `None` if it was removed from the library meanwhile.
    ///
    /// # Errors
    ///
    /// If the database cannot be read, or the item is in no view of the library.
    pub(crate) fn look(&self, named: &Named) -> Result<Option<Report>> {
        let Some(item) = self.source.library.item(named.id)? else {
            return Ok(None);
        };
        let mut report = Report {
            id: named.id,
            path: named.path.clone(),
            origin: PathBuf::from(OsString::from_vec(item.path())),
            sizes: None,
            findings: Vec::new(),
        };
        let taken = named.destination.clone().map(Finding::NameTaken);
        report.findings.extend(taken);
        match Origin::open(&report.origin) {
            Ok(origin) => {
                let view = self.source.view_of(named.leaf)?;
                self.look_into(view, &item, &origin, &mut report)?;
            }
            Err(error) => report.findings.push(unopened(&error)),
        }
        Ok(Some(report))
    }

    fn look_into(
        &self,
        view: &View,
        item: &Item,
        origin: &Origin,
        report: &mut Report,
    ) -> Result<()> {
        let path = report.origin.clone();
        let file_name = path.as_os_str().as_bytes();
        let art = self.source.art(view, item)?;
        let cover = art.as_ref().map(|art| Cover::new(art)).transpose();
        let cover = cover.unwrap_or_else(|error| {
            let why = format!("album art: {error}");
            report.findings.push(Finding::Unreadable(why));
            None
        });
        let new = tags::of_item(item);
        let rendering = tagsynth::render(origin, file_name, &new, cover.flatten(), &view.rendering);
        let len = origin.stamp().len;
        report.sizes = Some(Sizes {
            origin: len,
            served: rendering.as_ref().map_or(len, |made| made.plan.len()),
        });
        if let Err(error) = rendering {
            report.findings.push(unrendered(&error));
            return Ok(());
        }
        let ending = tagsynth::check_end(origin, file_name).err();
        report.findings.extend(ending.as_ref().map(unrendered));
        report.findings.extend(differing(origin, file_name, item));
        Ok(())
    }
}

/// Tells which tags `beet write` would change, if any.
fn differing(origin: &Origin, file_name: &[u8], item: &Item) -> Option<Finding> {
    match differences(origin, file_name, item) {
        Ok(differences) => {
            let fields: Vec<Field> = differences.iter().map(|found| found.field).collect();
            (!fields.is_empty()).then_some(Finding::Tags(fields))
        }
        Err(error) => Some(unrendered(&error)),
    }
}

fn unopened(error: &splice::Error) -> Finding {
    match error {
        splice::Error::Io(error) if error.kind() == io::ErrorKind::NotFound => Finding::Missing,
        error => Finding::Unreadable(with_causes(error)),
    }
}

fn unrendered(error: &tagsynth::Error) -> Finding {
    let text = with_causes(error);
    match error {
        tagsynth::Error::Read { .. } => Finding::Unreadable(text),
        tagsynth::Error::Truncated { .. } | tagsynth::Error::CutShort { .. } => {
            Finding::Truncated(text)
        }
        _ => Finding::Unsupported(text),
    }
}

/// Returns what an error says, with all its causes.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
