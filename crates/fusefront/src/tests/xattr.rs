//! Extended attributes, as `getxattr(2)` and `listxattr(2)` have them.

use rustix::fs::{getxattr, getxattr_query, listxattr, listxattr_query};
use rustix::io::Errno;

use super::support::{PATHS, mount, mount_with};
use crate::Options;

#[test]
fn attributes_are_listed_and_read_to_the_byte() {
    let options = Options {
        xattr: true,
        ..Options::default()
    };
    let Some(mounted) = mount_with(false, &options) else {
        return;
    };
    let file = mounted.path(PATHS[0].1);
    let expected = mounted.song(1).header;
    assert_eq!(listxattr_query(&file), Ok(23));
    let mut names = [0; 100];
    let n = listxattr(&file, &mut names).unwrap();
    assert_eq!(&names[..n], b"user.header\0user.other\0");
    assert_eq!(listxattr(&file, &mut names[..22]), Err(Errno::RANGE));
    assert_eq!(getxattr_query(&file, "user.header"), Ok(expected.len()));
    let mut value = vec![0; expected.len()];
    assert_eq!(
        getxattr(&file, "user.header", &mut value),
        Ok(expected.len())
    );
    assert_eq!(value, expected);
    value.pop();
    assert_eq!(
        getxattr(&file, "user.header", &mut value),
        Err(Errno::RANGE)
    );
    assert_eq!(getxattr(&file, "user.none", &mut value), Err(Errno::NODATA));
    let directory = mounted.path("Kid A");
    assert_eq!(listxattr(&directory, &mut names), Ok(0));
    assert_eq!(
        getxattr(&directory, "user.header", &mut value),
        Err(Errno::NODATA)
    );
}

#[test]
fn without_the_option_there_are_none() {
    let Some(mounted) = mount() else { return };
    let file = mounted.path(PATHS[0].1);
    let mut value = [0; 100];
    assert_eq!(
        getxattr(&file, "user.header", &mut value),
        Err(Errno::OPNOTSUPP)
    );
    assert_eq!(listxattr(&file, &mut value), Err(Errno::OPNOTSUPP));
}
