//! The template language.

use super::{check, check_in, values};
use crate::{Environment, Failure, Kind, MAX_DEPTH, MAX_SOURCE, Options, Problem, Template};

/// Checks the first diagnostic of a template: the text it marks, and the problem.
#[track_caller]
fn check_problem(template: &str, marked: &str, problem: &Problem) {
    let compiled = Template::parse(template).unwrap();
    let found = compiled.diagnostics().first().expect("a diagnostic");
    assert_eq!(
        (&template[found.span.clone()], &found.problem),
        (marked, problem),
        "{template}"
    );
}

#[test]
fn symbols_are_bare_words_or_braced_texts() {
    check("$artist ${artist}s ${any name!}", "Björk Björks odd");
    check("$n-$n_", "3-$n_");
    check("$ $- $", "$ $- $");
    check("$nope ${no pe}", "$nope ${no pe}");
}

#[test]
fn combining_marks_end_a_bare_word() {
    check("$n\u{301}", "3\u{301}");
    check("$é", "$é");
}

#[test]
fn dollar_escapes_four_characters() {
    check("$$n $%lower{A $} $, b", "$n %lower{A } , b");
    // The last character is read before the one that would escape it.
    check("a$,", "a,");
    check("%lower{A$,B$}}", "a,b}");
}

#[test]
fn the_last_character_begins_nothing() {
    check("$", "$");
    check("a%", "a%");
    check("a{", "a{");
    check("%lower{A}%", "a%");
    check("%lower{$", "%lower{$");
}

#[test]
fn malformed_symbols_are_literal() {
    check("${n", "${n");
    check("${}$n", "${}$n");
    check("x${$n", "x${3");
}

#[test]
fn a_stray_close_ends_the_template() {
    check("$n}$n%lower{A}", "3}$n%lower{A}");
}

#[test]
fn an_open_brace_is_literal_and_does_not_nest() {
    check("{$n", "{3");
    check("%lower{A{B}C}", "a{bC}");
}

#[test]
fn an_unclosed_call_takes_the_rest() {
    check("$n%lower{$n%upper{a}", "3%lower{$n%upper{a}");
    check("%lower{A,", "%lower{A,");
}

#[test]
fn words_after_percent_need_a_brace() {
    check("100% %lower %{a %lower-{A", "100% %lower %{a %lower-{A");
    check("%lower", "%lower");
}

#[test]
fn arguments_are_templates() {
    check("%upper{$artist-%lower{ABC}}", "BJÖRK-ABC");
    check("%if{$empty,a,%upper{b}}", "B");
}

#[test]
fn unknown_functions_stay_as_written() {
    check("%nope{$n,%upper{a}}$n", "%nope{$n,%upper{a}}3");
}

#[test]
fn values_are_not_parsed_again() {
    let tricky = std::collections::HashMap::from([("a", "$b%upper{x}}"), ("b", "B")]);
    check_in(&tricky, "$a,$b", "$b%upper{x}},B");
}

#[test]
fn separators_in_values_are_replaced() {
    check("$title", "a_b");
    check("$drive", "C__x y_z");
}

#[test]
fn separators_from_replacements() {
    let options = Options {
        path_sep_replace: "-".to_owned(),
        drive_sep_replace: "/".to_owned(),
        ..Options::default()
    };
    assert_eq!(options.clean_value("C:/x"), "C--x");
    assert_eq!(options.clean_value("1:/x:"), "1:-x:");
}

#[test]
fn problems_mark_what_is_literal() {
    check_problem("a%lower{$n", "%lower{$n", &Problem::UnclosedCall);
    check_problem("a${n", "${", &Problem::UnclosedSymbol);
    check_problem("a${}n", "${}", &Problem::EmptySymbol);
    check_problem("a}$n", "}$n", &Problem::StrayClose);
    check_problem("a %lower b", "%lower", &Problem::CallWithoutArguments);
    check_problem("100% b", "%", &Problem::LoneDelimiter);
    check_problem("a$", "$", &Problem::LoneDelimiter);
    let message = "DefaultTemplateFunctions.tmpl_left() missing 1 required positional argument: \
                   'chars'";
    check_problem("a%left{b}", "%left{b}", &Problem::Arity(message.to_owned()));
}

#[test]
fn problems_inside_an_unclosed_call_are_not_reported() {
    let template = Template::parse("%lower{${$n%left{a}").unwrap();
    assert_eq!(template.diagnostics().len(), 1);
    assert_eq!(template.symbols().count() + template.calls().count(), 0);
}

#[test]
fn well_formed_templates_have_no_problems() {
    let default = "$albumartist/$album%aunique{}/$track $title";
    assert_eq!(Template::parse(default).unwrap().diagnostics(), []);
}

