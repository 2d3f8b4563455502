//! How far a long command is.

use std::io::{BufWriter, StdoutLock, Write};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

use super::output;
use crate::parallel;

/// How many things are worked on between two looks at how far it is.
const BATCH: usize = 256;

/// Does `work` on things, many at once, and reports each result in their order.
///
/// Shows how far it is, if standard error is a terminal.
///
/// # Errors
///
/// What `report` gives, or writing to standard output.
pub(super) fn for_each<T: Sync, U: Send>(
    things: &[T],
    work: impl Fn(&T) -> U + Sync,
    mut report: impl FnMut(&mut BufWriter<StdoutLock<'static>>, &T, U) -> Result<()>,
) -> Result<()> {
    let bar = bar(things.len());
    for batch in things.chunks(BATCH) {
        let results = parallel::map(batch, &work);
        bar.suspend(|| {
            let mut out = output::stdout();
            for (thing, result) in batch.iter().zip(results) {
                report(&mut out, thing, result)?;
            }
            Ok::<(), anyhow::Error>(out.flush()?)
        })?;
        bar.inc(batch.len() as u64);
    }
    bar.finish_and_clear();
    Ok(())
}

fn bar(n_items: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} items, {eta} left");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(n_items as u64).with_style(style)
}
