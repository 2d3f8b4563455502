//! The built-in functions.

use std::sync::Arc;

use super::{check, values};
use crate::{
    BuiltinTransliteration, Options, Template, Transliterate, Unidecode, UniqueArguments,
    UniqueDefaults, unidecode,
};

#[test]
fn lower_maps_fully() {
    check("%lower{ÀΣ ΑΣ İ}", "àς ας i\u{307}");
    check("%lower{ẞß}", "ßß");
}

#[test]
fn upper_maps_fully() {
    check("%upper{ßŉﬁıς}", "SSʼNFIIΣ");
}

#[test]
fn capitalize_titlecases_the_first_character() {
    check("%capitalize{ǆAB}", "ǅab");
    check("%capitalize{ßA}", "Ssa");
    check("%capitalize{ΑΣ}", "Ας");
    check("%capitalize{Σ}", "Σ");
    check("%capitalize{İX}", "İx");
    check("%capitalize{}", "");
}

#[test]
fn title_joins_words_with_single_spaces() {
    check(
        "%title{ o'neil\u{1c}the  ONE\u{3000}x-y }",
        "O'neil The One X-y",
    );
}

#[test]
fn left_and_right_count_characters_like_python() {
    check(
        "%left{añb,2}|%left{añb,-1}|%left{añb,9}|%left{añb,-9}|%left{añb,0}",
        "añ|añ|añb||",
    );
    check(
        "%right{añb,2}|%right{añb,-1}|%right{añb,0}|%right{añb,9}|%right{añb,-9}",
        "ñb|ñb|añb|añb|",
    );
}

#[test]
fn numbers_are_read_like_python() {
    check("%left{abcdef, +1_0 }%left{abc,٢}", "abcdefab");
    check(
        "%left{a,x}",
        "<invalid literal for int() with base 10: 'x'>",
    );
    check(
        "%left{a,1__0}",
        "<invalid literal for int() with base 10: '1__0'>",
    );
    check(
        "%left{a,_1}%left{a,+ 1}",
        "<invalid literal for int() with base 10: '_1'><invalid literal for int() with base 10: '+ 1'>",
    );
    check(
        "%left{a,'}",
        r#"<invalid literal for int() with base 10: "'">"#,
    );
    check(
        "%left{a,é\u{200b}\u{7f}\\}",
        r"<invalid literal for int() with base 10: 'é\u200b\x7f\\'>",
    );
    check("%left{abc,99999999999999999999}", "abc");
}

#[test]
fn long_numbers_hit_pythons_limit() {
    let digits = "1".repeat(4301);
    let message = "<Exceeds the limit (4300 digits) for integer string conversion: value has 4301 \
                   digits; use sys.set_int_max_str_digits() to increase the limit>";
    check(&format!("%left{{a,{digits}}}"), message);
    let shown = "x".repeat(199);
    let message = format!("<invalid literal for int() with base 10: '{shown}>");
    check(&format!("%left{{a,{}}}", "x".repeat(300)), &message);
}

#[test]
fn separators_are_space_to_strip_but_not_to_int() {
    check("%left{abc,\u{1c}1}", "a");
    check(
        "%first{a,\u{1c}1}",
        r"<invalid literal for int() with base 10: '\x1c1'>",
    );
    check("%first{a,\u{3000}1}", "a");
}

#[test]
fn if_takes_numbers_and_texts() {
    for truth in ["1", " 1 ", "-1", "0.0", "no", " ", " false", "x"] {
        check(&format!("%if{{{truth},t,f}}"), "t");
    }
    for falsehood in ["0", "00", "", "false", "FALSE", " 0 ", "٠"] {
        check(&format!("%if{{{falsehood},t,f}}%if{{{falsehood},t}}"), "f");
    }
}

#[test]
fn ifdef_shows_the_value_with_its_separators() {
    check(
        "%ifdef{title}|%ifdef{title,yes}|%ifdef{nope,a,b}|%ifdef{nope}",
        "a/b|yes|b|",
    );
    check("%ifdef{empty,t}%ifdef{$n,t,f}", "tf");
}

#[test]
fn first_takes_a_slice_of_the_parts() {
    check(
        "%first{$list}|%first{$list,2}|%first{$list,2,1}",
        "a|a; b|b; c",
    );
    check(
        "%first{$list,9,2}|%first{$list,-1}|%first{$list,-2,-1}",
        "c; d|a; b; c|",
    );
    check(
        "%first{$list,1,-2}|%first{a-b-c,2,1,-,+}|%first{abc,1,0,}",
        "c|b+c|<empty separator>",
    );
    check(
        "%first{a,x}",
        "<invalid literal for int() with base 10: 'x'>",
    );
}