#[test]
fn a_problem_is_drawn_under_its_line() {
    let template = Template::parse("ä\t%x/$n\nb}c\nd").unwrap();
    let drawn: Vec<_> = template
        .diagnostics()
        .iter()
        .map(|found| found.render(template.source()))
        .collect();
    assert_eq!(
        drawn,
        [
            "no `{` follows this name, so it is literal text\n  ä %x/$n\n    ^^\n",
            "`}` ends the template; it and the rest are literal text\n  b}c\n   ^^\n",
        ]
    );
}

#[test]
fn a_foreign_span_is_drawn_without_panic() {
    let template = Template::parse("ab}").unwrap();
    for source in ["", "é", "ab}"] {
        assert!(template.diagnostics()[0].render(source).ends_with("^\n"));
    }
}

#[test]
fn names_are_listed_with_their_places() {
    let template = Template::parse("$a%if{$b,%ifdef{c}%ifdef{$d}%nope{}}").unwrap();
    let symbols: Vec<_> = template.symbols().map(|(name, _)| name).collect();
    let mut calls: Vec<_> = template.calls().map(|(name, _)| name).collect();
    calls.sort_unstable();
    assert_eq!(symbols, ["b", "d", "a"]);
    assert_eq!(calls, ["if", "ifdef", "ifdef", "nope"]);
    assert_eq!(
        template.tested_fields().collect::<Vec<_>>(),
        [Some("c"), None]
    );
    let unknown = template.unknown_calls(|_| false);
    assert_eq!(&template.source()[unknown[0].span.clone()], "%nope{}");
    assert!(template.unknown_calls(|name| name == "nope").is_empty());
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth| "%lower{".repeat(depth) + "A" + &"}".repeat(depth);
    check(&nested(MAX_DEPTH), "a");
    let error = Template::parse(&nested(MAX_DEPTH + 1)).unwrap_err();
    assert_eq!(error.kind, Kind::TooDeep { limit: MAX_DEPTH });
    assert_eq!(error.span.start, MAX_DEPTH * "%lower{".len());
}

#[test]
fn sources_are_bounded() {
    assert!(Template::parse(&"a".repeat(MAX_SOURCE)).is_ok());
    let error = Template::parse(&"a".repeat(MAX_SOURCE + 1)).unwrap_err();
    assert!(matches!(error.kind, Kind::SourceTooLong { .. }));
}

#[test]
fn growth_is_bounded() {
    // Each call squares the length.
    let part = "%first{X,99999999,0,a,X}";
    let template = (0..6).fold("aaaaaaaa".to_owned(), |inner, _| part.replace('X', &inner));
    let error = Template::parse(&template)
        .unwrap()
        .evaluate(&values(), &Options::default());
    assert!(matches!(
        error.unwrap_err().kind,
        Kind::OutputTooLong { .. }
    ));
}

/// Refuses the field `inline`, fails on `broken`, and hides `%lower`.
struct Difficult;

impl Environment for Difficult {
    fn symbol(&self, name: &str, out: &mut String) -> Result<bool, Failure> {
        out.push_str("partly written");
        match name {
            "inline" => Err(Failure::Refused("item_fields is Python code".to_owned())),
            "broken" => Err(Failure::Message("no".to_owned())),
            _ => Ok(false),
        }
    }

    fn provides(&self, function: &str) -> bool {
        matches!(function, "lower" | "mine")
    }

    fn call(&self, function: &str, arguments: &[&str], out: &mut String) -> Result<(), Failure> {
        out.push_str("partly written");
        match function {
            "lower" => Err(Failure::Message(format!("{arguments:?}"))),
            _ => Err(Failure::Refused("Python code".to_owned())),
        }
    }
}

#[test]
fn a_plugin_hides_a_built_in_function() {
    check_in(&Difficult, "%lower{A,}-%upper{a}", "<[\"A\", \"\"]>-A");
}

#[test]
fn refusals_carry_name_and_place() {
    let error = |source: &str| {
        let template = Template::parse(source).unwrap();
        template
            .evaluate(&Difficult, &Options::default())
            .map_err(|error| error.render(source))
    };
    let expected =
        "`inline` cannot be computed: item_fields is Python code\n  a$inline\n   ^^^^^^^\n";
    assert_eq!(error("a$inline"), Err(expected.to_owned()));
    let expected = "`mine` cannot be computed: Python code\n  a%mine{}\n   ^^^^^^^\n";
    assert_eq!(error("a%mine{}"), Err(expected.to_owned()));
    let expected = "the value of `broken` failed: no\n  %if{,$broken}\n       ^^^^^^^\n";
    assert_eq!(error("%if{,$broken}"), Err(expected.to_owned()));
    // The arguments of a function that does not exist are never evaluated.
    assert_eq!(error("%nope{$inline}"), Ok("%nope{$inline}".to_owned()));
    assert_eq!(error("$missing"), Ok("$missing".to_owned()));
}
