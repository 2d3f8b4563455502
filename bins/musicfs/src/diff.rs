//! How the tags of files on disk differ from what the database says.

use catalog::{Formats, Item, Value};
use splice::ReadAt;
use tagsynth::Field;

use crate::tags;

/// A field of which a file and the database say different things.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Difference {
    /// The field.
    pub field: Field,
    /// What beets would read from the file.
    pub file: Value,
    /// What the database says.
    pub database: Value,
}

/// Returns the fields of a file that `beet write` would change.
///
/// # Errors
///
/// Those of [`tagsynth::parse`].
pub(crate) fn differences(
    file: &(impl ReadAt + ?Sized),
    file_name: &[u8],
    item: &Item,
) -> Result<Vec<Difference>, tagsynth::Error> {
    let formats = Formats::default();
    let old = tagsynth::parse(file, file_name)?;
    let difference = |field: Field| Difference {
        field,
        file: tags::stored(&formats, field, old.get(field)),
        database: item.get(field.name()),
    };
    let (read, new) = (tags::of_file(&old), tags::of_item(item));
    Ok(read.changes(&new).map(difference).collect())
}
