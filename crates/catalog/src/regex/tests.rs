//! Tests of the regular expressions, against what Python 3.11 answers.

use super::*;

#[track_caller]
fn check_search(pattern: &str, text: &str, expected: bool) {
    let found = Regex::new(pattern).unwrap().search(text).unwrap();
    assert_eq!(found, expected, "{pattern:?} in {text:?}");
}

#[track_caller]
fn check_sub(pattern: &str, template: &str, text: &str, expected: &str) {
    let replaced = Regex::new(pattern)
        .unwrap()
        .sub(text, template)
        .unwrap()
        .into_owned();
    assert_eq!(replaced, expected, "{pattern:?} → {template:?} in {text:?}");
}

#[track_caller]
fn check_refused(pattern: &str, expected: &str) {
    let error = Regex::new(pattern).unwrap_err().to_string();
    assert!(error.contains(expected), "{pattern:?}: {error}");
}

#[test]
fn dollar_also_matches_before_a_final_line_break() {
    check_search("a$", "a\n", true);
    check_search("a$", "a\n\n", false);
    check_search(r"a\Z", "a\n", false);
    check_search("(?m)a$", "a\nb", true);
    check_sub(r"\s+$", "", "a \n", "a");
    check_sub("$", "x", "a\n", "ax\nx");
}

#[test]
fn classes_are_pythons() {
    check_search(r"^\s+$", "\u{1c}\u{1f}\u{85}\u{a0}\u{3000}", true);
    check_search(r"\s", "\u{200b}", false);
    check_search(r"^\w+$", "aé漢²_Ⅷ", true);
    check_search(r"\w", "\u{301}\u{203f}", false);
    check_search(r"^\d$", "٣", true);
    check_search(r"\d", "²", false);
    check_search(r"(?a)\w", "é", false);
    check_search("(?a)[^\\W]", "é", false);
    check_search("e\u{301}\\b", "e\u{301}", false);
    check_search(r"e\b", "e\u{301}", true);
}

#[test]
fn ignored_case_follows_pythons_pairs() {
    check_search("(?i)^i+$", "iIİı", true);
    check_search("(?i)^ſ+$", "sSſ", true);
    check_search("(?i)ß", "ẞ", true);
    check_search("(?i)ss", "ß", false);
    check_search("(?i)^σ+$", "Σσς", true);
    check_search("(?ai)k", "\u{212a}", false);
    check_search("(?i)[k]", "\u{212a}", true);
    check_search("(?i)[^k]", "K", false);
    check_search("(?i:a)b", "AB", false);
    check_search(r"(?i)(a)\1", "aA", true);
    assert!(Regex::ignoring_case("^the").unwrap().search("THE").unwrap());
}

#[test]
fn braces_that_bound_nothing_are_literal() {
    check_search("^a{,2}$", "aa", true);
    check_search("^a{}$", "a{}", true);
    check_search("^a{x}$", "a{x}", true);
    check_search("^a{,}$", "aaaa", true);
}

#[test]
fn groups_of_every_kind_work() {
    check_search("(?P<n>a)(?P=n)", "aa", true);
    check_search("^(a)?(?(1)b|c)$", "c", true);
    check_search("^(a)?(?(1)b)$", "", true);
    check_search("(?(1)|)()", "", true);
    check_search("a++a", "aaa", false);
    check_search("(?>a|ab)c", "abc", false);
    check_search("(?<=ab)c", "abc", true);
    check_search("(?:){2}a(?=b)*", "a", true);
    check_search("(?x) a b # c\n \\ ", "ab ", true);
    check_search(r"\B", "", false);
}

#[test]
fn empty_matches_are_replaced_even_right_after_others() {
    check_sub("x*", "-", "abxd", "-a-b--d-");
    check_sub("|a", "-", "ab", "---b-");
    check_sub("^", "x", "", "x");
    check_sub(r"\b", "|", "ab c", "|ab| |c|");
}

#[test]
fn replacement_templates_are_pythons() {
    check_sub("(b)(c)?", r"[\1\2\g<0>\g<1>]", "abd", "a[bbb]d");
    check_sub("(?P<n>b)", r"\g<n>\g<n>", "b", "bb");
    check_sub("b", r"\n\\\.\0\101$1", "b", "\n\\\\.\0A$1");
    for bad in [r"\q", r"\2", r"\g<x>", r"\g<", "\\", r"\g<1", r"\400"] {
        let error = Regex::new("(b)").unwrap().sub("b", bad).unwrap_err();
        assert!(
            matches!(error, RegexError::Replacement { .. }),
            "{bad:?}: {error}"
        );
    }
}

#[test]
fn what_python_refuses_is_refused() {
    check_refused("a**", "multiple repeat, at character 3");
    check_refused("*", "nothing to repeat");
    check_refused("^*", "nothing to repeat");
    check_refused("(", "unterminated subpattern");
    check_refused(")", "unbalanced parenthesis");
    check_refused("[a", "unterminated character set");
    check_refused("[z-a]", "bad character range");
    check_refused(r"[\w-a]", "bad character range");
    check_refused(r"\q", r"bad escape \q");
    check_refused(r"\1", "invalid group reference 1");
    check_refused(r"(\1)", "open group");
    check_refused("(?<=a+)b", "fixed-width");
    check_refused("a(?i)", "global flags not at the start");
    check_refused("(?P<n>a)(?P<n>b)", "redefinition");
    check_refused("a{2,1}", "min repeat greater");
    check_refused(r"\N{BULLET}", "not supported");
    check_refused(&"(".repeat(5000), "nest too deeply");
}

#[test]
fn patterns_that_explode_are_refused_not_run() {
    assert!(Regex::new("((a{1000}){1000}){1000}").is_err());
    let error = Regex::new(r"^(a|aa)+\1b")
        .unwrap()
        .search(&"a".repeat(60))
        .unwrap_err();
    assert!(matches!(error, RegexError::TooComplex { .. }), "{error}");
}

#[test]
fn anchored_matches() {
    let regex = Regex::new("a|ab").unwrap();
    assert!(regex.match_start("ac").unwrap());
    assert!(!regex.match_start("ca").unwrap());
    assert!(regex.full_match("ab").unwrap());
    assert!(!Regex::new("a$").unwrap().full_match("a\n").unwrap());
}

#[test]
fn bytes_carried_as_private_characters_match_surrogate_escapes() {
    check_search("[\u{10ff80}]", "\u{10ff80}", true);
    check_search(r"[\udc80-\udcff]", "\u{10ffe9}", true);
    check_search(r"[^\udc80-\udcff]", "\u{10ffe9}", false);
    check_search(r"\ud800", "a", false);
}

proptest::proptest! {
    #[test]
    fn no_pattern_panics(
        pattern in r"[\PC(){}\[\]|*+?\\^$.aiPn<>=!:#,0-9-]{0,24}",
        template in r"[\\g<>0-9a-z]{0,8}",
        text in ".{0,12}",
    ) {
        if let Ok(regex) = Regex::new(&pattern) {
            let _ = regex.search(&text);
            let _ = regex.sub(&text, &template);
        }
    }
}
