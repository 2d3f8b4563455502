//! Files that are whole, and files that are cut: the fixture library, as encoders made it.

use std::os::unix::ffi::OsStrExt;

use fixtures::Library;
use tagsynth::{Error, check_end};

/// Cases whose files say nothing of their end, or are none of the formats that beets writes to.
fn says_nothing(error: &Error) -> bool {
    matches!(error, Error::Unsupported { .. } | Error::Unrecognised)
}

#[test]
fn whole_files_are_whole_and_cut_ones_are_not() {
    let library = Library::copy_to_temp();
    let (mut n_whole, mut n_cut, mut unnoticed) = (0, 0, Vec::new());
    for item in library.items() {
        let bytes = library.packed_origin(item);
        let name = item.path.as_os_str().as_bytes();
        match check_end(&bytes, name) {
            Ok(()) => n_whole += 1,
            Err(error) if says_nothing(&error) => continue,
            Err(error) => panic!("{}: {error}", item.case),
        }
        let start = bytes.len() / 2;
        match check_end(&bytes[..start + start / 2], name) {
            Err(Error::CutShort { .. }) => n_cut += 1,
            Err(error) => panic!("{}: {error}", item.case),
            Ok(()) => unnoticed.push(format!("{} {}", item.format, item.case)),
        }
    }
    assert!(n_whole > 35, "{n_whole}");
    // MPEG audio without a header of its own says nothing of its end.
    assert_eq!(
        unnoticed,
        ["MP3 mp3-no-info"],
        "{n_cut} of {n_whole} noticed"
    );
}
