//! What taggers with windows were seen to do when they save (strace(1)) is done again through the mount.
//!
//! `EasyTAG` 2.4.3 was seen under Xvfb, Kid3 3.9.3 and `operon` of Quod Libet 4.5, which saves as Ex Falso does, by
//! themselves. Calls that only read or look are left out, but for those that might matter.

use std::fs::File;
use std::path::PathBuf;
use std::process::Command;

use fixtures::tool;

use crate::saves::Saving;
use crate::support::{run_to_end, served};

/// How a program saved a file: the program, the case, how often the new composer is repeated, and the
/// calls; see `replay.py`.
type Pattern = (&'static str, &'static str, usize, &'static str);

const PATTERNS: [Pattern; 11] = [
    // In pieces, and once more to be rid of an ID3 tag that is not there.
    (
        "EasyTAG",
        "flac-every-field",
        1,
        "
        access = r
        access = w
        open 1 = rw
        read 1
        write 1 4..8
        write 1 8..42
        write 1 42..46
        write 1 46..50
        write 1 50..63
        write 1 63..67
        write 1 67..A
        close 1
        open 1 = r
        close 1
        open 1 = rw
        read 1
        truncate 1 e
        close 1
        access = w",
    ),
    // Is rid of an ID3v1 tag first.
    (
        "EasyTAG",
        "mp3-every-field",
        1,
        "
        open 1 = rw
        read 1
        truncate 1 e
        close 1
        open 1 = r
        close 1
        open 1 = rw
        write 1 0..A
        close 1
        access = r
        access = w",
    ),
    // By GIO.
    (
        "EasyTAG",
        "ogg-every-field",
        1,
        "
        open 1 = w creat excl !EEXIST
        open 1 = w creat nofollow
        open 2 ./.goutputstream-ISDIZ3 w creat excl
        chmod 2
        close 1
        write 2 0..E
        fsync 2
        rename ./.goutputstream-ISDIZ3 =
        close 2
        open 1 = r
        close 1
        touch
        access = w",
    ),
    (
        "Kid3",
        "flac-every-field",
        1,
        "
        access = r
        access = w
        open 1 = r
        read 1
        close 1
        access = w
        open 1 = rw
        read 1
        write 1 4..A
        close 1",
    ),
    (
        "Kid3",
        "ogg-every-field",
        1,
        "
        access = w
        absent =_KID3
        rename = =_KID3
        open 1 =_KID3 r
        open 2 = w creat trunc
        read 1
        write 2 0..E
        close 2
        close 1
        unlink =_KID3",
    ),
    (
        "Ex Falso",
        "flac-every-field",
        1,
        "
        open 1 = rw
        read 1
        close 1
        open 1 = r
        read 1
        close 1
        open 1 = rw
        read 1
        write 1 0..A
        close 1",
    ),
    (
        "Ex Falso",
        "mp3-every-field",
        1,
        "
        open 1 = rw
        read 1
        write 1 0..A
        truncate 1 e
        close 1",
    ),
    // With no room for it, everything behind is moved.
    (
        "Ex Falso",
        "flac-every-field",
        900,
        "
        open 1 = rw
        read 1
        close 1
        open 1 = rw
        zeros 1 e..E
        write 1 A..E
        write 1 0..4
        write 1 4..A
        close 1",
    ),
    (
        "Ex Falso",
        "mp3-every-field",
        900,
        "
        open 1 = rw
        read 1
        zeros 1 e..E
        write 1 A..E
        write 1 0..A
        truncate 1 E
        close 1",
    ),
    // The pages behind are numbered anew.
    (
        "Ex Falso",
        "ogg-every-field",
        900,
        "
        open 1 = rw
        read 1
        zeros 1 e..E
        write 1 A..E
        write 1 58..A
        read 1
        write 1 A..E
        close 1",
    ),
    // The tags are behind the audio.
    (
        "Ex Falso",
        "m4a-every-field",
        900,
        "
        open 1 = rw
        read 1
        zeros 1 e..E
        write 1 3456..E
        write 1 0..3456
        close 1",
    ),
];

#[test]
fn what_taggers_were_seen_to_do_saves() {
    if tool("kid3-cli").is_none() || tool("python3").is_none() {
        return;
    }
    for (index, (program, case, n_times, calls)) in PATTERNS.into_iter().enumerate() {
        let Some(saving) = Saving::start() else {
            return;
        };
        eprintln!("{program} saves {case}, {n_times}");
        let composer = format!("Seen {index} ").repeat(n_times);
        let composer = composer.trim_end();
        let new = edited(&saving, case, composer);
        let pattern = saving.folder().join("pattern");
        std::fs::write(&pattern, calls).unwrap();
        saving.check(case, composer, |path| {
            let mut python = Command::new("python3");
            python
                .args(["-c", include_str!("replay.py")])
                .arg(path)
                .arg(&new);
            python.stdin(File::open(&pattern).unwrap());
            python
        });
    }
}

/// Makes an edited copy of a mounted file elsewhere.
fn edited(saving: &Saving, case: &str, composer: &str) -> PathBuf {
    let path = served(&saving.mounted, &saving.library, case);
    let copy = saving.folder().join(path.file_name().unwrap());
    std::fs::copy(&path, &copy).unwrap();
    let mut kid3 = Command::new("kid3-cli");
    kid3.args(["-c", &format!("set composer '{composer}'"), "-c", "save"])
        .arg(&copy);
    let output = run_to_end(kid3);
    assert!(output.status.success(), "{output:?}");
    copy
}
