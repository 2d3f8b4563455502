//! Python's `str.format`, with plain fields only.

use crate::environment::Failure;
use crate::python;

const MANUAL_FIRST: &str =
    "cannot switch from manual field specification to automatic field numbering";
const AUTOMATIC_FIRST: &str =
    "cannot switch from automatic field numbering to manual field specification";

/// Fills the fields of a format, `{}` in order or `{0}` by number; `{{` and `}}` are braces.
///
/// Fails with Python's message, and refuses conversions, specifications and attributes.
pub(super) fn format(format: &str, values: &[&str]) -> Result<String, Failure> {
    let mut out = String::new();
    let mut fields = Fields {
        values,
        automatic: 0,
        manual: false,
    };
    let mut rest = format;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, brace) = (&rest[..at], &rest[at..=at]);
        out.push_str(before);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = after;
        } else if brace == "}" {
            return Err(message("Single '}' encountered in format string"));
        } else if let Some((field, after)) = rest.split_once('}') {
            out.push_str(fields.value(field)?);
            rest = after;
        } else if rest.is_empty() {
            return Err(message("Single '{' encountered in format string"));
        } else {
            return Err(message("expected '}' before end of string"));
        }
    }
    out.push_str(rest);
    Ok(out)
}

struct Fields<'v> {
    values: &'v [&'v str],
    /// How many fields went without a number.
    automatic: usize,
    manual: bool,
}

impl<'v> Fields<'v> {
    fn value(&mut self, field: &str) -> Result<&'v str, Failure> {
        if field.contains(['!', ':', '.', '[', '{']) {
            return Err(Failure::Refused(format!(
                "the format field `{{{field}}}` is not plain"
            )));
        }
        let index = if field.is_empty() {
            self.automatic += 1;
            self.automatic - 1
        } else {
            self.manual = true;
            field
                .parse()
                .map_err(|_| Failure::Message(python::repr(field, usize::MAX)))?
        };
        if self.manual && self.automatic > 0 {
            let first = if field.is_empty() {
                MANUAL_FIRST
            } else {
                AUTOMATIC_FIRST
            };
            return Err(message(first));
        }
        let missing = format!("Replacement index {index} out of range for positional args tuple");
        self.values
            .get(index)
            .copied()
            .ok_or(Failure::Message(missing))
    }
}

fn message(text: &str) -> Failure {
    Failure::Message(text.to_owned())
}
