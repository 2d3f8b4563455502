//! What the system lets a process have.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How many origins and composed files may have a descriptor, whatever the process may have: each keeps a name and an inode
/// in the kernel's memory, and opening one again takes some 20 µs.
const MOST: u64 = 8192;
/// Descriptors that are left for everything else: 16 threads of the session, the databases of beets and
/// of state, and what is open for a moment while paths are walked.
const SPARE: u64 = 128;

/// Has the process open as many files as it may (`RLIMIT_NOFILE`).
pub(crate) fn raise() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return;
    }
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::debug!(%error, "the number of open files cannot be raised");
    }
}

/// Returns how many descriptors origins may have at once.
pub(crate) fn descriptors_of_origins() -> usize {
    descriptors() - descriptors_of_composed()
}

/// Returns how many descriptors composed files may have at once.
pub(crate) fn descriptors_of_composed() -> usize {
    descriptors() / 8
}

fn descriptors() -> usize {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(share(limit)).expect("it is at most 8192")
}

/// Returns what a limit of all descriptors leaves for these.
fn share(limit: u64) -> u64 {
    let spare = SPARE.min(limit / 2);
    (limit - spare).clamp(1, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_left_for_everything_else() {
        assert_eq!(share(u64::MAX), MOST);
        assert_eq!(share(1024), 1024 - SPARE);
        assert_eq!(share(100), 50);
        assert_eq!(share(0), 1);
    }
}
