//! Whether a file that was closed may still be written.
//!
//! The kernel tells of each close of each copy of a descriptor, and not how many copies are left. `/proc` lists
//! the descriptors of all processes that we may look at, each with the number of its file (proc(5); Linux 5.14).
//! Another mount may have a file of the same number, which then counts as this one.

use std::fs;
use std::io;

use vtree::InodeNo;

use crate::overlay::Process;

/// Returns whether somebody may have a file open for writing that `closer` has closed: if so, or if not even
/// the closer's descriptors can be seen.
///
/// Processes that we may not look at do not count: few can have a file that is only its owner's to write.
pub(crate) fn may_exist(ino: InodeNo, closer: Process) -> bool {
    may_write(&closer.to_string(), ino).unwrap_or(true) || others(closer, ino).unwrap_or(true)
}

fn others(closer: Process, ino: InodeNo) -> io::Result<bool> {
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let process = name.to_str().and_then(|name| name.parse::<Process>().ok());
        let Some(process) = process.filter(|&process| process != closer) else {
            continue;
        };
        if may_write(&process.to_string(), ino).unwrap_or(false) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns whether a process has a file open for writing, or may have, since the kernel does not say of which
/// files its descriptors are.
fn may_write(process: &str, ino: InodeNo) -> io::Result<bool> {
    for entry in fs::read_dir(format!("/proc/{process}/fdinfo"))? {
        // It may be closed by now.
        let about = fs::read_to_string(entry?.path()).unwrap_or_default();
        if is_of_writer(&about, ino) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_of_writer(about: &str, ino: InodeNo) -> bool {
    let value = |name| about.lines().find_map(|line| line.strip_prefix(name));
    // The access mode is in the lowest bits (open(2)), and reading alone is 0.
    let Some(flags) = value("flags:").and_then(|flags| u64::from_str_radix(flags.trim(), 8).ok())
    else {
        return false;
    };
    let number = value("ino:").map(|number| number.trim().parse());
    flags & 3 != 0 && number.is_none_or(|number| number == Ok(ino.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_write_a_file_is_a_descriptor_of_it_that_is_not_for_reading_alone() {
        let check = |about, expected| assert_eq!(is_of_writer(about, InodeNo(12)), expected);
        check("pos:\t0\nflags:\t0100001\nmnt_id:\t31\nino:\t12\n", true);
        check("pos:\t0\nflags:\t02100002\nmnt_id:\t31\nino:\t12\n", true);
        check("pos:\t0\nflags:\t0100000\nmnt_id:\t31\nino:\t12\n", false);
        check("pos:\t0\nflags:\t0100001\nmnt_id:\t31\nino:\t123\n", false);
        // Of older kernels.
        check("pos:\t0\nflags:\t0100001\nmnt_id:\t31\n", true);
        check("", false);
    }

    #[test]
    fn a_process_that_cannot_be_seen_may_have_copies() {
        // Beyond all that there are (`PID_MAX_LIMIT`).
        assert!(
            [1 << 30, 0]
                .iter()
                .all(|&hidden| may_exist(InodeNo(12), hidden))
        );
    }
}
