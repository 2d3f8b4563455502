//! Reads a scan from a connection.

use std::ops::RangeInclusive;
use std::sync::Arc;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};

use super::cells::Table;
use super::{ItemRanges, Scan, Selection, types_of};
use crate::db::{Schema, columns, prepare_if_there, raw};
use crate::legacy;
use crate::schema::Entity;
use crate::value::RawValue;

impl Scan {
    pub(crate) fn read(
        connection: &Connection,
        selection: &Selection,
        schema: &Arc<Schema>,
    ) -> rusqlite::Result<Self> {
        let table = |entity| read_table(connection, entity, selection.names(entity), schema, None);
        Ok(Self {
            items: table(Entity::Item)?,
            albums: Arc::new(table(Entity::Album)?),
            schema: Arc::clone(schema),
        })
    }

    /// Reads all albums and some items, and then other items, which the first ones ask for.
    pub(crate) fn read_part<T>(
        connection: &Connection,
        selection: &Selection,
        schema: &Arc<Schema>,
        first: &ItemRanges,
        then: impl Fn(&Self) -> (ItemRanges, T),
    ) -> rusqlite::Result<(Self, T)> {
        let table = |entity, ranges| {
            read_table(connection, entity, selection.names(entity), schema, ranges)
        };
        let mut scan = Self {
            items: table(Entity::Item, Some(first))?,
            albums: Arc::new(table(Entity::Album, None)?),
            schema: Arc::clone(schema),
        };
        let (ranges, found) = then(&scan);
        scan.items = table(Entity::Item, Some(&ranges))?;
        Ok((scan, found))
    }
}

fn read_table(
    connection: &Connection,
    entity: Entity,
    names: &[String],
    schema: &Schema,
    ranges: Option<&ItemRanges>,
) -> rusqlite::Result<Table> {
    let mut table = Table::new(types_of(schema, entity, names));
    let known = columns(connection, entity.table())?;
    if known.iter().any(|column| column == "id") {
        let windows = Windows { ranges };
        read_rows(connection, entity, names, &known, &windows, &mut table)?;
        read_attributes(connection, entity, names, &windows, &mut table)?;
    }
    table.shrink();
    Ok(table)
}

/// Reads the fixed fields; those that the database lacks are null.
fn read_rows(
    connection: &Connection,
    entity: Entity,
    names: &[String],
    known: &[String],
    windows: &Windows<'_>,
    table: &mut Table,
) -> rusqlite::Result<()> {
    let fixed: Vec<usize> = (0..names.len())
        .filter(|&slot| entity.has(&names[slot]))
        .collect();
    let mut cells = String::new();
    for &slot in &fixed {
        cells.push_str(", ");
        cells.push_str(&legacy::expression(
            connection,
            entity,
            &names[slot],
            known,
        )?);
    }
    let within = windows.clause("WHERE id");
    let sql = format!(
        "SELECT id{cells} FROM {}{within} ORDER BY id",
        entity.table()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    for bounds in windows.bounds() {
        let mut rows = statement.query(params_from_iter(bounds))?;
        while let Some(row) = rows.next()? {
            // A row without a number cannot be named by anything.
            let ValueRef::Integer(id) = row.get_ref(0)? else {
                continue;
            };
            table.push_row(id);
            for (column, &slot) in fixed.iter().enumerate() {
                table.set_last(slot, raw(row.get_ref(column + 1)?));
            }
        }
    }
    Ok(())
}

/// Reads the selected attributes, wherever in the table they are.
fn read_attributes(
    connection: &Connection,
    entity: Entity,
    names: &[String],
    windows: &Windows<'_>,
    table: &mut Table,
) -> rusqlite::Result<()> {
    let flexible: Vec<usize> = (0..names.len())
        .filter(|&slot| !entity.has(&names[slot]))
        .collect();
    if flexible.is_empty() {
        return Ok(());
    }
    let marks = vec!["?"; flexible.len()].join(", ");
    let table_name = entity.flex_table();
    let within = windows.clause("AND entity_id");
    let sql =
        format!("SELECT entity_id, key, value FROM {table_name} WHERE key IN ({marks}){within}");
    let Some(mut statement) = prepare_if_there(connection, &sql)? else {
        return Ok(());
    };
    let keys = flexible
        .iter()
        .map(|&slot| Value::from(names[slot].clone()));
    let keys: Vec<Value> = keys.collect();
    for bounds in windows.bounds() {
        let mut rows = statement.query(params_from_iter(keys.iter().chain(&bounds)))?;
        while let Some(row) = rows.next()? {
            set_attribute(row, names, &flexible, table)?;
        }
    }
    Ok(())
}

/// Sets the cell of an attribute, if a row of the table is meant.
fn set_attribute(
    row: &Row<'_>,
    names: &[String],
    flexible: &[usize],
    table: &mut Table,
) -> rusqlite::Result<()> {
    let (ValueRef::Integer(id), RawValue::Text(key)) = (row.get_ref(0)?, raw(row.get_ref(1)?))
    else {
        return Ok(());
    };
    let slot = flexible.iter().find(|&&slot| names[slot].as_bytes() == key);
    if let (Some(&slot), Some(index)) = (slot, table.index_of(id)) {
        table.set(index, slot, raw(row.get_ref(2)?));
    }
    Ok(())
}

/// The rows that are read of a table: all, or those in ranges of a column.
struct Windows<'r> {
    ranges: Option<&'r ItemRanges>,
}

impl Windows<'_> {
    /// Returns the end of a statement that reads one range, if not all.
    fn clause(&self, column: &str) -> String {
        self.ranges
            .map_or_else(String::new, |_| format!(" {column} BETWEEN ? AND ?"))
    }

    /// Returns the parameters of that, once for each range.
    fn bounds(&self) -> Vec<Vec<Value>> {
        let of = |range: &RangeInclusive<i64>| vec![(*range.start()).into(), (*range.end()).into()];
        let bounds = self.ranges.map(|ranges| ranges.iter().map(of).collect());
        bounds.unwrap_or_else(|| vec![Vec::new()])
    }
}
