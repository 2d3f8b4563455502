//! Parts of a template that beets takes literally although they look like syntax.

use std::fmt;

use crate::error::Span;

/// A part of a template that does not do what it seems to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The part.
    pub span: Span,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// `%name{` without its `}`.
    UnclosedCall,
    /// `${` without its `}`.
    UnclosedSymbol,
    /// `${}`.
    EmptySymbol,
    /// A `}` outside any call.
    StrayClose,
    /// `%name` without a `{`.
    CallWithoutArguments,
    /// A `$` or `%` that no name follows.
    LoneDelimiter,
    /// A built-in function that is called with the wrong number of arguments.
    Arity(String),
    /// A function that nobody provides; reported by [`Template::unknown_calls`](crate::Template::unknown_calls).
    UnknownFunction,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnclosedCall => "this call is never closed; it and the rest are literal text",
            Self::UnclosedSymbol => "`${` is never closed, so it is literal text",
            Self::EmptySymbol => "`${}` names no field, so `${` is literal text",
            Self::StrayClose => "`}` ends the template; it and the rest are literal text",
            Self::CallWithoutArguments => "no `{` follows this name, so it is literal text",
            Self::LoneDelimiter => "no name follows, so this is literal text",
            Self::Arity(message) => return write!(f, "this call fails: {message}"),
            Self::UnknownFunction => "no such function, so the call is literal text",
        })
    }
}

impl Diagnostic {
    /// Returns the message, the line of the source it is about, and a line of carets below it.
    ///
    /// ```
    /// let template = pathfmt::Template::parse("$album/%upper{$title")?;
    /// assert_eq!(template.diagnostics()[0].render(template.source()), "\
    /// this call is never closed; it and the rest are literal text
    ///   $album/%upper{$title
    ///          ^^^^^^^^^^^^^
    /// ");
    /// # Ok::<(), pathfmt::Error>(())
    /// ```
    pub fn render(&self, source: &str) -> String {
        render(&self.problem.to_string(), &self.span, source)
    }
}

impl crate::Error {
    /// Returns the message, the line of the source it is about, and a line of carets below it.
    pub fn render(&self, source: &str) -> String {
        render(&self.kind.to_string(), &self.span, source)
    }
}

/// Draws carets under a span. A span that is not of this source is drawn as if it were empty.
fn render(message: &str, span: &Span, source: &str) -> String {
    let before = source.get(..span.start).unwrap_or("");
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = source[line_start..].split('\n').next().unwrap_or("");
    let marked = source
        .get(span.clone())
        .unwrap_or("")
        .split('\n')
        .next()
        .unwrap_or("");
    let indent = before[line_start..].chars().count();
    let carets = marked.chars().count().max(1);
    // A control character would tear the picture, and every character keeps its column.
    let line: String = line
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    format!("{message}\n  {line}\n  {:indent$}{:^<carets$}\n", "", "")
}
