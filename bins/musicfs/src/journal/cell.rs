//! A column of a row, before and after.

use catalog::{Entity, ItemId, RawValue};
use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};

/// A value as a column holds it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Raw {
    Null,
    Int(i64),
    Real(f64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

/// What an edit changes in one column of one row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cell {
    pub(crate) entity: Entity,
    /// The number of the row.
    pub(crate) row: i64,
    /// The name of the column.
    pub(crate) field: String,
    pub(crate) old: Raw,
    pub(crate) new: Raw,
}

impl Cell {
    /// Returns whether it is the time by which beets sees whether to read a file again, which is set
    /// along with what is edited.
    pub(crate) fn is_mtime(&self) -> bool {
        self.entity == Entity::Item && self.field == "mtime"
    }

    /// Returns how the column is called in an edit of `item`, where it must be told from those of other
    /// rows.
    pub(crate) fn label(&self, item: ItemId) -> String {
        match self.entity {
            Entity::Item if self.row == item.0 => self.field.clone(),
            _ => format!("{} of {}", self.field, self.row_label()),
        }
    }

    /// Returns how the row is called.
    pub(crate) fn row_label(&self) -> String {
        match self.entity {
            Entity::Item => format!("item {}", self.row),
            Entity::Album => format!("album {}", self.row),
        }
    }
}

impl Raw {
    pub(crate) fn of(raw: Option<RawValue<'_>>) -> Self {
        match raw {
            None | Some(RawValue::Null) => Self::Null,
            Some(RawValue::Int(int)) => Self::Int(int),
            Some(RawValue::Real(real)) => Self::Real(real),
            Some(RawValue::Text(text)) => Self::Text(text.to_vec()),
            Some(RawValue::Blob(blob)) => Self::Blob(blob.to_vec()),
        }
    }

    pub(crate) fn borrow(&self) -> RawValue<'_> {
        match self {
            Self::Null => RawValue::Null,
            Self::Int(int) => RawValue::Int(*int),
            Self::Real(real) => RawValue::Real(*real),
            Self::Text(text) => RawValue::Text(text),
            Self::Blob(blob) => RawValue::Blob(blob),
        }
    }
}

impl ToSql for Raw {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(int) => ValueRef::Integer(*int),
            Self::Real(real) => ValueRef::Real(*real),
            Self::Text(text) => ValueRef::Text(text),
            Self::Blob(blob) => ValueRef::Blob(blob),
        }))
    }
}

impl FromSql for Raw {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(int) => Self::Int(int),
            ValueRef::Real(real) => Self::Real(real),
            ValueRef::Text(text) => Self::Text(text.to_vec()),
            ValueRef::Blob(blob) => Self::Blob(blob.to_vec()),
        })
    }
}
