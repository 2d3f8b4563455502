//! `%substitute`: a list of replacements, one after the other.

use std::borrow::Cow;
use std::sync::Arc;

use crate::environment::Failure;
use crate::functions::Signature;
use crate::pattern::Replace;

/// The `substitute` plugin.
#[derive(Clone, Default)]
pub struct Substitute {
    /// The rules, in order; the expressions ignore case.
    pub rules: Vec<Arc<dyn Replace>>,
}

impl std::fmt::Debug for Substitute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Substitute({} rules)", self.rules.len())
    }
}

impl Substitute {
    /// Appends what `%substitute{text}` gives.
    ///
    /// # Errors
    ///
    /// Returns Python's message if there are too many arguments.
    pub fn call(&self, arguments: &[&str], out: &mut String) -> Result<(), Failure> {
        let name = "Substitute.tmpl_substitute";
        Signature {
            name,
            required: &["text"],
            optional: 0,
            method: true,
        }
        .check(arguments.len())
        .map_err(Failure::Message)?;
        let given = arguments.first().copied().unwrap_or("");
        let mut text = Cow::Borrowed(given);
        // Of an empty text beets keeps nothing, whatever the rules say.
        for rule in self.rules.iter().filter(|_| !given.is_empty()) {
            text = rule.replace(&text).into_owned().into();
        }
        out.push_str(&text);
        Ok(())
    }
}
