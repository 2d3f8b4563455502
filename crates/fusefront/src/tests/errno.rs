//! What programs are told, and what is logged.

use std::io;
use std::time::Instant;

use fuser::Errno;
use vtree::InodeNo;

use crate::Error;
use crate::errno::Novelty::{Known, New, TooMany};
use crate::errno::{Complaints, errno};

#[test]
fn each_error_has_its_errno() {
    let check = |error: Error, expected: Errno| assert_eq!(errno(&error).code(), expected.code());
    check(Error::Gone, Errno::ESTALE);
    check(Error::NotFound, Errno::ENOENT);
    check(Error::Exists, Errno::EEXIST);
    check(Error::NotEmpty, Errno::ENOTEMPTY);
    check(Error::NotSupported, Errno::EOPNOTSUPP);
    check(Error::Written(io::Error::other("gone")), Errno::EIO);
    check(Error::NotADirectory, Errno::ENOTDIR);
    check(Error::IsADirectory, Errno::EISDIR);
    check(Error::ReadOnly, Errno::EROFS);
    check(Error::NotPermitted, Errno::EPERM);
    check(Error::Busy, Errno::EBUSY);
    check(Error::NoSpace, Errno::ENOSPC);
    check(Error::refused("the audio differs"), Errno::EIO);
    check(Error::NameTooLong, Errno::ENAMETOOLONG);
    check(Error::BadHandle { fh: 1 }, Errno::EBADF);
    check(Error::PastEnd { offset: 1 }, Errno::ENXIO);
    check(Error::BadRequest, Errno::EINVAL);
    check(Error::origin("x", "gone"), Errno::EIO);
    check(splice::Error::Changed.into(), Errno::EIO);
}

#[test]
fn a_failure_is_complained_about_once_until_it_is_settled() {
    let (complaints, now) = (Complaints::default(), Instant::now());
    let note = |number| complaints.note(InodeNo(number), now);
    assert_eq!([4, 6, 4].map(note), [New, New, Known]);
    complaints.settle(InodeNo(4));
    assert_eq!([4, 6].map(note), [New, Known]);
}

#[test]
fn of_many_failures_at_once_so_many_are_told_and_those_of_later_again() {
    let (complaints, start) = (Complaints::default(), Instant::now());
    for (hour, first) in [0, 10_000, 20_000].into_iter().enumerate() {
        let now = start + Complaints::A_WHILE * u32::try_from(hour).unwrap();
        let note = |number| complaints.note(InodeNo(first + number), now);
        for number in 0..Complaints::MOST as u64 {
            assert_eq!(note(number), New);
        }
        let more = [5000, 5001, 5000, 1].map(note);
        assert_eq!(more, [TooMany, Known, Known, Known]);
        // What is well makes room.
        complaints.settle(InodeNo(first + 7));
        assert_eq!([5001, 7].map(note), [New, Known]);
    }
}

#[test]
fn a_message_names_all_causes() {
    let source = splice::Error::Io(io::Error::other("the disk is on fire"));
    let text = Error::origin("/music/x", source).chain();
    assert_eq!(
        text,
        "/music/x: the origin cannot be served: the origin cannot be read: the disk is on fire"
    );
}
