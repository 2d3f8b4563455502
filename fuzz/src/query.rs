//! Parts: settings (a byte of flags), query, then values of the row's fields, in their order.

use catalog::{
    Entity, ParseContext, PluginQueries, Query, QueryError, RawValue, StoredRow, Type, TypedRow,
    Types, Value,
};
use jiff::civil::date;
use jiff::tz::TimeZone;

use crate::Parts;

/// A row of few fields, some of each type.
struct Row<'d> {
    text: String,
    list: Vec<String>,
    number: &'d [u8],
    path: &'d [u8],
}

impl Row<'_> {
    fn int(&self) -> i64 {
        let mut bytes = [0; 8];
        let n = self.number.len().min(8);
        bytes[..n].copy_from_slice(&self.number[..n]);
        i64::from_le_bytes(bytes)
    }
}

impl StoredRow for Row<'_> {
    fn stored(&self, column: &str) -> RawValue<'_> {
        match column {
            "title" | "genres" => RawValue::Text(self.text.as_bytes()),
            "artist" => RawValue::Blob(self.path),
            "path" => RawValue::Blob(self.path),
            "year" => RawValue::Int(self.int()),
            "length" | "added" => RawValue::Real(f64::from_bits(self.int().cast_unsigned())),
            // Columns have no types in this database.
            "comments" => RawValue::Int(self.int()),
            "month" => RawValue::Text(self.text.as_bytes()),
            _ => RawValue::Null,
        }
    }
}

impl TypedRow for Row<'_> {
    fn typed(&self, name: &str) -> Option<Value> {
        Some(match name {
            "title" | "month" | "mood" => Value::Text(self.text.clone()),
            "genres" => Value::List(self.list.clone()),
            "path" | "artist" => Value::Bytes(self.path.to_vec()),
            "year" | "comments" => Value::Int(self.int()),
            "length" | "added" => Value::Float(f64::from_bits(self.int().cast_unsigned())),
            "comp" => Value::Bool(self.int() == 0),
            "album" => Value::Null,
            "stars" => Value::BigInt("123456789012345678901234567890".into()),
            _ => return None,
        })
    }

    fn has(&self, name: &str) -> bool {
        self.typed(name).is_some()
    }
}

pub fn check(data: &[u8]) {
    let mut parts = Parts::new(data);
    let flags = parts.choice();
    let query = parts.text();
    let row = Row {
        text: parts.text(),
        list: vec![parts.text(), parts.text()],
        number: parts.bytes(),
        path: parts.bytes(),
    };
    let mut types = Types::default();
    types.declare("stars", Type::Int);
    types.enable("mpdstats");
    let plugins = PluginQueries {
        fuzzy: (flags & 2 != 0).then(|| ("~".to_owned(), 0.7)),
        bareasc: (flags & 4 != 0).then(|| "#".to_owned()),
        playlist: flags & 4 != 0,
    };
    let context = ParseContext {
        entity: if flags & 1 == 0 {
            Entity::Item
        } else {
            Entity::Album
        },
        types: &types,
        directory: b"/music",
        working_directory: b"/music/new",
        home: Some(b"/home/me"),
        now: date(2024, 2, 29).at(12, 0, 0, 0),
        zone: TimeZone::UTC,
        plugins: &plugins,
        exists: &|path| path.ends_with(b"e"),
    };
    match Query::parse(&query, &context) {
        Ok(query) => ask(&query, &row),
        Err(error) => explain(&query, &error),
    }
}

fn ask(query: &Query, row: &Row<'_>) {
    for name in query.fields() {
        assert_eq!(name, name.to_lowercase());
    }
    let typed = query.matches(row);
    let selected = query.selects(row);
    if query.is_stored() {
        drop(query.matches_stored(row));
    } else {
        assert_eq!(selected, typed);
    }
}

fn explain(text: &str, error: &QueryError) {
    assert!(!error.to_string().is_empty());
    assert!(error.render().contains('^'));
    match error {
        QueryError::Words { query, at, .. } => {
            assert_eq!(query, text);
            assert!(text.is_char_boundary(*at), "{at} in {text:?}");
        }
        QueryError::Term { query, span, .. } => {
            assert_eq!(query, text);
            assert!(text.get(span.clone()).is_some(), "{span:?} of {text:?}");
        }
        error => panic!("parsing gave an error of evaluation: {error}"),
    }
}
