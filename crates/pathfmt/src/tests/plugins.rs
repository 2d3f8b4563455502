//! Plugins.

use std::borrow::Cow;
use std::sync::Arc;

use crate::plugins::{AlbumTypes, Alpha, Article, Bucket, Substitute, The, without_featured};
use crate::{Failure, Pattern, Replace};

/// An expression that matches one text at the start.
struct Start(&'static str);

impl Pattern for Start {
    fn matches_start(&self, text: &str) -> bool {
        text.starts_with(self.0)
    }

    fn first<'t>(&self, text: &'t str) -> Result<Option<&'t str>, String> {
        if self.0.is_empty() {
            return Err("'tuple' object has no attribute 'strip'".to_owned());
        }
        Ok(text.starts_with(self.0).then(|| &text[..self.0.len()]))
    }

    fn remove<'t>(&self, text: &'t str) -> Cow<'t, str> {
        text.strip_prefix(self.0).unwrap_or(text).into()
    }
}

struct Swap(&'static str, &'static str);

impl Replace for Swap {
    fn replace<'t>(&self, text: &'t str) -> Cow<'t, str> {
        text.replace(self.0, self.1).into()
    }
}

/// Returns what a call gives, a message in the brackets it gets in a name.
fn shown(call: impl FnOnce(&mut String) -> Result<(), Failure>) -> String {
    let mut out = String::new();
    match call(&mut out) {
        Ok(()) => out,
        Err(Failure::Message(message)) => format!("<{message}>"),
        Err(Failure::Refused(reason)) => format!("refused: {reason}"),
    }
}

#[track_caller]
fn check_the(plugin: &The, text: &str, expected: &str) {
    assert_eq!(shown(|out| plugin.call(&[text], out)), expected, "{text}");
}

#[test]
fn articles_move_to_the_end() {
    let plugin = The::default();
    check_the(&plugin, "The Beatles", "Beatles, The");
    check_the(&plugin, "an\u{3000}ÉT", "ÉT, an");
    check_the(&plugin, "A ", ", A");
    for unchanged in ["Theatre", "Then The", "", "the", "éa"] {
        check_the(&plugin, unchanged, unchanged);
    }
}

#[test]
fn articles_are_configured() {
    let stripping = The {
        strip: true,
        ..The::default()
    };
    check_the(&stripping, "The Beatles", "Beatles");
    let articles = vec![Article::A, Article::Pattern(Arc::new(Start("El ")))];
    let plugin = The {
        articles,
        format: " {1} ({0})".to_owned(),
        ..The::default()
    };
    check_the(&plugin, "El Niño", "El (Niño)");
    check_the(&plugin, "The X", "The X");
    let failing = The {
        articles: vec![Article::Pattern(Arc::new(Start("")))],
        ..The::default()
    };
    check_the(&failing, "x", "<'tuple' object has no attribute 'strip'>");
}

#[test]
fn formats_fail_like_pythons() {
    for (format, expected) in [
        ("{{{}}} {}", "{X} The"),
        (
            "{} {} {}",
            "<Replacement index 2 out of range for positional args tuple>",
        ),
        ("{", "<Single '{' encountered in format string>"),
        ("}", "<Single '}' encountered in format string>"),
        ("{a", "<expected '}' before end of string>"),
        ("{a}", "<'a'>"),
        (
            "{}{1}",
            "<cannot switch from automatic field numbering to manual field specification>",
        ),
        (
            "{1}{}",
            "<cannot switch from manual field specification to automatic field numbering>",
        ),
        ("{:>9}", "refused: the format field `{:>9}` is not plain"),
    ] {
        check_the(
            &The {
                format: format.to_owned(),
                ..The::default()
            },
            "The X",
            expected,
        );
    }
}

#[track_caller]
fn check_bucket(years: &[&str], extrapolate: bool, arguments: &[&str], expected: &str) {
    let initials = ["A - D", "e-z"].map(|name| Alpha::Range(name.to_owned()));
    let digits = Alpha::Pattern("number".to_owned(), Arc::new(Start("9")));
    let initials = initials.into_iter().chain([digits]).collect();
    let plugin = Bucket::new(years, initials, extrapolate, 2026).unwrap();
    assert_eq!(
        shown(|out| plugin.call(arguments, out)),
        expected,
        "{arguments:?}"
    );
}

