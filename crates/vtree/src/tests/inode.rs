//! Inode numbers and what the kernel holds.

use super::build::{build, leaf};
use crate::{InodeNo, InodeTable, LeafId};

#[test]
fn the_numbers_never_change() {
    let built = build(&["Kid A/x", "y"]);
    let number = |path: &[u8]| {
        let nodes = built.snapshot.dirs().chain(built.snapshot.leaves());
        nodes
            .filter(|node| node.path() == path)
            .map(|node| node.ino().0)
            .next()
    };
    assert_eq!(number(b""), Some(1));
    assert_eq!(number(b"Kid A/x"), Some(4));
    assert_eq!(number(b"y"), Some(6));
    assert_eq!(number(b"Kid A"), Some(7_078_999_259_851_800_869));
}

#[test]
fn a_leaf_is_a_function_of_its_number_and_back() {
    for raw in [0, 1, 2, 12_345, (1 << 61) - 1] {
        let ino = InodeNo::from(leaf(raw));
        assert!(ino.leaf() == Some(leaf(raw)) && ino.0.is_multiple_of(2));
        assert!(i64::try_from(ino.0).is_ok());
    }
    assert!(LeafId::new(1 << 61).is_err());
    for no_leaf in [0, 1, 2, 3, 5, u64::MAX, u64::MAX - 1] {
        assert_eq!(InodeNo(no_leaf).leaf(), None, "{no_leaf}");
    }
}

#[test]
fn directory_numbers_are_odd_and_never_the_root() {
    for hash in [0, 1, 2, 3, 4, 5, u64::MAX, u64::MAX - 1, 1 << 63] {
        let ino = InodeNo::of_dir(hash);
        assert!(ino.0 % 2 == 1 && ino.0 >= 5 && i64::try_from(ino.0).is_ok());
        assert_ne!(ino.next_dir(), ino);
        assert!(ino.next_dir().0 % 2 == 1 && ino.next_dir().0 >= 5);
    }
}

#[test]
fn the_table_is_bounded_by_forgets() {
    let table = InodeTable::default();
    table.add(InodeNo(4));
    assert_eq!(table.told(InodeNo(4)), Some(char::default()));
    table.tell(InodeNo(4), 'b');
    table.add(InodeNo(4));
    table.add(InodeNo(6));
    assert_eq!(table.told(InodeNo(4)), Some('b'));
    table.tell(InodeNo(4), 'd');
    table.tell(InodeNo(8), 'e');
    table.forget(InodeNo(4), 1);
    assert_eq!((table.told(InodeNo(4)), table.len()), (Some('d'), 2));
    table.forget(InodeNo(4), 1);
    table.forget(InodeNo(4), 1);
    assert_eq!(table.held(), [InodeNo(6)]);
    table.forget(InodeNo(6), u64::MAX);
    assert!(table.is_empty());
}
