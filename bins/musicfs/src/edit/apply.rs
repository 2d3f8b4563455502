//! Changes of an item, and what follows from them for its album, as `beet update` makes them.
//!
//! After reading an item's file, beets copies what an album has in common with its items from the
//! album's first item to the album, and hands that on to all items. So it is here, for the fields that
//! were changed to what the first item says: of that itself, and of the last of a series of items, one of which
//! became the first. beets then marks items whose files do not say the same (`mtime` 0), and the
//! next `beet update` takes them back; here each has the time of its file instead, so that they stay.

use std::collections::HashMap;

use catalog::{AlbumId, Edit, Entity, Item, ItemId, RawValue, SortBy, Value};

use super::{Change, Refusal};
use crate::journal::{Cell, Raw};

const NANOSECONDS: i64 = 1_000_000_000;

/// What is to be changed, and what is known of files on disk.
pub(crate) struct Target<'a> {
    pub(crate) item: ItemId,
    pub(crate) changes: &'a [Change],
    /// The times of the files of the item, and of the others of its album that are not away, in nanoseconds
    /// since 1970.
    pub(crate) mtimes: &'a HashMap<ItemId, i64>,
    /// The order of an album's items.
    pub(crate) sort: &'a [SortBy],
}

/// What was changed.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    pub(crate) cells: Vec<Cell>,
    /// Fields that somebody else changed meanwhile.
    pub(crate) conflicts: Vec<&'static str>,
}

impl Applied {
    /// Returns the fields of an item that are others now.
    pub(crate) fn fields(&self, item: ItemId) -> impl Iterator<Item = &str> {
        let is_of_item = move |cell: &&Cell| {
            cell.entity == Entity::Item && cell.row == item.0 && !cell.is_mtime()
        };
        self.cells
            .iter()
            .filter(is_of_item)
            .map(|cell| cell.field.as_str())
    }

    /// Notes what was and what is in a column of a row, if it is something else.
    fn note(
        &mut self,
        (entity, row, field): (Entity, i64, &str),
        old: Option<RawValue<'_>>,
        new: Option<RawValue<'_>>,
    ) {
        if old != new {
            self.cells.push(Cell {
                entity,
                row,
                field: field.to_owned(),
                old: Raw::of(old),
                new: Raw::of(new),
            });
        }
    }

    /// Returns what is worth telling of it.
    pub(crate) fn remark(&self) -> Option<String> {
        let fields = self.conflicts.join(", ");
        (!fields.is_empty())
            .then(|| format!("also changed by others since the file was opened: {fields}"))
    }

    /// Returns the items that are others now.
    pub(crate) fn items(&self) -> impl Iterator<Item = ItemId> {
        let items = self.cells.iter().filter(|cell| cell.entity == Entity::Item);
        items.map(|cell| ItemId(cell.row))
    }
}

/// Makes the changes.
///
/// # Errors
///
/// [`Refusal::Gone`] if there is no such item, [`Refusal::Catalog`] if the database cannot be changed.
pub(crate) fn apply(edit: &Edit<'_>, target: &Target<'_>) -> Result<Applied, Refusal> {
    let item = edit.item(target.item)?.ok_or(Refusal::Gone)?;
    let mut applied = Applied::default();
    let mut fields = Vec::new();
    for change in target.changes {
        let name = change.field.name();
        if item.get(name) != change.value && !is_taken_back(&item, target.changes, name) {
            set(edit, &mut applied, &item, name, &change.value)?;
            fields.push(name);
            if change.is_conflict {
                applied.conflicts.push(name);
            }
        }
    }
    if fields.is_empty() {
        return Ok(applied);
    }
    set_mtime(edit, &mut applied, &item, target)?;
    if let Some(album) = item.album_id() {
        fields.retain(|name| Entity::Album.has(name));
        hand_on(edit, &mut applied, album, &fields, target)?;
    }
    Ok(applied)
}

/// Returns whether beets keeps the album artist although the file has none: one that is the artist, as
/// where nobody ever wrote it to the file.
fn is_taken_back(item: &Item, changes: &[Change], name: &str) -> bool {
    let new = |name: &str| {
        let change = changes.iter().find(|change| change.field.name() == name);
        change.map_or_else(|| item.get(name), |change| change.value.clone())
    };
    let artist = item.get("artist");
    name == "albumartist"
        && !new(name).is_truthy()
        && item.get(name) == artist
        && artist == new("artist")
}

