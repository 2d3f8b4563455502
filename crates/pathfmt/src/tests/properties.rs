//! What holds for every template and every value.

use std::collections::HashMap;

use proptest::prelude::*;

use crate::{Extension, Namer, Options, Replacements, Template, decode_path, encode_path};

/// Templates made of what matters to the grammar.
fn templates() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("$".to_owned()),
        Just("%".to_owned()),
        Just("{".to_owned()),
        Just("}".to_owned()),
        Just(",".to_owned()),
        Just("$a".to_owned()),
        Just("${b}".to_owned()),
        "%(lower|upper|title|capitalize|left|right|if|ifdef|asciify|first|time|nope)\\{",
        "-?[0-9]{1,3}",
        "%[-_0^#]?[0-9]{0,4}[EO]?[a-zA-Z]",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z ./\\\\?<>-]{0,6}",
        1 => any::<String>(),
        1 => "[\u{10ff80}-\u{10ffff}é日]{0,80}",
        1 => Just("/../".to_owned()),
        1 => "\\PC{100,300}",
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_source_is_a_template(source in templates(), a in texts(), b in texts()) {
        let template = Template::parse(&source).unwrap();
        for found in template.diagnostics() {
            prop_assert!(source.get(found.span.clone()).is_some());
            found.render(&source);
        }
        let values = HashMap::from([("a", a), ("b", b.clone())]);
        let options = Options { time_format: b, ..Options::default() };
        let given = template.evaluate(&values, &options);
        prop_assert!(given.is_ok() || given.is_err_and(|error| source.get(error.span).is_some()));
    }

    #[test]
    fn plain_text_is_itself(text in "[^$%}]{0,40}") {
        let template = Template::parse(&text).unwrap();
        let none: HashMap<&str, &str> = HashMap::new();
        prop_assert_eq!(template.evaluate(&none, &Options::default()).unwrap(), text);
    }

    #[test]
    fn times_never_panic(text in "\\PC{0,24}", date in "[0-9]{4}-[0-9]{2}-[0-9]{2}",
            format in "(%[a-zA-Z%]|[ -:]){0,8}", wanted in "(%[-_0^#]?[0-9]{0,5}[a-zA-Z]){0,4}") {
        let template = Template::parse("%time{$text,$wanted}%time{$date,$wanted}").unwrap();
        let values = HashMap::from([("text", text), ("date", date), ("wanted", wanted)]);
        for time_format in [format, "%Y-%m-%d".to_owned()] {
            let options = Options { time_format, ..Options::default() };
            prop_assert!(template.evaluate(&values, &options).is_ok());
        }
    }

    #[test]
    fn components_are_safe_with_the_default_list(
        text in texts(), limit in 12..=200_i64, file in "[^/\0]{0,4}(\\.[a-z0-9é]{0,5})?",
    ) {
        let options = Options { max_filename_length: limit, ..Options::default() };
        let extension = Extension::of(file.as_bytes());
        let path = Namer::new(&options).destination_of(&text, &extension);
        let shown = decode_path(path.as_bytes());
        // A suffix is not cut, and where the stem vanishes it joins the directory above.
        let name = shown.rsplit('/').next().unwrap_or("");
        let uncut = name[crate::truncate::suffix_start(name.as_bytes())..].len();
        let limit = usize::try_from(limit).unwrap() + uncut;
        for component in path.as_bytes().split(|&byte| byte == b'/') {
            prop_assert!(!matches!(component, [] | b"." | b".."), "{shown:?}");
            prop_assert!(!component.contains(&0), "{shown:?}");
            // Without an extension the end of a title can pass for a suffix longer than the limit.
            let bounded = !extension.as_str().is_empty();
            prop_assert!(!bounded || component.len() <= limit, "{shown:?}");
        }
        let long = path.as_bytes().split(|&byte| byte == b'/').any(|part| part.len() > 255);
        prop_assert_eq!(path.unsafe_component().is_some(), long);
    }

    #[test]
    fn a_legal_text_is_what_both_passes_make_of_it(
        text in prop_oneof![texts(), "[a-zé日.\u{a0}\u{85} /-]{0,24}", "[a-z]{1,6}/[é日A-Z .]{1,8}"],
        limit in -3..=24_i64, file in "a(\\.[a-zÉ./ ?]{0,3})?", is_fallback in any::<bool>(),
    ) {
        let options = Options {
            max_filename_length: limit,
            replacements: if is_fallback { Replacements::Fallback } else { Replacements::Default },
            ..Options::default()
        };
        let mut namer = Namer::new(&options);
        let extension = Extension::of(file.as_bytes());
        let path = namer.destination_of(&text, &extension);
        prop_assert_eq!(path, namer.legalize_in_full(&extension));
    }

    #[test]
    fn any_limit_gives_a_path(text in texts(), limit in any::<i64>(), file in texts()) {
        let options = Options { max_filename_length: limit, ..Options::default() };
        let path = Namer::new(&options).destination_of(&text, &Extension::of(file.as_bytes()));
        prop_assert!(!path.as_bytes().starts_with(b"/"));
    }

    #[test]
    fn paths_survive_the_way_through_text(path in prop::collection::vec(any::<u8>(), 0..40)) {
        prop_assert_eq!(encode_path(&decode_path(&path)), path);
    }

    #[test]
    fn unidecode_sources_never_panic(source in "(data = \\()?(['\"\\\\,)(#\na-z0-9éNone ]{0,30})") {
        let _unused = crate::Unidecode::default().add_section(0, &source);
    }
}
