//! Tests of the YAML reader, against what `PyYAML` answers.

use super::*;

#[track_caller]
fn read(text: &str) -> Result<Setting, Malformed> {
    parse(text, &Path::new("f").into())
}

/// Writes a value in one line.
fn brief(setting: &Setting) -> String {
    let all = |settings: &[Setting]| settings.iter().map(brief).collect::<Vec<_>>().join(" ");
    match &setting.value {
        SettingValue::Null => "null".into(),
        SettingValue::Bool(truth) => truth.to_string(),
        SettingValue::Int(number) => number.to_string(),
        SettingValue::Float(number) => format!("{number:?}"),
        SettingValue::Text(text) => format!("{text:?}"),
        SettingValue::Other(kind) => format!("<{kind}>"),
        SettingValue::List(list) => format!("[{}]", all(list)),
        SettingValue::Map(map) => {
            let entries = map
                .iter()
                .map(|(key, value)| format!("{}: {}", brief(key), brief(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(brief(&read(text).unwrap()), expected, "{text:?}");
}

#[track_caller]
fn check_error(text: &str, line: usize, column: usize, expected: &str) {
    let error = read(text).unwrap_err();
    assert_eq!(
        (error.place.line, error.place.column),
        (line, column),
        "{text:?}: {error:?}"
    );
    assert!(error.reason.contains(expected), "{text:?}: {error:?}");
}

#[test]
fn plain_scalars_resolve_as_in_yaml_1_1() {
    check(
        "[yes, No, on, OFF, y, true]",
        r#"[true false true false "y" true]"#,
    );
    check(
        "[~, null, '', \"\", Null, nULL]",
        r#"[null null "" "" null "nULL"]"#,
    );
    check(
        "[0, -1, +12, 0777, 08, 0x1F, 0b101, 1_000]",
        r#"[0 -1 12 511 "08" 31 5 1000]"#,
    );
    check("[1:30, -1:30:05, 1:60]", r#"[90 -5405 "1:60"]"#);
    check(
        "[1.5, 1., .5, -.5, 1e3, 1.5e+3, 1.5e3]",
        r#"[1.5 1.0 0.5 "-.5" "1e3" 1500.0 "1.5e3"]"#,
    );
    check("[.inf, -.Inf, 1:30.5]", "[inf -inf 90.5]");
    check(
        "[2001-01-01, 2001-1-1 10:00:00, 2001-13]",
        r#"[<a date> <a date> "2001-13"]"#,
    );
    check("[99999999999999999999]", "[<an integer beyond 64 bits>]");
    check(
        "[!!str 1, !!int '3', ! 12, !!binary aGk=]",
        r#"["1" 3 12 <bytes>]"#,
    );
}

#[test]
fn plain_scalars_may_start_with_percent() {
    check(
        "a: %if{$x,a,b}/$title%\n",
        r#"{"a": "%if{$x,a,b}/$title%"}"#,
    );
    check("a:\n  %x: \"100%\"\n", r#"{"a": {"%x": "100%"}}"#);
    check("%YAML 1.1\n---\na: |\n  %x\n", r#"{"a": "%x\n"}"#);
}

#[test]
fn the_last_of_equal_keys_wins_in_the_first_ones_place() {
    check("a: 1\nb: 2\na: 3\n", r#"{"a": 3, "b": 2}"#);
    check("1: a\ntrue: b\n1.0: c\n'1': d\n", r#"{1: "c", "1": "d"}"#);
}

#[test]
fn merge_keys_give_way_to_own_ones() {
    let base = "x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\n";
    let expect =
        |map: &str| format!(r#"{{"x": {{"a": 1, "b": 2}}, "y": {{"b": 3, "c": 4}}, "z": {map}}}"#);
    check(
        &format!("{base}z: {{a: 9, <<: *x}}"),
        &expect(r#"{"a": 9, "b": 2}"#),
    );
    check(
        &format!("{base}z: {{<<: [*x, *y]}}"),
        &expect(r#"{"b": 2, "c": 4, "a": 1}"#),
    );
    check_error("a: {<<: 1}", 1, 9, "only mappings can be merged");
}

#[test]
fn what_is_not_yaml_is_refused_with_its_place() {
    check_error("a: @x\n", 1, 4, "unexpected character");
    check_error("a: 1\nb: !foo 2\n", 2, 4, "tag !foo");
    check_error("a: [=]\n", 1, 5, "meaning of its own");
    check_error("a: 1\n---\nb: 2\n", 2, 1, "only one document");
    check_error("? [a]\n: 1\n", 1, 3, "cannot be a key");
    check_error("a: &x [*x]\n", 1, 8, "inside the value");
    assert!(read("a: b: c\n").is_err());
    assert!(read("a: 'x\n").is_err());
    assert!(read(&"[".repeat(2000)).is_err());
}

#[test]
fn aliases_cannot_fill_the_memory() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        text = format!("{text}a{level}: &a{level} [{aliases}]\n");
    }
    assert!(read(&text).unwrap_err().reason.contains("too many values"));
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in r"[\PC\n :\-?&*!|>'%@,\[\]{}#<a]{0,60}") {
        let _ = read(&text);
    }
}
