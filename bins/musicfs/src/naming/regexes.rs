//! Python's regular expressions for the ports of `pathfmt`.
//!
//! A search that backtracks without end gives up and changes nothing; that is said once for each
//! expression, since a name must not depend on how long one waited.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

use catalog::{Regex, RegexError};
use pathfmt::{Pattern, Replace};

/// A regular expression that says once if it cannot be run.
#[derive(Debug)]
pub(super) struct Expression {
    regex: Regex,
    warned: AtomicBool,
}

impl Expression {
    pub(super) fn new(regex: Regex) -> Self {
        Self {
            regex,
            warned: AtomicBool::new(false),
        }
    }

    fn or<T>(&self, result: Result<T, RegexError>, otherwise: T) -> T {
        result.unwrap_or_else(|error| {
            if !self.warned.swap(true, Ordering::Relaxed) {
                tracing::warn!(%error, "regular expression left out");
            }
            otherwise
        })
    }
}

/// An expression and what takes the place of its matches.
#[derive(Debug)]
pub(super) struct Substitution {
    expression: Expression,
    replacement: String,
}

impl Substitution {
    /// Checks the replacement too, so that replacing cannot fail for its sake.
    pub(super) fn new(regex: Regex, replacement: &str) -> Result<Self, RegexError> {
        regex.check_template(replacement)?;
        Ok(Self {
            expression: Expression::new(regex),
            replacement: replacement.to_owned(),
        })
    }
}

impl Replace for Substitution {
    fn replace<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let replaced = self.expression.regex.sub(text, &self.replacement);
        self.expression.or(replaced, Cow::Borrowed(text))
    }
}

impl Pattern for Expression {
    fn matches_start(&self, text: &str) -> bool {
        self.or(self.regex.match_start(text), false)
    }

    fn first<'t>(&self, text: &'t str) -> Result<Option<&'t str>, String> {
        if self.regex.groups() > 1 {
            let found = self.or(self.regex.search(text), false);
            let message = "'tuple' object has no attribute 'strip'";
            return if found {
                Err(message.to_owned())
            } else {
                Ok(None)
            };
        }
        Ok(self.or(self.regex.find(text), None))
    }

    fn remove<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.or(self.regex.sub(text, ""), Cow::Borrowed(text))
    }
}