#[test]
fn years_fall_into_buckets() {
    check_bucket(&["1950s", "1970s"], false, &["1969"], "1950s");
    check_bucket(&["1950s", "1970s"], false, &["2026"], "1970s");
    check_bucket(&["1950s", "1970s"], false, &["1949"], "1949");
    check_bucket(&["1995-02"], false, &["2002"], "1995-02");
    check_bucket(
        &["1950s"],
        false,
        &["x", "year"],
        "<invalid literal for int() with base 10: 'x'>",
    );
    check_bucket(
        &["1950s"],
        false,
        &["²²²²"],
        "<invalid literal for int() with base 10: '²²²²'>",
    );
    check_bucket(&[], false, &["x", "year"], "x");
}

#[test]
fn years_are_extrapolated() {
    check_bucket(&["1970-79", "1980-89"], true, &["1914"], "1910-19");
    check_bucket(&["1970-79", "1980-89"], true, &["2005"], "2000-09");
    check_bucket(&["1970-79", "1990-99"], true, &["1985"], "1980-89");
}

#[test]
fn initials_fall_into_buckets() {
    check_bucket(&[], false, &["drum"], "A - D");
    check_bucket(&[], false, &["ſa"], "e-z");
    check_bucket(&[], false, &["9 lives"], "number");
    check_bucket(&[], false, &["ßx"], "SS");
    check_bucket(&[], false, &["1984", "alpha"], "1");
    check_bucket(&[], false, &[""], "<string index out of range>");
    let message = "<BucketPlugin._tmpl_bucket() takes from 2 to 3 positional arguments but 4 were \
                   given>";
    check_bucket(&[], false, &["a", "b", "c"], message);
}

#[test]
fn impossible_buckets_are_refused() {
    let error = |years: &[&str], initials: &[&str], extrapolate| {
        let initials = initials
            .iter()
            .map(|name| Alpha::Range((*name).to_owned()))
            .collect();
        Bucket::new(years, initials, extrapolate, 2026)
            .unwrap_err()
            .to_string()
    };
    assert!(error(&["x"], &[], false).ends_with("no year found"));
    assert!(error(&["70s"], &[], false).ends_with("70 must be expressed on 4 digits"));
    assert!(error(&[], &["--"], false).ends_with("no alphanumeric character found"));
    assert!(error(&[], &["é"], false).ends_with("only 0-9 and a-z make a range"));
    assert!(error(&["1980-1970"], &[], true).ends_with("spans of -9 years"));
    assert!(error(&["1980-1981", "9999999999999999999"], &[], true).contains("extrapolated"));
}

#[test]
fn substitutions_accumulate() {
    let plugin = Substitute {
        rules: vec![Arc::new(Swap("a", "b")), Arc::new(Swap("b", "c"))],
    };
    assert_eq!(shown(|out| plugin.call(&["ab"], out)), "cc");
    let from_nothing = Substitute {
        rules: vec![Arc::new(Swap("", "x"))],
    };
    assert_eq!(shown(|out| from_nothing.call(&[""], out)), "");
}

#[test]
fn album_types_are_shown_in_order() {
    let shown = |types: &[&str], artist: &str| {
        let mut out = String::new();
        AlbumTypes::default().show(types, artist, &mut out);
        out
    };
    assert_eq!(
        shown(&["live", "album", "ep", "compilation"], "x"),
        "[EP][Live][Anthology]"
    );
    let various = "89ad4ac3-39f7-470e-963a-56509c546377";
    assert_eq!(shown(&["compilation", "live"], various), "[Live]");
}

#[test]
fn featured_artists_are_cut_off() {
    for (artist, expected) in [
        ("A feat. B", "A"),
        ("A (ft. B)", "A"),
        ("A [Featuring B", "A ["),
        ("A(feat B)", "A("),
        ("A & B", "A & B"),
        ("feat B", "feat B"),
        ("A vs B feat C", "A vs B"),
        (" A w/ B ", "A"),
        ("A featuring", "A featuring"),
    ] {
        assert_eq!(without_featured(artist, &["w/"]), expected, "{artist}");
    }
}
