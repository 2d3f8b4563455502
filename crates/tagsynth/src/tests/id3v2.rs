use crate::id3v2::sound_check;
use crate::id3v2::{Encoding, Stamp, integer, resolve_genres};

#[track_caller]
fn check_text(encoding: u8, data: &[u8], expect: Option<(&str, usize)>) {
    let found = Encoding::from_byte(encoding).unwrap().decode(data);
    let found = found.map(|(text, rest)| (text, rest.len()));
    assert_eq!(
        found,
        expect.map(|(text, rest)| (text.to_owned(), rest)),
        "{data:x?}"
    );
}

#[test]
fn texts_end_at_their_terminator_or_the_end() {
    check_text(0, b"a\xe9\0b", Some(("aé", 1)));
    check_text(0, b"", Some(("", 0)));
    check_text(3, "é".as_bytes(), Some(("é", 0)));
    check_text(3, b"\xe9", None);
    check_text(2, b"\0a\0\0\0", Some(("a", 1)));
    check_text(1, b"\xff\xfea\0\0\0x", Some(("a", 1)));
    check_text(1, b"\xfe\xff\0a", Some(("a", 0)));
    check_text(1, b"", Some(("", 0)));
}

#[test]
fn broken_utf16_is_mended_where_it_can_be() {
    // Half a terminator.
    check_text(2, b"\0a\0", Some(("a", 0)));
    check_text(1, b"\xff\xfea\0\0", Some(("a", 0)));
    // No byte order mark.
    check_text(1, b"a\0b\0", Some(("ab", 0)));
    check_text(1, b"a\0\0", Some(("a", 0)));
    // A pair, and half of one.
    check_text(1, b"\xff\xfe\x3c\xd8\xb5\xdf", Some(("🎵", 0)));
    check_text(1, b"\xff\xfe\x3c\xd8", None);
    check_text(1, b"\xff\xfe\xb5\xdf", None);
    check_text(1, b"\xff\xfe\x3c\xd8\0\0", None);
}

#[test]
fn encodings_write_what_they_read() {
    for (byte, text) in [(0, "aé"), (1, "a日🎵"), (2, "a日🎵"), (3, "a日🎵")] {
        let encoding = Encoding::from_byte(byte).unwrap();
        let mut data = Vec::new();
        encoding.encode(text, &mut data).unwrap();
        assert_eq!(
            encoding.decode_terminated(&data),
            Some((text.to_owned(), [].as_slice()))
        );
        assert_eq!(encoding.byte(), byte);
    }
    assert_eq!(Encoding::Latin1.encode("日", &mut Vec::new()), None);
    assert_eq!(Encoding::from_byte(4), None);
}

#[track_caller]
fn check_stamp(text: &str, expect: &str) {
    assert_eq!(Stamp::new(text).text('T'), expect, "{text:?}");
}

#[test]
fn timestamps_end_at_the_first_missing_part() {
    check_stamp("1999", "1999");
    check_stamp("99", "0099");
    check_stamp("1999-1-2T3:4:5", "1999-01-02T03:04:05");
    check_stamp("1999/01.02  03", "1999-01-02T03");
    check_stamp("1999-xx-02", "1999");
    check_stamp("garbage", "");
    check_stamp("", "");
    check_stamp("-44", "");
    check_stamp("1_0-+5", "0010-05");
    check_stamp("2020-13-40", "2020-13-40");
}

#[test]
fn timestamps_are_equal_if_they_are_written_alike() {
    assert!(Stamp::new("x-05") == Stamp::new(""));
    assert!(Stamp::new("1999") == Stamp::new("1999-x-05"));
    assert!(Stamp::new("1999") != Stamp::new("1999-01"));
}

#[test]
fn integers_are_those_of_python() {
    for (text, expect) in [
        (" 5 ", Some(5)),
        ("+5", Some(5)),
        ("-5", Some(-5)),
        ("1_000", Some(1000)),
        ("1__0", None),
        ("_1", None),
        ("", None),
        ("5.0", None),
    ] {
        assert_eq!(integer(text), expect, "{text:?}");
    }
}

#[track_caller]
fn check_genres(value: &str, expect: &[&str]) {
    assert_eq!(resolve_genres(&[value.to_owned()]), expect, "{value:?}");
}

#[test]
fn genres_are_resolved() {
    check_genres("17", &["Rock"]);
    check_genres("(17)", &["Rock"]);
    check_genres("(17)(13)Odd", &["Rock", "Pop", "Odd"]);
    check_genres("(17)Rock", &["Rock"]);
    check_genres("(RX)(CR)", &["Remix", "Cover"]);
    check_genres("RX", &["Remix"]);
    check_genres("255", &["Unknown"]);
    check_genres("256", &["256"]);
    check_genres("(999999999999999999999)", &["Unknown"]);
    check_genres("((x)", &["(x)"]);
    check_genres("(17)((x)", &["Rock", "(x)"]);
    check_genres("(x)", &["(x)"]);
    check_genres("a\nb", &["a"]);
    check_genres("", &[]);
}

#[track_caller]
fn check_sound_check(gain: f64, peak: f64, expect: &str, read: (f64, f64)) {
    let text = sound_check::encode(gain, peak).unwrap();
    assert_eq!(text, expect);
    assert_eq!(sound_check::decode(&text), read);
}

#[test]
fn sound_check_keeps_gain_and_peak() {
    check_sound_check(
        0.0,
        1.0,
        " 000003E8 000003E8 000009C4 000009C4 00000000 00000000 00008000 00008000 00000000 00000000",
        (0.0, 1.0),
    );
    check_sound_check(
        -7.255,
        0.988_553,
        " 000014C3 000014C3 000033E7 000033E7 00000000 00000000 00007E88 00007E88 00000000 00000000",
        (-7.26, 0.988_525),
    );
    // Beyond what the numbers hold.
    check_sound_check(
        51.0,
        0.0,
        " 00000001 00000001 00000001 00000001 00000000 00000000 00000000 00000000 00000000 00000000",
        (30.0, 0.0),
    );
    check_sound_check(
        -64.82,
        -1.0,
        " 0000FFFE 0000FFFE 0000FFFE 0000FFFE 00000000 00000000 -0008000 -0008000 00000000 00000000",
        (0.0, 0.0),
    );
    assert_eq!(sound_check::decode("no numbers"), (0.0, 0.0));
}
