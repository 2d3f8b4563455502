//! How far a long command is.

use indicatif::{ProgressBar, ProgressStyle};

/// Returns a bar for so many items, which is shown if standard error is a terminal.
pub(super) fn bar(n_items: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} items, {eta} left");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(n_items as u64).with_style(style)
}
