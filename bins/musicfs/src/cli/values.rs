//! Values of fields, and what became of them, as users read them.

use std::env;
use std::io::{self, IsTerminal, Write};

use catalog::{Entity, Schema, Value, write_float};
use serde_json::{Value as Json, json};

/// How many characters of a value are shown.
const SHOWN: usize = 100;

/// Writes values of a library.
#[derive(Debug)]
pub(super) struct Shower<'a> {
    schema: &'a Schema,
    is_coloured: bool,
}

impl<'a> Shower<'a> {
    /// Prepares for standard output: in colours on a terminal, unless `NO_COLOR` is set
    /// (<https://no-color.org>).
    pub(super) fn new(schema: &'a Schema) -> Self {
        let is_unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            schema,
            is_coloured: io::stdout().is_terminal() && !is_unwanted,
        }
    }

    /// Writes a line that says which field was what, and is what.
    pub(super) fn change(
        &self,
        out: &mut impl Write,
        label: &str,
        (entity, field): (Entity, &str),
        [old, new]: [&Value; 2],
    ) -> io::Result<()> {
        let [old, new] = [old, new].map(|value| self.shown(entity, field, value));
        let [red, green, plain] = if self.is_coloured {
            ["\x1b[31m", "\x1b[32m", "\x1b[0m"]
        } else {
            [""; 3]
        };
        writeln!(out, "    {label}: {red}{old}{plain} -> {green}{new}{plain}")
    }

    fn shown(&self, entity: Entity, field: &str, value: &Value) -> String {
        let mut text = String::new();
        match value {
            Value::Null => {}
            // Templates show gains with one decimal, which hides differences.
            Value::Float(float) => write_float(*float, &mut text),
            value => {
                let ty = self.schema.type_of(entity, field);
                self.schema.formats.show(ty, value, &mut text);
            }
        }
        if text.is_empty() {
            return "(empty)".to_owned();
        }
        printable(&text)
    }
}

/// Returns text on one line, cut where it is long, that does nothing to a terminal.
fn printable(text: &str) -> String {
    let mut shown = String::new();
    for (index, character) in text.chars().enumerate() {
        if index == SHOWN {
            shown.push('…');
            break;
        }
        if character.is_control() {
            shown.extend(character.escape_debug());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Returns a value for programs.
pub(super) fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => json!(truth),
        Value::Int(int) => json!(int),
        Value::Float(float) => json!(float),
        Value::BigInt(text) => json!(text),
        Value::Text(text) => json!(text),
        Value::Bytes(bytes) => json!(String::from_utf8_lossy(bytes)),
        Value::List(texts) => json!(texts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_does_nothing_to_a_terminal() {
        assert_eq!(printable("a\nb\x1b[31mü"), "a\\nb\\u{1b}[31mü");
        let long = printable(&"ü".repeat(200));
        assert_eq!(long.chars().count(), SHOWN + 1);
    }
}
