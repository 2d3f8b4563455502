//! Replacing what should not stand in path components.
//!
//! beets does this with lists of regular expressions. Its two own lists are written out as code
//! here; a user's own list comes as [`Replace`] values.

use std::fmt;
use std::sync::Arc;

use crate::pattern::Replace;
use crate::python::is_space;

/// What to replace in each component of a path.
#[derive(Clone, Default)]
pub enum Replacements {
    /// beets' default configuration.
    #[default]
    Default,
    /// What beets falls back to when a path had to be cut twice, and uses for an empty list.
    Fallback,
    /// A configured list, applied in order. If it is empty it means [`Fallback`](Self::Fallback).
    Custom(Vec<Arc<dyn Replace>>),
}

impl fmt::Debug for Replacements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("Default"),
            Self::Fallback => f.write_str("Fallback"),
            Self::Custom(list) => write!(f, "Custom({} rules)", list.len()),
        }
    }
}

/// Writes a path with its components replaced.
///
/// Components lie between slashes; empty ones are dropped, but slashes at the start are one
/// component together. They are joined as `os.path.join` joins: one that starts with a slash
/// discards those before it.
pub(crate) fn sanitize(path: &str, replacements: &Replacements, out: &mut String) {
    out.clear();
    let rest = path.trim_start_matches('/');
    let slashes = &path[..path.len() - rest.len()];
    let components = std::iter::once(slashes).chain(rest.split('/'));
    match replacements {
        Replacements::Custom(rules) if !rules.is_empty() => {
            for component in components.filter(|component| !component.is_empty()) {
                push_custom(component, rules, out);
            }
        }
        _ => {
            let replace = match replacements {
                Replacements::Default => push_default,
                Replacements::Fallback | Replacements::Custom(_) => push_fallback,
            };
            for component in components.filter(|component| !component.is_empty()) {
                separate(out);
                replace(component, out);
            }
        }
    }
}

/// Appends the slash between two components.
fn separate(out: &mut String) {
    if !out.is_empty() && !out.ends_with('/') {
        out.push('/');
    }
}

fn push_custom(component: &str, rules: &[Arc<dyn Replace>], out: &mut String) {
    let mut text = rules[0].replace(component);
    for rule in &rules[1..] {
        if let std::borrow::Cow::Owned(changed) = rule.replace(&text) {
            text = changed.into();
        }
    }
    if text.starts_with('/') {
        out.clear();
    }
    separate(out);
    out.push_str(&text);
}

/// Appends a component with the default list applied:
///
/// `[<>:\?\*\|]`, `"`, `[\\/]`, `^\.`, `\.$`, `[\x00-\x1f]`, `^-` become `_`; `\s+$`, `^\s+` go.
fn push_default(component: &str, out: &mut String) {
    if is_clean(component) {
        return out.push_str(component);
    }
    let start = out.len();
    for (at, c) in component.char_indices() {
        out.push(match c {
            '<' | '>' | ':' | '?' | '*' | '|' | '"' | '\\' | '/' | '\0'..='\x1f' => '_',
            '.' | '-' if at == 0 => '_',
            // `$` matches before a final line feed too.
            '.' if matches!(&component[at..], "." | ".\n") => '_',
            _ => c,
        });
    }
    out.truncate(start + out[start..].trim_end_matches(is_space).len());
    let leading = out[start..].len() - out[start..].trim_start_matches(is_space).len();
    out.replace_range(start..start + leading, "");
}

/// Appends a component with the fallback list applied:
///
/// `[\\/]`, `^\.` become `_`; `[\x00-\x1f]` goes; `[<>:"\?\*\|]`, `\.$` become `_`; `\s+$` goes.
fn push_fallback(component: &str, out: &mut String) {
    if is_clean(component) {
        return out.push_str(component);
    }
    let start = out.len();
    for (at, c) in component.char_indices() {
        match c {
            '\\' | '/' | '<' | '>' | ':' | '"' | '?' | '*' | '|' => out.push('_'),
            '.' if at == 0 => out.push('_'),
            '\0'..='\x1f' => {}
            _ => out.push(c),
        }
    }
    if out[start..].ends_with('.') {
        out.pop();
        out.push('_');
    }
    out.truncate(start + out[start..].trim_end_matches(is_space).len());
}

/// Returns whether neither list changes a component. It may be wrong about one that is clean, but
/// knows it of nearly all names.
pub(crate) fn is_clean(component: &str) -> bool {
    let [first, .., last] = component.as_bytes() else {
        return false;
    };
    let edges = !matches!(first, b'.' | b'-' | b' ') && !matches!(last, b'.' | b' ');
    edges
        && component.bytes().all(|byte| PLAIN[usize::from(byte)])
        && (first.is_ascii() || !component.starts_with(is_space))
        && (last.is_ascii() || !component.ends_with(is_space))
}

/// The bytes that no rule touches inside a component, of ASCII or of other characters in UTF-8.
const PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let mut control = 0;
    while control < 0x20 {
        plain[control] = false;
        control += 1;
    }
    let mut special = b"<>:?*|\"\\/".as_slice();
    while let [byte, rest @ ..] = special {
        plain[*byte as usize] = false;
        special = rest;
    }
    plain
};
