//! What can keep a template from giving a name.

use std::ops::Range;

/// A half-open byte range of a template's source.
pub type Span = Range<usize>;

/// A template that cannot be compiled, or an evaluation that must not end in a name.
///
/// beets takes nearly everything: malformed parts stay in the name as literal text, and a failing
/// function leaves its message there. What is left is what beets itself dies of, and what this
/// program must not guess at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
#[non_exhaustive]
pub struct Error {
    /// The part of the template that is at fault.
    pub span: Span,
    /// What is wrong with it.
    pub kind: Kind,
}

/// What is wrong with a template or its evaluation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Kind {
    /// Calls are nested more deeply than [`MAX_DEPTH`](crate::MAX_DEPTH).
    #[error("function calls are nested more than {limit} deep")]
    TooDeep {
        /// The number of levels allowed.
        limit: usize,
    },
    /// The source is longer than [`MAX_SOURCE`](crate::MAX_SOURCE).
    #[error("the template is {len} bytes long, more than {limit}")]
    SourceTooLong {
        /// The length of the source.
        len: usize,
        /// The length allowed.
        limit: usize,
    },
    /// A value grew past [`MAX_OUTPUT`](crate::MAX_OUTPUT) while functions worked on it.
    #[error("the text grows past {limit} bytes")]
    OutputTooLong {
        /// The length allowed.
        limit: usize,
    },
    /// The environment knows the field or function and cannot compute it here.
    #[error("`{name}` cannot be computed: {reason}")]
    Refused {
        /// The field or function.
        name: String,
        /// Why, in the environment's words.
        reason: String,
    },
    /// The environment failed to give the value of a field.
    #[error("the value of `{name}` failed: {message}")]
    Value {
        /// The field.
        name: String,
        /// The environment's message.
        message: String,
    },
}
