//! The arguments of `%aunique` and `%sunique`. The search itself needs the library.

use crate::functions::Builtin;

/// The configured defaults of `%aunique` or `%sunique`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UniqueDefaults {
    /// The fields that decide whether two are alike, separated by white space.
    pub keys: String,
    /// The fields that may tell them apart, in order of preference.
    pub disambiguators: String,
    /// The two characters around the result; anything but two characters means none.
    pub bracket: String,
}

impl UniqueDefaults {
    /// Returns beets' defaults for `%aunique`.
    pub fn aunique() -> Self {
        Self {
            keys: "albumartist album".to_owned(),
            disambiguators: "albumtype year label catalognum albumdisambig releasegroupdisambig"
                .to_owned(),
            bracket: "[]".to_owned(),
        }
    }

    /// Returns beets' defaults for `%sunique`.
    pub fn sunique() -> Self {
        Self {
            keys: "artist title".to_owned(),
            disambiguators: "year trackdisambig".to_owned(),
            bracket: "[]".to_owned(),
        }
    }
}

/// The arguments of one call, as they were given.
///
/// beets remembers results by function, keys, disambiguators (both as given) and the id of the item
/// or album, **not** by bracket: the first evaluation wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UniqueArguments<'a> {
    /// The first argument.
    pub keys: Option<&'a str>,
    /// The second.
    pub disambiguators: Option<&'a str>,
    /// The third.
    pub bracket: Option<&'a str>,
}

impl<'a> UniqueArguments<'a> {
    /// Reads the arguments of a call of `function`, `aunique` or `sunique`.
    ///
    /// # Errors
    ///
    /// Returns Python's message if there are too many.
    pub fn new(function: &str, arguments: &[&'a str]) -> Result<Self, String> {
        let builtin = if function == "sunique" {
            Builtin::Sunique
        } else {
            Builtin::Aunique
        };
        builtin.check_arity(arguments.len())?;
        let argument = |at: usize| arguments.get(at).copied();
        Ok(Self {
            keys: argument(0),
            disambiguators: argument(1),
            bracket: argument(2),
        })
    }

    /// Returns the keys, the configured ones for an empty or absent argument.
    pub fn keys<'b>(&self, defaults: &'b UniqueDefaults) -> Vec<&'b str>
    where
        'a: 'b,
    {
        words(self.keys, &defaults.keys)
    }

    /// Returns the disambiguators, the configured ones for an empty or absent argument.
    pub fn disambiguators<'b>(&self, defaults: &'b UniqueDefaults) -> Vec<&'b str>
    where
        'a: 'b,
    {
        words(self.disambiguators, &defaults.disambiguators)
    }

    /// Appends a disambiguating text in its brackets, after a space.
    pub fn wrap(&self, text: &str, defaults: &UniqueDefaults, out: &mut String) {
        let mut bracket = self.bracket.unwrap_or(&defaults.bracket).chars();
        let pair = match (bracket.next(), bracket.next(), bracket.next()) {
            (Some(left), Some(right), None) => Some((left, right)),
            _ => None,
        };
        out.push(' ');
        out.extend(pair.map(|(left, _)| left));
        out.push_str(text);
        out.extend(pair.map(|(_, right)| right));
    }
}

fn words<'b>(argument: Option<&'b str>, default: &'b str) -> Vec<&'b str> {
    let text = argument.filter(|text| !text.is_empty()).unwrap_or(default);
    text.split(crate::python::is_space)
        .filter(|word| !word.is_empty())
        .collect()
}
