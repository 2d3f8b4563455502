//! Regular expressions in the dialect of Python 3.11's `re`, over an engine with another dialect.
//!
//! beets' `replace` table, its `rewrite` and `substitute` rules and its `::` queries are Python
//! patterns. They are parsed by Python's rules, and written anew for the engine with everything
//! spelled out in which the two differ.

mod class;
mod emit;
mod escape;
mod group;
mod parse;
mod replace;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use parse::Refusal;
use replace::Piece;

/// Steps of backtracking after which a search is given up.
const BACKTRACK_LIMIT: usize = 1_000_000;
/// Bytes that one compiled automaton may take.
const SIZE_LIMIT: usize = 8 << 20;
/// Instructions that a compiled pattern may have.
const PROGRAM_LIMIT: usize = 200_000;

/// Why a pattern cannot be used, or a search not be finished.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegexError {
    /// The pattern is not one that Python would accept, or one that cannot be translated.
    #[error("regular expression {pattern:?}: {reason}, at character {}", at + 1)]
    Pattern {
        /// The pattern.
        pattern: String,
        /// Index of the offending character.
        at: usize,
        /// What is wrong.
        reason: String,
    },
    /// The replacement is not one that Python would accept for the pattern.
    #[error("replacement {template:?} of regular expression {pattern:?}: {reason}, at character {}", at + 1)]
    Replacement {
        /// The pattern.
        pattern: String,
        /// The replacement.
        template: String,
        /// Index of the offending character.
        at: usize,
        /// What is wrong.
        reason: String,
    },
    /// The pattern is too large for the engine.
    #[error("regular expression {pattern:?} cannot be compiled: {reason}")]
    Engine {
        /// The pattern.
        pattern: String,
        /// What the engine says.
        reason: String,
    },
    /// The search took too many steps.
    #[error("regular expression {pattern:?} backtracks too much; make it more specific")]
    TooComplex {
        /// The pattern.
        pattern: String,
    },
}

/// A compiled pattern.
pub struct Regex {
    pattern: String,
    parsed: parse::Parsed,
    /// Engines for texts that end in a line break, and for those that do not.
    exact: Engines,
    plain: Option<Engines>,
}

impl fmt::Debug for Regex {
    /// Shows the pattern, which decides everything else.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Regex").field(&self.pattern).finish()
    }
}

/// What a match has to do.
#[derive(Debug, Clone, Copy)]
enum Mode {
    /// Anything.
    Any,
    /// Not be empty where the search starts.
    Advance,
    /// Begin where the text begins.
    Start,
    /// Cover the text.
    Full,
}

type Compiled = Result<fancy_regex::Regex, String>;

/// A pattern as the engine reads it, compiled for each mode when it is first asked for.
#[derive(Debug)]
struct Engines {
    source: String,
    compiled: [OnceLock<Compiled>; 4],
}

impl Engines {
    fn new(source: String) -> Self {
        Self {
            source,
            compiled: Default::default(),
        }
    }

    fn get(&self, mode: Mode) -> Result<&fancy_regex::Regex, &String> {
        let source = &self.source;
        let compiled = self.compiled[mode as usize].get_or_init(|| match mode {
            Mode::Any => compile(source),
            Mode::Advance => compile(&format!(r"(?:{source})(?!\G)")),
            Mode::Start => compile(&format!(r"\A(?:{source})")),
            Mode::Full => compile(&format!(r"\A(?:{source})\z")),
        });
        compiled.as_ref()
    }
}

fn compile(source: &str) -> Compiled {
    let built = fancy_regex::RegexBuilder::new(source)
        .backtrack_limit(BACKTRACK_LIMIT)
        .delegate_size_limit(SIZE_LIMIT)
        .max_prog_size(PROGRAM_LIMIT)
        .build();
    built.map_err(|error| error.to_string())
}

impl Regex {
    /// Compiles a pattern, as `re.compile(pattern)` would.
    ///
    /// # Errors
    ///
    /// [`RegexError::Pattern`] if Python would refuse it or it cannot be translated,
    /// [`RegexError::Engine`] if it is too large.
    pub fn new(pattern: &str) -> Result<Self, RegexError> {
        Self::with_case(pattern, false)
    }

    /// Compiles a pattern, as `re.compile(pattern, re.IGNORECASE)` would.
    ///
    /// # Errors
    ///
    /// As for [`Regex::new`].
    pub fn ignoring_case(pattern: &str) -> Result<Self, RegexError> {
        Self::with_case(pattern, true)
    }

    fn with_case(pattern: &str, ignore_case: bool) -> Result<Self, RegexError> {
        let parsed = parse::parse(pattern, ignore_case).map_err(|Refusal { at, reason }| {
            RegexError::Pattern {
                pattern: pattern.into(),
                at,
                reason,
            }
        })?;
        let plain = emit::has_end(&parsed.node).then(|| emit::emit(&parsed.node, true));
        let regex = Self {
            pattern: pattern.into(),
            exact: Engines::new(emit::emit(&parsed.node, false)),
            plain: plain.map(Engines::new),
            parsed,
        };
        regex.engine("", Mode::Any)?;
        Ok(regex)
    }

    /// Returns the pattern as it was given.
    pub fn as_str(&self) -> &str {
        &self.pattern
    }

    /// Returns whether the pattern matches anywhere in the text, as `re.search` does.
    ///
    /// # Errors
    ///
    /// [`RegexError::TooComplex`] if the search takes too many steps.
    pub fn search(&self, text: &str) -> Result<bool, RegexError> {
        self.is_match(text, Mode::Any)
    }

