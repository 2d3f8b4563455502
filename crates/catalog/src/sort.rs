//! The order in which beets has items: `sort_item`.

use std::cmp::Ordering;

use crate::db::quoted;
use crate::{Item, Value};

/// A key by which items are sorted. The case of letters does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortBy {
    /// The name of the field: a column, or an attribute. `artist` stands for `artist_sort` where that is
    /// given.
    pub field: String,
    /// Whether the greatest comes first.
    pub descending: bool,
}

impl SortBy {
    /// Reads a key such as `artist+`, as beets' `construct_sort_part` does; `None` where that fails.
    pub fn parse(key: &str) -> Option<Self> {
        let ascending = key.strip_suffix('+').map(|field| (field, false));
        let (field, descending) =
            ascending.or_else(|| key.strip_suffix('-').map(|field| (field, true)))?;
        (!field.is_empty()).then(|| Self {
            field: field.to_owned(),
            descending,
        })
    }

    /// Puts an order the way round that is asked for.
    pub fn directed(&self, order: Ordering) -> Ordering {
        if self.descending {
            order.reverse()
        } else {
            order
        }
    }

    /// Compares items as beets does in Python: see [`SortBy::compare_values`].
    pub(crate) fn compare(&self, one: &Item, two: &Item) -> Ordering {
        let value = |item: &Item| match item.get("artist_sort") {
            preferred if self.field == "artist" && preferred.is_truthy() => preferred,
            _ => item.get(&self.field),
        };
        self.directed(Self::compare_values(&value(one), &value(two)))
    }

    /// Compares values as Python orders them; what is missing is empty text.
    pub fn compare_values(one: &Value, two: &Value) -> Ordering {
        let text = |value: &Value| match value {
            Value::Text(text) => text.to_lowercase(),
            Value::List(texts) => texts.join("\0"),
            _ => String::new(),
        };
        match (one.as_f64(), two.as_f64()) {
            (Some(one), Some(two)) => one.total_cmp(&two),
            (Some(_), None) => Ordering::Greater,
            (None, Some(_)) => Ordering::Less,
            (None, None) => text(one).cmp(&text(two)),
        }
    }

    /// Returns the term by which beets has the database sort, where `known` are its columns.
    pub(crate) fn sql(&self, known: &[String]) -> String {
        let field = quoted(&self.field);
        let order = if self.descending { "DESC" } else { "ASC" };
        if self.field == "artist" && known.iter().any(|column| column == "artist_sort") {
            return format!("COALESCE(NULLIF(artist_sort, ''), artist) COLLATE NOCASE {order}");
        }
        format!(
            "CASE WHEN typeof({field}) IN ('text', 'blob') THEN lower({field}) ELSE {field} END {order}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_a_field_and_a_direction() {
        let key = |key| SortBy::parse(key).map(|key| (key.field, key.descending));
        assert_eq!(key("artist+"), Some(("artist".to_owned(), false)));
        assert_eq!(key("a+b--"), Some(("a+b-".to_owned(), true)));
        for wrong in ["artist", "+", "-", ""] {
            assert_eq!(key(wrong), None, "{wrong:?}");
        }
    }
}
