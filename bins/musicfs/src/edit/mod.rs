//! From an edited file to changes of the library.
//!
//! What counts is what a user changed: the fields that read otherwise from the edited file than from the
//! rendering that was edited. So a field that a format cannot hold, or holds rounded, is not taken for
//! changed. What beets does not keep, such as pictures and tags of other programs, goes with the file.

mod apply;
mod noted;
mod recover;
mod shared;
mod undo;

use catalog::{Formats, Value};
use splice::{ReadAt, Reader};
use tagsynth::{Field, FileTags};

use crate::tags;

pub(crate) use apply::{Applied, Target, apply};
pub(crate) use noted::{Unmade, make};
pub(crate) use recover::recover;
pub(crate) use shared::Shared;
pub(crate) use undo::undo;

/// Why an edited file is not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The file, or the one that it was made from, has no tags that beets reads.
    #[error("the tags of the edited file cannot be read")]
    Unreadable(#[source] tagsynth::Error),
    /// The file on disk has a format that beets does not write tags to, or is damaged.
    #[error("beets writes no tags to this file")]
    Untagged(#[source] tagsynth::Error),
    /// Only tags can be written.
    #[error(
        "the audio of the edited file is not that of the file on disk; only tags can be edited"
    )]
    OtherAudio,
    /// The file on disk cannot be read.
    #[error(transparent)]
    Origin(fusefront::Error),
    /// The item is in the library no more.
    #[error("the item was removed from the library meanwhile")]
    Gone,
    /// The library cannot be read, or not written to.
    #[error(transparent)]
    Catalog(#[from] catalog::Error),
    /// The edit could not be noted.
    #[error("the edit cannot be noted in the journal")]
    Journal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Refusal {
    /// Returns whether trying again later may go well.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self, Self::Catalog(catalog::Error::Busy { .. }))
    }
}

impl From<fusefront::Error> for Refusal {
    fn from(error: fusefront::Error) -> Self {
        match error {
            fusefront::Error::Gone => Self::Gone,
            fusefront::Error::Unknown { source } => match source.downcast::<catalog::Error>() {
                Ok(error) => Self::Catalog(*error),
                Err(source) => Self::Origin(fusefront::Error::Unknown { source }),
            },
            error => Self::Origin(error),
        }
    }
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        Self::Journal(error.into())
    }
}

/// A field that was changed, and what its column is to hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    pub(crate) field: Field,
    pub(crate) value: Value,
    /// Whether somebody else changed it too since the file was opened.
    pub(crate) is_conflict: bool,
}

/// Returns what was changed between the rendering that was edited and the edited file, which was read as
/// [made from](FileTags::made_from) it; `now` is what a rendering says by now.
pub(crate) fn changes(base: &FileTags, edited: &FileTags, now: &FileTags) -> Vec<Change> {
    let of_file = |file: &FileTags| tags::of_file(file.tag_set());
    let [base, edited, now] = [base, edited, now].map(of_file);
    let formats = Formats::default();
    let fields = Field::ALL.iter().copied();
    let changed = fields.filter(|&field| base.get(field) != edited.get(field));
    let change = |field| Change {
        field,
        value: tags::stored(&formats, field, edited.get(field)),
        is_conflict: now.get(field) != base.get(field) && now.get(field) != edited.get(field),
    };
    changed.map(change).collect()
}

/// A rendering as something to parse.
pub(crate) struct Rendered<'a>(pub(crate) &'a Reader);

impl ReadAt for Rendered<'_> {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<usize> {
        let mut scratch = Vec::new();
        let read = self.0.read(offset, buf.len(), &mut scratch);
        let bytes = read.map_err(|error| match error {
            splice::Error::Io(error) => error,
            error => std::io::Error::other(error),
        })?;
        buf[..bytes.len()].copy_from_slice(bytes);
        Ok(bytes.len())
    }
}

#[cfg(test)]
mod tests;
