//! The terms of the `bareasc` plugin: texts are compared by what they are in ASCII.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::fuzzy::is_lower;

/// What puts text into ASCII, as Python's `unidecode` does: each character by itself.
#[derive(Clone)]
pub struct ToAscii(Arc<dyn Fn(&str) -> String + Send + Sync>);

impl ToAscii {
    /// Wraps a function; it is asked for text beyond ASCII only.
    pub fn new(to_ascii: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(to_ascii))
    }

    fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if text.is_ascii() {
            Cow::Borrowed(text)
        } else {
            Cow::Owned((self.0)(text))
        }
    }
}

impl fmt::Debug for ToAscii {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ToAscii").finish_non_exhaustive()
    }
}

/// What a text must contain, once both are put into ASCII.
#[derive(Debug)]
pub(super) struct BareTest {
    pub(super) term: String,
    ascii: String,
    like: Vec<Step>,
    is_lower: bool,
    to_ascii: ToAscii,
}

/// A step of a pattern of the database's `LIKE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Byte(u8),
    One,
    Any,
    /// The pattern ends within an escape, and so matches nothing.
    Never,
}

impl BareTest {
    pub(super) fn new(term: &str, to_ascii: &ToAscii) -> Self {
        let ascii = to_ascii.apply(term).into_owned();
        Self {
            like: steps(&format!("%{ascii}%")),
            ascii,
            is_lower: is_lower(term),
            term: term.to_owned(),
            to_ascii: to_ascii.clone(),
        }
    }

    /// Tells whether a text contains the term; case matters if the term has capitals.
    pub(super) fn matches(&self, text: &str) -> bool {
        let lowered;
        let text = if self.is_lower {
            lowered = text.to_lowercase();
            lowered.as_str()
        } else {
            text
        };
        self.to_ascii.apply(text).contains(&self.ascii)
    }

    /// Tells whether a text matches the pattern that beets gives to `LIKE`: case never matters, and
    /// wildcards in the term are not escaped.
    pub(super) fn matches_like(&self, text: &str) -> bool {
        let text = self.to_ascii.apply(text);
        is_like(super::stored::until_nul(text.as_bytes()), &self.like)
    }
}

/// Reads a pattern of `LIKE` whose escape is a backslash.
fn steps(pattern: &str) -> Vec<Step> {
    let mut bytes = super::stored::until_nul(pattern.as_bytes()).iter();
    let mut steps = Vec::new();
    while let Some(&byte) = bytes.next() {
        steps.push(match byte {
            b'%' => Step::Any,
            b'_' => Step::One,
            b'\\' => bytes.next().map_or(Step::Never, |&byte| Step::Byte(byte)),
            byte => Step::Byte(byte),
        });
    }
    steps
}

fn is_like(text: &[u8], steps: &[Step]) -> bool {
    let (mut at, mut step) = (0, 0);
    // Where the last wildcard of any length stands, and how far it reaches.
    let mut last: Option<(usize, usize)> = None;
    loop {
        let found = text.get(at);
        let passes = match (steps.get(step), found) {
            (Some(Step::Any), _) => {
                last = Some((step, at));
                step += 1;
                continue;
            }
            (Some(Step::One), Some(_)) => true,
            (Some(Step::Byte(byte)), Some(found)) => byte.eq_ignore_ascii_case(found),
            (None, None) => return true,
            _ => false,
        };
        if passes {
            (at, step) = (at + 1, step + 1);
            continue;
        }
        match &mut last {
            Some((any, reach)) if *reach < text.len() => {
                *reach += 1;
                (at, step) = (*reach, *any + 1);
            }
            _ => return false,
        }
    }
}
