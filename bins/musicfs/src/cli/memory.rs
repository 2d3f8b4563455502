//! Has the C library give memory back that a mount has no use for any more.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// What the GNU C library's allocator is told (`mallopt(3)`). By default it keeps apart eight times as much
/// for threads as there are processors, and does not return freed memory as long as it was one large
/// piece, as the arrays of a tree are.
const SETTINGS: [(&str, &str); 3] = [
    ("MALLOC_ARENA_MAX", "4"),
    ("MALLOC_TRIM_THRESHOLD_", "131072"),
    ("MALLOC_MMAP_THRESHOLD_", "131072"),
];

/// Starts this program again with these settings, which the allocator reads at the start alone; returns
/// if there are settings already, or none are taken.
pub(super) fn settle() {
    let is_set = |name: &str| env::var_os(name).is_some();
    if !cfg!(target_env = "gnu") || SETTINGS.iter().any(|(name, _)| is_set(name)) {
        return;
    }
    // By its own path, so that its name stays in lists of processes.
    let Ok(program) = env::current_exe() else {
        return;
    };
    let mut args = env::args_os();
    let mut command = Command::new(program);
    if let Some(name) = args.next() {
        command.arg0(name);
    }
    let error = command.args(args).envs(SETTINGS).exec();
    tracing::debug!(%error, "the allocator goes by its own settings");
}