    /// Returns whether the pattern matches at the start of the text, as `re.match` does.
    ///
    /// # Errors
    ///
    /// As for [`Regex::search`].
    pub fn match_start(&self, text: &str) -> Result<bool, RegexError> {
        self.is_match(text, Mode::Start)
    }

    /// Returns whether the pattern matches the whole text, as `re.fullmatch` does.
    ///
    /// # Errors
    ///
    /// As for [`Regex::search`].
    pub fn full_match(&self, text: &str) -> Result<bool, RegexError> {
        self.is_match(text, Mode::Full)
    }

    fn is_match(&self, text: &str, mode: Mode) -> Result<bool, RegexError> {
        self.engine(text, mode)?
            .is_match(text)
            .map_err(|error| self.runtime_error(&error))
    }

    /// Returns how many groups the pattern captures.
    pub fn groups(&self) -> usize {
        self.parsed.groups
    }

    /// Returns the first match, or its group if the pattern has just one: the first text that
    /// `re.findall` finds with a pattern of at most one group.
    ///
    /// ```
    /// let article = catalog::Regex::new(r"^(the|a)\s")?;
    /// assert_eq!(article.find("the end")?, Some("the"));
    /// # Ok::<(), catalog::RegexError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Regex::search`].
    pub fn find<'t>(&self, text: &'t str) -> Result<Option<&'t str>, RegexError> {
        let found = self.engine(text, Mode::Any)?.captures(text);
        let found = found.map_err(|error| self.runtime_error(&error))?;
        let group = usize::from(self.groups() == 1);
        Ok(found.map(|captures| captures.get(group).map_or("", |found| found.as_str())))
    }

    /// Checks a replacement template, so that errors show before any text is at hand.
    ///
    /// # Errors
    ///
    /// [`RegexError::Replacement`] if Python would refuse the template.
    pub fn check_template(&self, template: &str) -> Result<(), RegexError> {
        self.pieces(template).map(|_| ())
    }

    /// Replaces every match by the template, as `re.sub` does.
    ///
    /// # Errors
    ///
    /// [`RegexError::Replacement`] if Python would refuse the template, [`RegexError::TooComplex`]
    /// if the search takes too many steps.
    pub fn sub<'t>(&self, text: &'t str, template: &str) -> Result<Cow<'t, str>, RegexError> {
        // Most templates name no group, and then the engine need not find any.
        if !template.contains('\\') {
            return self.replace(text, |engine, start, out| {
                let Some(found) = engine.find_from_pos(text, start)? else {
                    return Ok(None);
                };
                out.push_str(text.get(start..found.start()).unwrap_or(""));
                out.push_str(template);
                Ok(Some(found.range()))
            });
        }
        let pieces = self.pieces(template)?;
        self.replace(text, |engine, start, out| {
            let Some(captures) = engine.captures_from_pos(text, start)? else {
                return Ok(None);
            };
            let group = |group| captures.get(group).map_or(0..0, |group| group.range());
            out.push_str(text.get(start..group(0).start).unwrap_or(""));
            for piece in &pieces {
                match piece {
                    Piece::Text(text) => out.push_str(text),
                    Piece::Group(number) => out.push_str(text.get(group(*number)).unwrap_or("")),
                }
            }
            Ok(Some(group(0)))
        })
    }

    /// Replaces match after match.
    ///
    /// `next` finds one from an offset on, appends what is before it and what replaces it, and
    /// returns where it is.
    fn replace<'t>(
        &self,
        text: &'t str,
        next: impl Fn(
            &fancy_regex::Regex,
            usize,
            &mut String,
        ) -> fancy_regex::Result<Option<Range<usize>>>,
    ) -> Result<Cow<'t, str>, RegexError> {
        let (mut out, mut start, mut mode) = (String::new(), 0, Mode::Any);
        loop {
            let found = next(self.engine(text, mode)?, start, &mut out);
            let Some(found) = found.map_err(|error| self.runtime_error(&error))? else {
                break;
            };
            start = found.end;
            // An empty match is followed by one that goes on, from the same place.
            mode = if found.is_empty() {
                Mode::Advance
            } else {
                Mode::Any
            };
        }
        if start == 0 && out.is_empty() {
            return Ok(Cow::Borrowed(text));
        }
        out.push_str(text.get(start..).unwrap_or(""));
        Ok(Cow::Owned(out))
    }

    fn pieces(&self, template: &str) -> Result<Vec<Piece>, RegexError> {
        let parsed = replace::parse(template, self.parsed.groups, &self.parsed.names);
        parsed.map_err(|Refusal { at, reason }| RegexError::Replacement {
            pattern: self.pattern.clone(),
            template: template.into(),
            at,
            reason,
        })
    }

    fn engine(&self, text: &str, mode: Mode) -> Result<&fancy_regex::Regex, RegexError> {
        let engines = match &self.plain {
            Some(plain) if !text.ends_with('\n') => plain,
            _ => &self.exact,
        };
        engines
            .get(mode)
            .map_err(|reason| self.engine_error(reason))
    }

    fn engine_error(&self, reason: &str) -> RegexError {
        RegexError::Engine {
            pattern: self.pattern.clone(),
            reason: reason.into(),
        }
    }

    fn runtime_error(&self, error: &fancy_regex::Error) -> RegexError {
        let pattern = self.pattern.clone();
        match error {
            fancy_regex::Error::RuntimeError(
                fancy_regex::RuntimeError::BacktrackLimitExceeded
                | fancy_regex::RuntimeError::StackOverflow,
            ) => RegexError::TooComplex { pattern },
            error => RegexError::Engine {
                pattern,
                reason: error.to_string(),
            },
        }
    }
}
