//! What programs are told, and what is logged.

use std::io;

use fuser::Errno;
use vtree::InodeNo;

use crate::Error;
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
    let complaints = Complaints::default();
    assert!(complaints.is_new(InodeNo(4)) && complaints.is_new(InodeNo(6)));
    assert!(!complaints.is_new(InodeNo(4)));
    complaints.settle(InodeNo(4));
    assert!(complaints.is_new(InodeNo(4)) && !complaints.is_new(InodeNo(6)));
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
