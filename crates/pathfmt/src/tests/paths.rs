//! From a text to a path.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Replacements, check_path, values};
use crate::{
    Destination, Extension, Namer, Options, Replace, Template, decode_path, encode_path, name_limit,
};

fn limited(limit: i64) -> Options {
    Options {
        max_filename_length: limit,
        ..Options::default()
    }
}

fn custom(rules: Vec<Arc<dyn Replace>>) -> Options {
    Options {
        replacements: Replacements::Custom(rules),
        ..Options::default()
    }
}

/// Replaces one text by another, wherever it stands.
struct Literal(&'static str, &'static str);

impl Replace for Literal {
    fn replace<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if text.contains(self.0) {
            text.replace(self.0, self.1).into()
        } else {
            text.into()
        }
    }
}

#[track_caller]
fn check_default(rendered: &str, expected: &str) {
    check_path(&Options::default(), rendered, "x.MP3", expected);
}

#[test]
fn reserved_characters_become_underscores() {
    check_default(r#"a<b>c:d?e*f|g"h\i/-x/.y"#, r"a_b_c_d_e_f_g_h_i/_x/_y.mp3");
    check_default("a\tb\x1fc", "a_b_c.mp3");
}

#[test]
fn white_space_is_trimmed() {
    check_default(" a /\u{a0}b\u{3000}/\u{85}c\u{2028}", "a/b/c.mp3");
}

#[test]
fn the_second_pass_cleans_what_the_first_uncovers() {
    check_default("foo. /x", "foo_/x.mp3");
    check_default(" .foo/x", "_foo/x.mp3");
}

#[test]
fn a_dot_before_a_final_line_feed_is_last() {
    check_default("a.\n/b", "a__/b.mp3");
}

#[test]
fn empty_components_vanish() {
    check_default("a//b///c", "a/b/c.mp3");
    check_default("//a", "__/a.mp3");
    check_default("Artist/", "Artist.mp3");
    check_default("", "_mp3.mp3");
    check_path(&Options::default(), "", "noext", "_");
    check_path(&Options::default(), "a/", "noext", "a");
}

#[test]
fn a_title_without_extension_loses_what_looks_like_one() {
    check_path(&Options::default(), "01 Mr. X", "noext", "01 Mr");
    check_path(&Options::default(), "01 Mr. X", "a.ogg", "01 Mr. X.ogg");
}

#[test]
fn extensions_are_lowered_and_nothing_else() {
    let extension = |path: &str| Extension::of(path.as_bytes()).as_str().to_owned();
    assert_eq!(extension("a.b/c. M?P"), ". m?p");
    assert_eq!(extension("c.ÀΣ"), ".àς");
    for none in ["c", ".mp3", "c.", "a.b/c", ""] {
        assert_eq!(extension(none), "");
    }
    assert_eq!(extension("..mp3"), ".mp3");
}

#[test]
fn components_are_cut_between_characters() {
    check_path(
        &limited(7),
        "abcdefghi/éééé/日本",
        "a.mp3",
        "abcdefg/ééé/日.mp3",
    );
    check_path(&limited(10), "abcdefghijk", "a.mp3", "abcdef.mp3");
    check_path(
        &limited(200),
        &"é".repeat(150),
        "a.mp3",
        &("é".repeat(98) + ".mp3"),
    );
}

#[test]
fn a_stem_cut_away_leaves_its_suffix_to_the_directory() {
    check_path(&limited(6), "abc/cdef", "x.mpegxxx", "abc.mpegxxx");
    check_path(&limited(4), "ab/cd", "x.mp3", "..mp3");
    check_path(&limited(-2), "abcd/ef", "x.mp3", "..mp3");
}

#[test]
fn the_fallback_list_follows_a_second_cut() {
    let growing = Options {
        max_filename_length: 8,
        ..custom(vec![Arc::new(Literal("e", "eee"))])
    };
    let path = Namer::new(&growing).destination_of("hello?", &Extension::of(b"a.m"));
    assert!(path.fell_back());
    assert_eq!(path.as_bytes(), b"heeell.m");
    let path = Namer::new(&growing).destination_of("hallo", &Extension::of(b"a.m"));
    assert!(!path.fell_back());
}

#[test]
fn the_fallback_list_stands_for_an_empty_one() {
    for options in [
        custom(Vec::new()),
        Options {
            replacements: Replacements::Fallback,
            ..Options::default()
        },
    ] {
        check_path(&options, "-a\tb?/.c./ d ", "x.mp3", "-ab_/_c_/ d.mp3");
        check_path(&options, "\x01.a/x\x01.", "x.mp3", "_a/x_.mp3");
    }
}

#[test]
fn custom_lists_replace_the_default() {
    let options = custom(vec![
        Arc::new(Literal("a", "/")),
        Arc::new(Literal("b", "")),
    ]);
    check_path(&options, "x?/b/y", "f.mp3", "x?/y.mp3");
    check_path(&options, "x/ay/z", "f.mp3", "y/z.mp3");
    check_path(&options, "../z", "f.mp3", "../z.mp3");
}

#[test]
fn leading_slashes_are_stripped() {
    check_path(
        &custom(vec![Arc::new(Literal("!", ""))]),
        "//a/b",
        "f.mp3",
        "a/b.mp3",
    );
}

#[test]
fn paths_are_asciified_whole() {
    let options = Options {
        asciify_paths: true,
        ..Options::default()
    };
    check_path(&options, "É/½é", "a.MP3", "E/1_2e.mp3");
}

#[test]
fn bytes_that_are_not_utf_8_survive() {
    let path = b"a\xff/\xf4\x8f\xbe\x80\xc3";
    assert_eq!(encode_path(&decode_path(path)), path);
    let name = decode_path(b"x\xe9y");
    let namer = |options: &Options| {
        let extension = Extension::of(b"a.m\xe9");
        Namer::new(options)
            .destination_of(&name, &extension)
            .into_bytes()
    };
    // A cut drops them, even where nothing is too long; an extension is never cut.
    assert_eq!(namer(&Options::default()), b"xy.m\xe9");
}

#[test]
fn bytes_that_are_not_utf_8_are_shown_as_surrogates() {
    let template = Template::parse("%left{a,$b}").unwrap();
    let values = std::collections::HashMap::from([("b", decode_path(b"\xe9"))]);
    let given = template.evaluate(&values, &Options::default()).unwrap();
    assert_eq!(given, r"<invalid literal for int() with base 10: '\udce9'>");
}

/// Found by fuzzing: Python's `Path("")` is `.`, and beets then names the music directory itself.
#[test]
fn a_name_that_is_cut_away_is_unsafe() {
    let options = limited(-3);
    for rendered in ["ab", "ab/c", ""] {
        let path = Namer::new(&options).destination_of(rendered, &Extension::default());
        assert_eq!(path.as_bytes(), b".", "{rendered:?}");
        assert_eq!(path.unsafe_component(), Some(&b"."[..]), "{rendered:?}");
    }
}

#[test]
fn unsafe_components_are_found() {
    let find = |rendered: &str, options: &Options| {
        let path = Namer::new(options).destination_of(rendered, &Extension::default());
        path.unsafe_component().map(<[u8]>::to_vec)
    };
    let nothing = custom(vec![Arc::new(Literal("!", ""))]);
    assert_eq!(find("a/../b", &nothing), Some(b"..".to_vec()));
    assert_eq!(find("a\0", &nothing), Some(b"a\0".to_vec()));
    assert_eq!(find("!", &nothing), Some(b".".to_vec()));
    assert_eq!(find("/", &nothing), Some(b".".to_vec()));
    assert_eq!(find("a/b", &nothing), None);
    assert_eq!(find("a/../\0", &Options::default()), None);
    assert_eq!(Destination::default().unsafe_component(), Some(&b""[..]));
}

#[test]
fn an_extension_can_make_a_name_too_long() {
    let long = format!("a.{}", "x".repeat(300));
    let options = Options::default();
    let path = Namer::new(&options).destination_of("b/c", &Extension::of(long.as_bytes()));
    assert_eq!(path.unsafe_component().map(<[u8]>::len), Some(302));
}

#[test]
fn a_title_can_pass_for_a_suffix_that_is_never_cut() {
    let title = format!("Mr. {}", "x".repeat(260));
    let expected = format!(".. {}", "x".repeat(260));
    check_path(&Options::default(), &title, "noext", &expected);
}

#[test]
fn limits_come_from_configuration_or_filesystem() {
    assert_eq!(name_limit(0, None), 200);
    assert_eq!(name_limit(0, Some(255)), 200);
    assert_eq!(name_limit(0, Some(143)), 143);
    assert_eq!(name_limit(240, Some(143)), 240);
    assert_eq!(name_limit(-3, None), -3);
}

#[test]
fn covers_are_sanitised_once_and_never_cut() {
    let options = limited(5);
    let cover = |template: &str, image: &[u8]| {
        let template = Template::parse(template).unwrap();
        Namer::new(&options)
            .cover(&template, &values(), image)
            .unwrap()
    };
    assert_eq!(cover("cover", b"/a.b/X.JPG"), b"cover.JPG");
    assert_eq!(
        cover("$artist of $title? ", b"x"),
        "Björk of a_b_".as_bytes()
    );
    assert_eq!(cover(" .x/$n", b"x."), b".x/3.");
}
