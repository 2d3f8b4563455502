//! What can be wrong with a query.

use std::ops::Range;

use crate::RegexError;

/// Why a query cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The text cannot be split into words.
    #[error("query {query:?}: {reason} at byte {at}")]
    Words {
        /// The query.
        query: String,
        /// What is wrong.
        reason: String,
        /// Byte offset of the offending quote or backslash.
        at: usize,
    },
    /// A term is not what its field asks for.
    #[error("query {query:?}: {reason}, in {part:?} at byte {}", span.start)]
    Term {
        /// The query.
        query: String,
        /// The part of it, without its quotes.
        part: String,
        /// Where the part stands, in bytes.
        span: Range<usize>,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// A cell that a regular expression is to search is not UTF-8; beets gives up as well.
    #[error(
        "the query {field}::{pattern} meets a value of {field} that is not UTF-8, as in beets; search another field"
    )]
    NotUtf8 {
        /// The field.
        field: String,
        /// The regular expression.
        pattern: String,
    },
    /// The `bareasc` plugin is to search a cell that holds no text; beets gives up as well.
    #[error(
        "the bareasc term {term:?} meets a value of {field} that is no text, as in beets; search another field"
    )]
    NotText {
        /// The field.
        field: String,
        /// The term, without its prefix.
        term: String,
    },
    /// A regular expression could not be run to its end.
    #[error(transparent)]
    Regex(#[from] RegexError),
}

impl QueryError {
    /// Returns the message for someone who can see the query's text: with the line that is at
    /// fault, and carets below the part, where there is one.
    ///
    /// ```
    /// # use catalog::QueryError;
    /// let error = QueryError::Term {
    ///     query: "artist:Can year:197x".to_owned(),
    ///     part: "year:197x".to_owned(),
    ///     span: 11..20,
    ///     reason: "\"197x\" is not a number".to_owned(),
    /// };
    /// assert_eq!(error.render(), "\
    /// \"197x\" is not a number
    ///   artist:Can year:197x
    ///              ^^^^^^^^^
    /// ");
    /// ```
    pub fn render(&self) -> String {
        match self {
            Self::Words { query, reason, at } => picture(reason, query, *at..at + 1),
            Self::Term {
                query,
                span,
                reason,
                ..
            } => picture(reason, query, span.clone()),
            Self::NotUtf8 { .. } | Self::NotText { .. } | Self::Regex(_) => self.to_string(),
        }
    }
}

/// Draws carets under a part of a query, as far as it is on one line.
fn picture(message: &str, query: &str, part: Range<usize>) -> String {
    let before = query.get(..part.start).unwrap_or("");
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = query[line_start..].split('\n').next().unwrap_or("");
    let part = query.get(part).unwrap_or("").split('\n').next();
    let indent = before[line_start..].chars().count();
    let carets = part.unwrap_or("").chars().count().max(1);
    // A control character would tear the picture, and every character keeps its column.
    let blank = |letter: char| if letter.is_control() { ' ' } else { letter };
    let line: String = line.chars().map(blank).collect();
    format!("{message}\n  {line}\n  {:indent$}{:^<carets$}\n", "", "")
}
