//! The functions that beets builds in, and how many arguments they take.

use crate::environment::{Environment, Failure};
use crate::options::Options;
use crate::{python, time};

mod case;
mod slice;
pub(crate) mod unique;

/// Why a function appended nothing of use.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Python's exception text.
    Message(String),
    /// The environment refuses.
    Refused(String),
    /// The result would grow past the limit.
    TooLong,
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Message(message) => Self::Message(message),
            Failure::Refused(reason) => Self::Refused(reason),
        }
    }
}

/// A built-in function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Builtin {
    Asciify,
    Aunique,
    Capitalize,
    First,
    If,
    Ifdef,
    Left,
    Lower,
    Right,
    Sunique,
    Time,
    Title,
    Upper,
}

/// A Python function's parameters, as its errors about them speak of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signature<'s> {
    /// The function's qualified name.
    pub(crate) name: &'s str,
    /// The required parameters.
    pub(crate) required: &'s [&'s str],
    /// How many more it takes.
    pub(crate) optional: usize,
    /// Whether errors count the object the method belongs to.
    pub(crate) method: bool,
}

impl Signature<'_> {
    /// Checks a number of arguments, or returns the text of Python's `TypeError`.
    pub(crate) fn check(&self, given: usize) -> Result<(), String> {
        let name = self.name;
        // There is always an argument and never a third that is required, so one is missing at most.
        if let Some(missing) = self.required.get(given) {
            return Err(format!(
                "{name}() missing 1 required positional argument: '{missing}'"
            ));
        }
        let most = self.required.len() + self.optional;
        if given <= most {
            return Ok(());
        }
        let counted = usize::from(self.method);
        let (least, most, given) = (
            self.required.len() + counted,
            most + counted,
            given + counted,
        );
        Err(match (self.optional, most) {
            (0, 1) => format!("{name}() takes 1 positional argument but {given} were given"),
            (0, _) => format!("{name}() takes {most} positional arguments but {given} were given"),
            _ => format!(
                "{name}() takes from {least} to {most} positional arguments but {given} were given"
            ),
        })
    }
}

impl Builtin {
    /// Returns the function of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "asciify" => Self::Asciify,
            "aunique" => Self::Aunique,
            "capitalize" => Self::Capitalize,
            "first" => Self::First,
            "if" => Self::If,
            "ifdef" => Self::Ifdef,
            "left" => Self::Left,
            "lower" => Self::Lower,
            "right" => Self::Right,
            "sunique" => Self::Sunique,
            "time" => Self::Time,
            "title" => Self::Title,
            "upper" => Self::Upper,
            _ => return None,
        })
    }

    fn signature(self) -> Signature<'static> {
        let function = |name, required, optional| Signature {
            name,
            required,
            optional,
            method: false,
        };
        let method = |name, required, optional| Signature {
            name,
            required,
            optional,
            method: true,
        };
        match self {
            Self::Asciify => function("DefaultTemplateFunctions.tmpl_asciify", &["s"], 0),
            Self::Aunique => method("DefaultTemplateFunctions.tmpl_aunique", &[], 3),
            Self::Capitalize => function("DefaultTemplateFunctions.tmpl_capitalize", &["s"], 0),
            Self::First => function("DefaultTemplateFunctions.tmpl_first", &["s"], 4),
            Self::If => function(
                "DefaultTemplateFunctions.tmpl_if",
                &["condition", "trueval"],
                1,
            ),
            Self::Ifdef => method("DefaultTemplateFunctions.tmpl_ifdef", &["field"], 2),
            Self::Left => function("DefaultTemplateFunctions.tmpl_left", &["s", "chars"], 0),
            Self::Lower => function("DefaultTemplateFunctions.tmpl_lower", &["s"], 0),
            Self::Right => function("DefaultTemplateFunctions.tmpl_right", &["s", "chars"], 0),
            Self::Sunique => method("DefaultTemplateFunctions.tmpl_sunique", &[], 3),
            Self::Time => function("DefaultTemplateFunctions.tmpl_time", &["s", "fmt"], 0),
            Self::Title => function("DefaultTemplateFunctions.tmpl_title", &["s"], 0),
            Self::Upper => function("DefaultTemplateFunctions.tmpl_upper", &["s"], 0),
        }
    }

    /// Checks the number of arguments, or returns the text of Python's `TypeError`.
    pub(crate) fn check_arity(self, given: usize) -> Result<(), String> {
        self.signature().check(given)
    }

    /// Appends what the function gives for its arguments.
    pub(crate) fn call(
        self,
        arguments: &[&str],
        environment: &dyn Environment,
        options: &Options,
        out: &mut String,
    ) -> Result<(), Fault> {
        self.check_arity(arguments.len()).map_err(Fault::Message)?;
        // The arity holds, so a required argument is never the default.
        let argument = |at: usize| arguments.get(at).copied().unwrap_or("");
        let text = argument(0);
        match self {
            Self::Lower => case::lower(text, out),
            Self::Upper => case::upper(text, out),
            Self::Capitalize => case::capitalize(text, out),
            Self::Title => case::title(text, out),
            Self::Left => slice::left(text, argument(1), out)?,
            Self::Right => slice::right(text, argument(1), out)?,
            Self::First => slice::first(arguments, out)?,
            Self::If => out.push_str(argument(if holds(text) { 1 } else { 2 })),
            Self::Ifdef if !environment.defines(text)? => out.push_str(argument(2)),
            Self::Ifdef if argument(1).is_empty() => environment.display(text, out)?,
            Self::Ifdef => out.push_str(argument(1)),
            Self::Asciify => options.asciify(text, out),
            Self::Time => time::reformat(text, argument(1), options, out)?,
            // These need the library: an environment without one has nothing to tell apart.
            Self::Aunique | Self::Sunique => {}
        }
        Ok(())
    }
}

/// Returns whether `%if` takes a condition for true: a number other than 0, or any other text but
/// none at all and "false".
fn holds(condition: &str) -> bool {
    match python::int(python::strip(condition)) {
        Ok(number) => number != 0,
        Err(_) => !condition.is_empty() && !condition.eq_ignore_ascii_case("false"),
    }
}