/// Copies fields to the album of which the item that was edited says what the album's first item does, and
/// what that changes to all items.
fn hand_on(
    edit: &Edit<'_>,
    applied: &mut Applied,
    id: AlbumId,
    fields: &[&'static str],
    target: &Target<'_>,
) -> Result<(), Refusal> {
    let items = edit.items_of(id, target.sort)?;
    let Some(album) = edit.album(id)? else {
        return Ok(());
    };
    let Some(&first) = items.first() else {
        return Ok(());
    };
    let [first, item] = [first, target.item].map(|id| edit.item(id));
    let (first, item) = (first?.ok_or(Refusal::Gone)?, item?.ok_or(Refusal::Gone)?);
    // What the album had otherwise than its first item before is nobody's edit; what that was given before it
    // became the first is one as soon as another item says the same.
    let of_first = |&name: &&'static str| (name, first.get(name));
    let is_of_both = |(name, value): &(&str, Value)| item.get(name) == *value;
    let differs = |(name, value): &(&str, Value)| album.get(name) != *value;
    let news = fields.iter().map(of_first).filter(is_of_both);
    let news: Vec<(&str, Value)> = news.filter(differs).collect();
    for (name, value) in &news {
        edit.set(Entity::Album, id.0, name, value)?;
        let new = edit.album(id)?;
        applied.note(
            (Entity::Album, id.0, name),
            album.raw(name),
            new.as_ref().and_then(|album| album.raw(name)),
        );
    }
    if news.is_empty() {
        return Ok(());
    }
    for id in items {
        let item = edit.item(id)?.ok_or(Refusal::Gone)?;
        let n_before = applied.cells.len();
        for (name, value) in &news {
            if item.get(name) != *value {
                set(edit, applied, &item, name, value)?;
            }
        }
        if applied.cells.len() > n_before {
            set_mtime(edit, applied, &item, target)?;
        }
    }
    Ok(())
}

/// Sets a column of an item, and notes what was and what is in it.
fn set(
    edit: &Edit<'_>,
    applied: &mut Applied,
    item: &Item,
    name: &str,
    value: &Value,
) -> Result<(), Refusal> {
    let id = item.id();
    edit.set(Entity::Item, id.0, name, value)?;
    let new = edit.item(id)?;
    applied.note(
        (Entity::Item, id.0, name),
        item.raw(name),
        new.as_ref().and_then(|item| item.raw(name)),
    );
    Ok(())
}

/// Sets the time by which beets sees that a file says something else, to that of the file.
///
/// That of a file that is away stays what it is: when the file was read last. So the next `beet update` reads
/// the file only if it is another one when it is back, and takes nothing back otherwise.
fn set_mtime(
    edit: &Edit<'_>,
    applied: &mut Applied,
    item: &Item,
    target: &Target<'_>,
) -> Result<(), Refusal> {
    let Some(&time) = target.mtimes.get(&item.id()) else {
        return Ok(());
    };
    let time = whole_seconds(time);
    let is_set = item.get("mtime").as_f64() == Value::Int(time).as_f64();
    // An item that is handed something on may be the one that was edited.
    let is_of_item = |cell: &Cell| cell.entity == Entity::Item && cell.row == item.id().0;
    let mut cells = applied.cells.iter();
    let is_noted = cells.any(|cell| is_of_item(cell) && cell.is_mtime());
    if is_set || is_noted {
        return Ok(());
    }
    set(edit, applied, item, "mtime", &Value::Int(time))
}

/// Returns a time as beets has it: whole seconds of what Python makes of it, a floating point number.
fn whole_seconds(nanoseconds: i64) -> i64 {
    let seconds = nanoseconds.div_euclid(NANOSECONDS);
    let rest = nanoseconds.rem_euclid(NANOSECONDS);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "as os.path.getmtime and int do"
    )]
    let time = (seconds as f64 + 1e-9 * rest as f64) as i64;
    time
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_as_python_rounds_them() {
        // print(int(os.path.getmtime(path)))
        assert_eq!(whole_seconds(1_700_000_000_000_000_000), 1_700_000_000);
        assert_eq!(whole_seconds(1_700_000_000_500_000_000), 1_700_000_000);
        assert_eq!(whole_seconds(1_700_000_000_999_999_999), 1_700_000_001);
        assert_eq!(whole_seconds(-1_500_000_000), -1);
    }
}
