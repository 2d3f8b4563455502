//! The items of each album, in beets' order.

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::collections::HashMap;

use catalog::{AlbumId, Config, ItemId, ItemRow, RawValue, Scan, Selection, Slot, SortBy, Value};

use super::model::{Models, Row};

/// The columns by which the items of an album are heard one after the other.
pub(super) const HEARD_BY: [&str; 2] = ["disc", "track"];

/// A key of `sort_item`.
#[derive(Debug, Clone)]
pub(super) struct SortKey {
    key: SortBy,
    by: By,
}

/// What a key compares.
#[derive(Debug, Clone)]
enum By {
    /// A column, and what counts instead unless it is empty: `artist_sort` for `artist`.
    Column { slot: Slot, preferred: Option<Slot> },
    /// A field that the database does not know, or not as plugins change it.
    Slow { name: String },
}

impl SortKey {
    /// Returns the keys of `sort_item`; `is_slow` tells the fields by which the database cannot sort.
    pub(super) fn all(
        config: &Config,
        selection: &mut Selection,
        is_slow: impl Fn(&str) -> bool,
    ) -> Vec<Self> {
        let keys = config.sort_item.iter().map(|key| {
            let name = key.field.as_str();
            let is_artist = name == "artist";
            let by = if is_slow(name) && !is_artist {
                By::Slow {
                    name: name.to_owned(),
                }
            } else {
                let preferred = is_artist.then(|| selection.item("artist_sort"));
                By::Column {
                    slot: selection.item(name),
                    preferred,
                }
            };
            let key = key.clone();
            Self { key, by }
        });
        keys.collect()
    }

    /// Returns the name of the field, if the database cannot sort by it.
    pub(super) fn slow_name(&self) -> Option<&str> {
        match &self.by {
            By::Column { .. } => None,
            By::Slow { name } => Some(name),
        }
    }

    fn compare(&self, models: &Models<'_>, one: ItemRow<'_>, two: ItemRow<'_>) -> Ordering {
        let order = match &self.by {
            By::Column { slot, preferred } => {
                let cell = |item| cell(item, *slot, *preferred);
                compare(cell(one), cell(two))
            }
            By::Slow { name } => {
                let value = |item| models.get_of_item(item, name).ok().flatten();
                let value = |item| value(item).unwrap_or(Value::Null);
                SortBy::compare_values(&value(one), &value(two))
            }
        };
        self.key.directed(order)
    }
}

/// Sorts items of one album as they are heard: by disc and track.
pub(super) fn sort_as_heard(models: &Models<'_>, rows: &mut [ItemRow<'_>]) {
    let number = |row, name| {
        let cell = models.stored(Row::Item(row), name);
        cell.unwrap_or(RawValue::Null)
    };
    rows.sort_by(|&one, &two| {
        let by = |name| compare(number(one, name), number(two, name));
        HEARD_BY
            .into_iter()
            .map(by)
            .fold(Ordering::Equal, Ordering::then)
    });
}

fn cell(item: ItemRow<'_>, slot: Slot, preferred: Option<Slot>) -> RawValue<'_> {
    let preferred = preferred.and_then(|slot| item.raw(slot));
    let given = |cell: &RawValue<'_>| !matches!(cell, RawValue::Null | RawValue::Text(b""));
    preferred
        .filter(given)
        .or_else(|| item.raw(slot))
        .unwrap_or(RawValue::Null)
}

/// Compares cells as the database orders them: NULL, numbers, and texts, in the case of no ASCII letter.
fn compare(one: RawValue<'_>, two: RawValue<'_>) -> Ordering {
    let class = |cell: &RawValue<'_>| match cell {
        RawValue::Null => 0,
        RawValue::Int(_) | RawValue::Real(_) => 1,
        RawValue::Text(_) | RawValue::Blob(_) => 2,
    };
    let by_class = class(&one).cmp(&class(&two));
    by_class.then_with(|| match (bytes(one), bytes(two)) {
        (Some(one), Some(two)) => one
            .iter()
            .map(u8::to_ascii_lowercase)
            .cmp(two.iter().map(u8::to_ascii_lowercase)),
        _ => number(one).total_cmp(&number(two)),
    })
}

fn bytes(cell: RawValue<'_>) -> Option<&[u8]> {
    match cell {
        RawValue::Text(bytes) | RawValue::Blob(bytes) => Some(bytes),
        _ => None,
    }
}

fn number(cell: RawValue<'_>) -> f64 {
    match cell {
        #[expect(clippy::cast_precision_loss, reason = "orders tracks, not astronomers")]
        RawValue::Int(int) => int as f64,
        RawValue::Real(real) => real,
        _ => 0.0,
    }
}

/// The items of each album of a scan.
#[derive(Debug, Default)]
pub(super) struct Contents {
    by_album: OnceCell<HashMap<AlbumId, Album>>,
}

#[derive(Debug, Default)]
struct Album {
    items: Vec<ItemId>,
    sorted: OnceCell<Vec<ItemId>>,
}

impl Contents {
    /// Returns the items of an album, in the order of `sort_item`.
    pub(super) fn of<'a>(
        &'a self,
        album: AlbumId,
        models: &'a Models<'_>,
    ) -> impl ExactSizeIterator<Item = ItemRow<'a>> + use<'a> {
        let scan = models.scan;
        let albums = self.by_album.get_or_init(|| collect(scan));
        let items = albums
            .get(&album)
            .map_or(&[][..], |album| album.sorted(models));
        items
            .iter()
            .map(|&item| scan.item(item).expect("the item is of this scan"))
    }

    /// Returns Python's message about the first item of an album that has none.
    pub(super) fn nothing_at_first(keys: &[SortKey]) -> &'static str {
        if keys.iter().any(|key| key.slow_name().is_some()) {
            "result index 0 out of range"
        } else {
            "list index out of range"
        }
    }
}

impl Album {
    /// Sorts outside of the cell, since a field that is sorted by may ask for this album again.
    fn sorted(&self, models: &Models<'_>) -> &[ItemId] {
        if self.sorted.get().is_none() {
            let mut rows: Vec<_> = self
                .items
                .iter()
                .filter_map(|&item| models.scan.item(item))
                .collect();
            sort(models, &mut rows);
            let ids = rows.into_iter().map(ItemRow::id).collect();
            return self.sorted.get_or_init(|| ids);
        }
        self.sorted.get().map_or(&[], Vec::as_slice)
    }
}

/// Puts items in the order of `sort_item`; those that are equal in it stay as they are.
pub(super) fn sort(models: &Models<'_>, rows: &mut [ItemRow<'_>]) {
    rows.sort_by(|&one, &two| {
        let keys = models.fields.sort.iter();
        let orders = keys.map(|key| key.compare(models, one, two));
        orders.fold(Ordering::Equal, Ordering::then)
    });
}

fn collect(scan: &Scan) -> HashMap<AlbumId, Album> {
    let mut albums: HashMap<AlbumId, Album> = HashMap::new();
    for item in scan.items() {
        if let Some(album) = item.album() {
            albums.entry(album.id()).or_default().items.push(item.id());
        }
    }
    albums
}