#[test]
fn wrong_numbers_of_arguments_are_pythons_errors() {
    let name = "DefaultTemplateFunctions.tmpl";
    check(
        "%lower{a,b}",
        &format!("<{name}_lower() takes 1 positional argument but 2 were given>"),
    );
    check(
        "%if{a}",
        &format!("<{name}_if() missing 1 required positional argument: 'trueval'>"),
    );
    check(
        "%time{a}",
        &format!("<{name}_time() missing 1 required positional argument: 'fmt'>"),
    );
    check(
        "%left{a,b,c}",
        &format!("<{name}_left() takes 2 positional arguments but 3 were given>"),
    );
    let expected = format!("<{name}_if() takes from 2 to 3 positional arguments but 4 were given>");
    check("%if{a,b,c,d}", &expected);
    let expected =
        format!("<{name}_ifdef() takes from 2 to 4 positional arguments but 5 were given>");
    check("%ifdef{a,b,c,d}", &expected);
    let expected =
        format!("<{name}_aunique() takes from 1 to 4 positional arguments but 5 were given>");
    check("%aunique{a,b,c,d}", &expected);
    let expected =
        format!("<{name}_first() takes from 1 to 5 positional arguments but 6 were given>");
    check("%first{a,b,c,d,e,f}", &expected);
}

#[test]
fn unique_functions_are_empty_without_a_library() {
    check("a%aunique{}b%sunique{x}c", "abc");
}

#[test]
fn unique_arguments_fall_back_to_the_configuration() {
    let defaults = UniqueDefaults::aunique();
    let given = |arguments| UniqueArguments::new("aunique", arguments).unwrap();
    let wrapped = |arguments| {
        let mut out = String::new();
        given(arguments).wrap("x", &defaults, &mut out);
        out
    };
    assert_eq!(given(&[""]).keys(&defaults), ["albumartist", "album"]);
    assert_eq!(given(&[" "]).keys(&defaults), [""; 0]);
    assert_eq!(
        given(&["", " a\u{1c}b"]).disambiguators(&defaults),
        ["a", "b"]
    );
    assert_eq!(wrapped(&[""]), " [x]");
    assert_eq!(wrapped(&["", "", "äb"]), " äxb");
    assert_eq!(wrapped(&["", "", ""]), " x");
    assert_eq!(wrapped(&["", "", "abc"]), " x");
    assert!(
        UniqueArguments::new("sunique", &["", "", "", ""])
            .unwrap_err()
            .contains("sunique")
    );
}

/// Two sections of invented tables.
fn tables() -> Unidecode {
    let mut tables = Unidecode::default();
    let mut latin = "# comment\ndata = (\n".to_owned();
    for position in 0..256 {
        latin += match position {
            0xe9 => "'e',  # 0xe9\n",
            0xbd => "' 1/2',",
            0xe6 => "\"a\" 'e' ,",
            0xf1 => r"'\'\\\x41\u0042\n\103\q',",
            0xf8 => "None,",
            _ => "'',",
        };
    }
    tables.add_section(0, &(latin + ")\n")).unwrap();
    tables.add_section(0x65, "data = ('Wen ', 'x')").unwrap();
    tables
}

#[test]
fn unidecode_tables_are_read() {
    let tables = tables();
    let shown: String = "éæñø½文\u{6501}\u{6502}"
        .chars()
        .map(|c| tables.ascii(c))
        .collect();
    assert_eq!(shown, "eae'\\AB\nC\\q 1/2x");
    assert_eq!(tables.ascii('\u{6500}'), "Wen ");
    assert_eq!(tables.ascii('\u{10ffff}'), "");
}

#[test]
fn broken_unidecode_tables_are_refused() {
    for source in [
        "",
        "data",
        "data = (",
        "data = ('a'",
        "data = ('a' x)",
        "data = (1,)",
        "data = ('a\n')",
        r"data = ('\x4')",
        r"data = ('\ud800')",
    ] {
        let read = Unidecode::default().add_section(1, source);
        assert!(
            matches!(read, Err(unidecode::Error::Syntax { section: 1, .. })),
            "{source}"
        );
    }
    let read = Unidecode::default().add_section(0xf00, "data = ()");
    assert_eq!(read, Err(unidecode::Error::NoSection { section: 0xf00 }));
}

#[test]
fn asciify_composes_first_and_keeps_separators() {
    let options = Options {
        transliterate: Arc::new(tables()),
        path_sep_replace: "-".to_owned(),
        ..Options::default()
    };
    let template = Template::parse("%asciify{e\u{301}/½\u{10ffe9}/$title}").unwrap();
    assert_eq!(
        template.evaluate(&values(), &options).unwrap(),
        "e/ 1-2/a-b"
    );
}

#[test]
fn the_built_in_transliteration_covers_common_scripts() {
    let shown: String = "Ünïæ Жф 北亰"
        .chars()
        .map(|c| {
            if c.is_ascii() {
                " "
            } else {
                BuiltinTransliteration.ascii(c)
            }
        })
        .collect();
    assert_eq!(shown, "U iae Zhf Bei Jing ");
}
