//! Compares the evaluation of stored cells with `SQLite` itself, on random cells and terms.

use proptest::prelude::*;
use rusqlite::types::{ToSqlOutput, Value as Sql};
use rusqlite::{Connection, ToSql, params_from_iter};

use super::{Cell, Row, parse};

const COLUMNS: [(&str, &str); 5] = [
    ("title", "TEXT"),
    ("year", "INTEGER"),
    ("rg_track_gain", "REAL"),
    ("length", "REAL"),
    ("path", "BLOB"),
];

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Owned(match self {
            Self::Null => Sql::Null,
            Self::Int(number) => Sql::Integer(*number),
            Self::Real(number) => Sql::Real(*number),
            Self::Text(text) => Sql::Text(text.clone()),
            Self::Blob(bytes) => Sql::Blob(bytes.clone()),
        }))
    }
}

fn cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        Just(Cell::Null),
        (-5_i64..2010).prop_map(Cell::Int),
        any::<i64>().prop_map(Cell::Int),
        prop_oneof![
            Just(0.5),
            Just(2003.0),
            Just(1e15),
            Just(1e-5),
            Just(1.0 / 3.0),
            -1e20..1e20
        ]
        .prop_map(Cell::Real),
        any::<f64>()
            .prop_filter("NaN is NULL", |number| !number.is_nan())
            .prop_map(Cell::Real),
        r"[aAéÉ%_\\0-9. e+-]{0,4}".prop_map(Cell::Text),
        "[aA0/]{0,3}".prop_map(|text| Cell::Blob(text.into_bytes())),
    ]
}

fn term() -> impl Strategy<Value = String> {
    prop_oneof![
        r"[aAéÉ%_\\0-9.]{0,3}",
        "-?[0-9]{1,4}(\\.[0-9])?(e[0-9])?",
        "[ \t]?[0-9]{1,3}\\.?[ \t]?",
        "0\\.[35]{1,16}",
    ]
}

/// A term, as text and as the SQL that beets makes of it.
fn leaf() -> impl Strategy<Value = (String, String, Vec<Cell>)> {
    let like = |term: &str| {
        term.replace('\\', "\\\\")
            .replace('%', "\\%")
            .replace('_', "\\_")
    };
    // beets' usual builds of SQLite let LIKE match no blob.
    let liked = |column: &str| {
        format!("(case typeof({column}) when 'blob' then 0 else {column} like ? escape '\\' end)")
    };
    let text = (0..COLUMNS.len(), 0..3, term()).prop_map(move |(column, kind, term)| {
        let column = COLUMNS[column].0;
        let quoted = format!("'{}'", term.replace(':', ""));
        match kind {
            0 if column == "title" => (
                format!("{column}:{quoted}"),
                liked(column),
                vec![Cell::Text(format!("%{}%", like(term.trim_end())))],
            ),
            1 if column != "path" => (
                format!("{column}:=~{quoted}"),
                liked(column),
                vec![Cell::Text(like(term.trim_end()))],
            ),
            _ if column != "path" => (
                format!("{column}:={quoted}"),
                format!("{column} = ?"),
                vec![Cell::Text(term.trim_end().to_owned())],
            ),
            _ => (
                "path:a".to_owned(),
                "(path = ?) || (substr(path, 1, ?) = ?)".to_owned(),
                vec![
                    Cell::Blob(b"a".to_vec()),
                    Cell::Int(2),
                    Cell::Blob(b"a/".to_vec()),
                ],
            ),
        }
    });
    let column = prop_oneof![Just("year"), Just("rg_track_gain")];
    let range = (column, -3_i64..2005, -3_i64..2005, 0..4).prop_map(|(column, low, high, kind)| {
        let (low_cell, high_cell) = (Cell::Int(low), Cell::Int(high));
        match kind {
            0 => (
                format!("{column}:{low}"),
                format!("{column}=?"),
                vec![low_cell],
            ),
            1 => (
                format!("{column}:{low}.."),
                format!("{column} >= ?"),
                vec![low_cell],
            ),
            2 => (
                format!("{column}:..{high}"),
                format!("{column} <= ?"),
                vec![high_cell],
            ),
            _ => (
                format!("{column}:{low}..{high}"),
                format!("{column} >= ? AND {column} <= ?"),
                vec![low_cell, high_cell],
            ),
        }
    });
    prop_oneof![2 => text, 1 => range]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn stored_cells_are_judged_as_sqlite_does(
        cells in proptest::collection::vec(cell(), COLUMNS.len()),
        leaves in proptest::collection::vec((leaf(), any::<bool>()), 1..4),
    ) {
        let connection = Connection::open_in_memory().unwrap();
        let columns: Vec<String> =
            COLUMNS.iter().map(|(name, ty)| format!("{name} {ty}")).collect();
        connection.execute(&format!("CREATE TABLE items ({})", columns.join(", ")), []).unwrap();
        connection
            .execute("INSERT INTO items VALUES (?, ?, ?, ?, ?)", params_from_iter(&cells))
            .unwrap();
        // What is stored is what the columns' affinity made of it.
        let mut row = Row::default();
        connection
            .query_row("SELECT * FROM items", [], |stored| {
                for (index, (name, _)) in COLUMNS.iter().enumerate() {
                    let cell = match stored.get(index)? {
                        Sql::Null => Cell::Null,
                        Sql::Integer(number) => Cell::Int(number),
                        Sql::Real(number) => Cell::Real(number),
                        Sql::Text(text) => Cell::Text(text),
                        Sql::Blob(bytes) => Cell::Blob(bytes),
                    };
                    row.0.insert((*name).to_owned(), cell);
                }
                Ok(())
            })
            .unwrap();
        let negated = |negate: bool, clause: &str| if negate { format!("not ({clause})") } else { clause.to_owned() };
        let text: Vec<String> = leaves
            .iter()
            .map(|((text, ..), negate)| format!("{}{text}", if *negate { "-" } else { "" }))
            .collect();
        let clauses: Vec<String> = leaves
            .iter()
            .map(|((_, clause, _), negate)| format!("({})", negated(*negate, clause)))
            .collect();
        let params = leaves.iter().flat_map(|((.., params), _)| params);
        let sql = format!("SELECT count(*) FROM items WHERE {}", clauses.join(" and "));
        let expected: i64 =
            connection.query_row(&sql, params_from_iter(params), |row| row.get(0)).unwrap();
        let query = parse(&text.join(" ")).unwrap();
        prop_assert_eq!(query.matches_stored(&row).unwrap(), expected == 1, "{:?} on {:?}", text, row);
    }

    #[test]
    fn wildcards_of_the_bareasc_plugin_are_those_of_sqlite(
        text in r"[aAb%_\\]{0,8}",
        term in r"[aAb%_\\]{0,5}",
    ) {
        let connection = Connection::open_in_memory().unwrap();
        let sql = r"SELECT ? LIKE ? ESCAPE '\'";
        let expected: bool =
            connection.query_row(sql, [&text, &format!("%{term}%")], |row| row.get(0)).unwrap();
        let query = parse(&format!("title:#'{term}'")).unwrap();
        let row = Row::default().with("title", Cell::Text(text));
        prop_assert_eq!(query.matches_stored(&row).unwrap(), expected, "{} on {:?}", term, row);
    }
}
