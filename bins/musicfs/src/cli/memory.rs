//! Has the C library give memory back that a mount has no use for any more.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The variable that the GNU C library takes settings from (its manual, "Tunables").
const VARIABLE: &str = "GLIBC_TUNABLES";
/// What its allocator is told. By default it keeps apart eight times as much for threads as there are
/// processors, does not return freed memory as long as it was one large piece, as the arrays of a tree are,
/// and has each thread keep seven freed pieces of every size up to 1032 bytes for itself.
const SETTINGS: [&str; 4] = [
    "glibc.malloc.arena_max=4",
    "glibc.malloc.trim_threshold=131072",
    "glibc.malloc.mmap_threshold=131072",
    "glibc.malloc.tcache_max=128",
];
/// Variables by which somebody has told it something else (`mallopt(3)`).
const OTHERS: [&str; 3] = [
    "MALLOC_ARENA_MAX",
    "MALLOC_TRIM_THRESHOLD_",
    "MALLOC_MMAP_THRESHOLD_",
];

/// Starts this program again with these settings, which the allocator reads at the start alone; returns
/// if there are settings already, or none are taken.
pub(super) fn settle() {
    let is_set = |name: &str| env::var_os(name).is_some();
    if !cfg!(target_env = "gnu") || is_set(VARIABLE) || OTHERS.into_iter().any(is_set) {
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
    let error = command.args(args).env(VARIABLE, SETTINGS.join(":")).exec();
    tracing::debug!(%error, "the allocator goes by its own settings");
}
