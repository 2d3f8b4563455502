//! Queries: the language in which beets selects items and albums.
//!
//! A query is a list of alternatives, each a list of terms. beets has two ways to evaluate one,
//! which differ in much (case, NULL, lists, types): its database does, if every term is about a
//! column; else, and always for the keys of `paths`, its own code does. [`Query::selects`] picks
//! the way as beets would; [`Query::matches`] takes the second.

mod bareasc;
mod bind;
mod date;
mod error;
mod fuzzy;
mod number;
mod parse;
mod path;
mod stored;
#[cfg(test)]
mod tests;
mod typed;

use std::collections::BTreeSet;

use crate::{Entity, RawValue, Regex, Value};
pub use bareasc::ToAscii;
pub use bind::{Binding, BoundRow};
pub use error::QueryError;
pub use parse::{ParseContext, PluginQueries};

/// A parsed query.
#[derive(Debug)]
pub struct Query {
    root: Node,
    entity: Entity,
}

#[derive(Debug)]
enum Node {
    True,
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Field(Leaf),
}

/// A test of one field.
#[derive(Debug)]
struct Leaf {
    field: String,
    /// Whether the field is a column of items or albums.
    is_column: bool,
    test: Test,
}

#[derive(Debug)]
enum Test {
    /// The text contains this, ignoring case.
    Substring(Folded),
    /// The text is this, ignoring case.
    Whole(Folded),
    /// The value is this text.
    Exact(String),
    Regex(Box<Regex>),
    Null,
    Bool(bool),
    Number(number::Interval),
    Date(date::Interval),
    Path(path::PathTest),
    Fuzzy(fuzzy::FuzzyTest),
    BareAscii(bareasc::BareTest),
}

/// A text to be found whatever the case: the database folds it itself, Python beforehand.
#[derive(Debug)]
struct Folded {
    text: String,
    lower: String,
}

impl Folded {
    fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            lower: text.to_lowercase(),
        }
    }
}

/// A row as the database stores it.
pub trait StoredRow {
    /// Returns a column of the item, or of the album if only albums have it; NULL without either.
    fn stored(&self, column: &str) -> RawValue<'_>;
}

/// A row as beets' own code sees it.
pub trait TypedRow {
    /// Returns a value by name: computed, column, or attribute, the latter whatever its case; of
    /// the item, or else of its album. `None` if neither has it.
    fn typed(&self, name: &str) -> Option<Value>;

    /// Tells whether the item or its album has the name in exactly this case.
    fn has(&self, name: &str) -> bool;
}

impl Query {
    /// Parses a query.
    ///
    /// # Errors
    ///
    /// [`QueryError`] with the place of what is wrong, where beets would refuse the query.
    pub fn parse(text: &str, context: &ParseContext<'_>) -> Result<Self, QueryError> {
        let root = parse::query(text, context)?;
        Ok(Self {
            root,
            entity: context.entity,
        })
    }

    /// Returns what the query selects.
    pub fn entity(&self) -> Entity {
        self.entity
    }

    /// Returns the names of the fields that the query is about, in lower case.
    pub fn fields(&self) -> BTreeSet<&str> {
        let mut fields = BTreeSet::new();
        self.root.leaves(&mut |leaf| {
            fields.insert(leaf.field.as_str());
        });
        fields
    }

    /// Tells whether every term is about a column, so that beets' database decides.
    pub fn is_stored(&self) -> bool {
        let mut stored = true;
        self.root.leaves(&mut |leaf| stored &= leaf.is_column);
        stored
    }

    /// Tells whether `beet ls` with this query lists the row.
    ///
    /// # Errors
    ///
    /// [`QueryError::Regex`] if a regular expression backtracks without end.
    pub fn selects(&self, row: &(impl StoredRow + TypedRow)) -> Result<bool, QueryError> {
        if self.is_stored() {
            self.matches_stored(row)
        } else {
            self.matches(row)
        }
    }

    /// Tells whether the database would select the row; every field must be a column.
    ///
    /// # Errors
    ///
    /// As for [`Query::selects`].
    pub fn matches_stored(&self, row: &impl StoredRow) -> Result<bool, QueryError> {
        Ok(self.root.stored(row)? == Some(true))
    }

    /// Tells whether beets' own code finds that the row matches, as for the keys of `paths`.
    ///
    /// # Errors
    ///
    /// As for [`Query::selects`].
    pub fn matches(&self, row: &impl TypedRow) -> Result<bool, QueryError> {
        self.root.typed(row)
    }
}

impl Node {
    fn leaves<'q>(&'q self, visit: &mut impl FnMut(&'q Leaf)) {
        match self {
            Self::True => {}
            Self::All(nodes) | Self::Any(nodes) => {
                for node in nodes {
                    node.leaves(visit);
                }
            }
            Self::Not(node) => node.leaves(visit),
            Self::Field(leaf) => visit(leaf),
        }
    }
}
