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
