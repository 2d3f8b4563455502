//! Takes what is kept of files for known, wherever it still holds; no file is looked at.

use std::sync::Arc;
use std::time::Instant;

use catalog::ItemId;
use fusefront::Error;
use vtree::{LeafId, Snapshot};

use crate::leaf::{Leaf, ViewNo, item_of};
use crate::library::{BeetsLibrary, Row};

/// How many rows are read at once: few enough that beets never waits for us.
const BATCH: u32 = 1024;

/// Does so for all files of a tree.
///
/// # Errors
///
/// If the library cannot be read.
pub(crate) fn recall(library: &Arc<BeetsLibrary>, snapshot: &Snapshot) -> Result<(), Error> {
    let start = Instant::now();
    let mut n_recalled = 0_usize;
    let views = library.views();
    for rows in batches(library) {
        let rows = rows?;
        for &view in &views {
            n_recalled += recall_in(library, snapshot, view, &rows)?;
        }
    }
    for leaf in sidecars(snapshot) {
        n_recalled += usize::from(library.recall_sidecar(leaf)?);
    }
    let milliseconds = start.elapsed().as_millis();
    tracing::debug!(files = n_recalled, milliseconds, "known from what is kept");
    Ok(())
}

/// Does so for items of a view that follow one another, and returns how many are known now.
fn recall_in(
    library: &BeetsLibrary,
    snapshot: &Snapshot,
    view: ViewNo,
    rows: &[Row],
) -> Result<usize, Error> {
    let leaf = |row: &Row| Leaf::item(view, row.digest.id).id();
    let [first, last] = [&rows[0], &rows[rows.len() - 1]].map(leaf);
    let kept = library.state().range(first, last);
    let mut kept = kept.into_iter().peekable();
    let mut n_recalled = 0;
    for row in rows {
        let leaf = leaf(row);
        while kept.next_if(|&(other, _)| other < leaf).is_some() {}
        if let Some((_, kept)) = kept.next_if(|&(other, _)| other == leaf)
            && snapshot.leaf(leaf).is_some()
        {
            n_recalled += usize::from(library.recall(leaf, row, &kept)?);
        }
    }
    Ok(n_recalled)
}

/// Returns all items that the library has, batch by batch, by number; no batch is empty.
pub(super) fn batches(
    library: &Arc<BeetsLibrary>,
) -> impl Iterator<Item = Result<Vec<Row>, Error>> + use<> {
    let library = Arc::clone(library);
    let mut after: Option<ItemId> = None;
    std::iter::from_fn(move || {
        let rows = library.rows(after, BATCH);
        if let Ok(rows) = &rows {
            after = Some(rows.last()?.digest.id);
        }
        Some(rows)
    })
}

/// Returns all that is shown beside items.
pub(super) fn sidecars(snapshot: &Snapshot) -> Vec<LeafId> {
    let leaves = snapshot.leaves().filter_map(|node| node.leaf());
    leaves.filter(|&leaf| item_of(leaf).is_none()).collect()
}
