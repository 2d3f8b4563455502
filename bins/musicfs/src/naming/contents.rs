//! The items of each album, in beets' order.

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::collections::HashMap;

use anyhow::{Result, bail};
use catalog::{AlbumId, Config, ItemId, ItemRow, RawValue, Scan, Selection, SettingValue, Slot};

/// A key of `sort_item`.
#[derive(Debug, Clone, Copy)]
pub(super) struct SortKey {
    slot: Slot,
    /// What counts instead, unless it is empty: `artist_sort` for `artist`.
    preferred: Option<Slot>,
    descending: bool,
    fold: bool,
}

impl SortKey {
    /// Reads `sort_item`.
    pub(super) fn all(config: &Config, selection: &mut Selection) -> Result<Vec<Self>> {
        let fold = config.setting(&["sort_case_insensitive"])?;
        let fold = !matches!(
            fold.map(|setting| &setting.value),
            Some(SettingValue::Bool(false))
        );
        let keys = config.sort_item.iter().map(|key| {
            let (name, descending) = match (key.strip_suffix('+'), key.strip_suffix('-')) {
                (Some(name), _) => (name, false),
                (_, Some(name)) => (name, true),
                _ => bail!("sort_item: {key} must end in + or -"),
            };
            let preferred = (name == "artist").then(|| selection.item("artist_sort"));
            Ok(Self {
                slot: selection.item(name),
                preferred,
                descending,
                fold,
            })
        });
        keys.collect()
    }

    fn compare(&self, one: ItemRow<'_>, two: ItemRow<'_>) -> Ordering {
        let order = compare(self.cell(one), self.cell(two), self.fold);
        if self.descending {
            order.reverse()
        } else {
            order
        }
    }

    fn cell<'a>(&self, item: ItemRow<'a>) -> RawValue<'a> {
        let preferred = self.preferred.and_then(|slot| item.raw(slot));
        let given = |cell: &RawValue<'_>| !matches!(cell, RawValue::Null | RawValue::Text(b""));
        preferred
            .filter(given)
            .or_else(|| item.raw(self.slot))
            .unwrap_or(RawValue::Null)
    }
}

/// Compares cells as the database orders them: NULL, numbers, texts, blobs.
fn compare(one: RawValue<'_>, two: RawValue<'_>, fold: bool) -> Ordering {
    let class = |cell: &RawValue<'_>| match cell {
        RawValue::Null => 0,
        RawValue::Int(_) | RawValue::Real(_) => 1,
        RawValue::Text(_) => 2,
        RawValue::Blob(_) if fold => 2,
        RawValue::Blob(_) => 3,
    };
    let by_class = class(&one).cmp(&class(&two));
    by_class.then_with(|| match (bytes(one), bytes(two)) {
        (Some(one), Some(two)) if fold => one
            .iter()
            .map(u8::to_ascii_lowercase)
            .cmp(two.iter().map(u8::to_ascii_lowercase)),
        (Some(one), Some(two)) => one.cmp(two),
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
        scan: &'a Scan,
        keys: &[SortKey],
    ) -> impl ExactSizeIterator<Item = ItemRow<'a>> + use<'a> {
        let albums = self.by_album.get_or_init(|| collect(scan));
        let items = albums.get(&album).map_or(&[][..], |album| {
            album
                .sorted
                .get_or_init(|| sorted(&album.items, scan, keys))
        });
        items
            .iter()
            .map(|&item| scan.item(item).expect("the item is of this scan"))
    }
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

fn sorted(items: &[ItemId], scan: &Scan, keys: &[SortKey]) -> Vec<ItemId> {
    let mut rows: Vec<_> = items.iter().filter_map(|&item| scan.item(item)).collect();
    rows.sort_by(|&one, &two| {
        let orders = keys.iter().map(|key| key.compare(one, two));
        orders.fold(Ordering::Equal, Ordering::then)
    });
    rows.into_iter().map(ItemRow::id).collect()
}
