//! Files that are whole, and files that are cut: the fixture library, as encoders made it.

use std::os::unix::ffi::OsStrExt;

use fixtures::{Ape, ApeTag, Library};
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

#[test]
fn large_pictures_hide_no_end() {
    let tag = ApeTag::new().item("Cover Art (Front)", 2, vec![7; 2 << 20]);
    for whole in Ape::all() {
        let mut file = whole.clone().tag(&tag);
        check_end(&file.build(), file.name).unwrap();
        file.stream.truncate(whole.stream.len() - 4);
        let cut = check_end(&file.build(), file.name);
        // SV7 says nothing of its end. The tag follows Monkey's Audio where it should go on.
        let is_noticed = !matches!(file.name, b"sv7.mpc" | b"a.ape");
        assert_eq!(cut.is_err(), is_noticed, "{cut:?}");
    }
}
