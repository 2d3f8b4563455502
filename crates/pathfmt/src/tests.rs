//! Unit tests. Expectations are what beets 2.14.1 gives under Python 3.11.

use std::collections::HashMap;

use crate::environment::Environment;
use crate::{Extension, Namer, Options, Replacements, Template};

mod functions;
mod language;
mod paths;
mod plugins;
mod prefix;
mod properties;
mod time;

/// The values most tests use.
fn values() -> HashMap<&'static str, &'static str> {
    HashMap::from([
        ("artist", "Björk"),
        ("title", "a/b"),
        ("n", "3"),
        ("empty", ""),
        ("drive", "C:/x y:z"),
        ("list", "a; b; c; d"),
        ("any name!", "odd"),
    ])
}

/// Checks what a template gives for [`values`].
#[track_caller]
fn check(template: &str, expected: &str) {
    check_in(&values(), template, expected);
}

#[track_caller]
fn check_in(environment: &dyn Environment, template: &str, expected: &str) {
    let compiled = Template::parse(template).unwrap();
    let given = compiled.evaluate(environment, &Options::default()).unwrap();
    assert_eq!(given, expected, "{template}");
}

/// Checks where a rendered text leads for an item of this file name.
#[track_caller]
fn check_path(options: &Options, rendered: &str, file: &str, expected: &str) {
    let given = Namer::new(options).destination_of(rendered, &Extension::of(file.as_bytes()));
    assert_eq!(
        crate::decode_path(given.as_bytes()),
        expected,
        "{rendered:?}"
    );
}
