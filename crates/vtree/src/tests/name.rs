//! What can be a name.

use crate::name::{safe, split_extension};
use crate::{Error, Name};

#[test]
fn names_are_checked() {
    let long = [b'x'; 256];
    assert!(Name::new(&long[1..]).is_ok());
    assert!(matches!(
        Name::new(&long),
        Err(Error::NameTooLong { len: 256 })
    ));
    for bad in [&b""[..], b".", b"..", b"a/b", b"a\0"] {
        assert!(matches!(Name::new(bad), Err(Error::BadName)), "{bad:?}");
    }
    assert!(Name::new(b"...").is_ok());
}

#[test]
fn whatever_is_made_safe_is_a_name() {
    let continuation = [0x80_u8; 300];
    let dots = [b'.'; 300];
    for bad in [&b"."[..], b"..", b"\0", b"\0\0.mp3", &continuation, &dots] {
        assert!(Name::new(&safe(bad)).is_ok(), "{bad:?}");
    }
}

#[test]
fn extensions_are_those_of_python() {
    let check = |name: &str, base, extension| {
        let (a, b) = split_extension(name.as_bytes());
        assert_eq!(
            (str::from_utf8(a).unwrap(), str::from_utf8(b).unwrap()),
            (base, extension)
        );
    };
    check("a.b.mp3", "a.b", ".mp3");
    check("a", "a", "");
    check(".a", ".a", "");
    check("..a.b", "..a", ".b");
    check("a.", "a", ".");
    check("...", "...", "");
}
