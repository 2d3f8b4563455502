//! Reads a scan from a connection.

use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, params_from_iter};

use super::cells::Table;
use super::{Scan, Selection, types_of};
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
        let table = |entity| read_table(connection, entity, selection.names(entity), schema);
        Ok(Self {
            items: table(Entity::Item)?,
            albums: table(Entity::Album)?,
            schema: Arc::clone(schema),
        })
    }
}

fn read_table(
    connection: &Connection,
    entity: Entity,
    names: &[String],
    schema: &Schema,
) -> rusqlite::Result<Table> {
    let mut table = Table::new(types_of(schema, entity, names));
    let known = columns(connection, entity.table())?;
    if known.iter().any(|column| column == "id") {
        read_rows(connection, entity, names, &known, &mut table)?;
        read_attributes(connection, entity, names, &mut table)?;
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
    let sql = format!("SELECT id{cells} FROM {} ORDER BY id", entity.table());
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
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
    Ok(())
}

/// Reads the selected attributes, wherever in the table they are.
fn read_attributes(
    connection: &Connection,
    entity: Entity,
    names: &[String],
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
    let sql = format!("SELECT entity_id, key, value FROM {table_name} WHERE key IN ({marks})");
    let Some(mut statement) = prepare_if_there(connection, &sql)? else {
        return Ok(());
    };
    let keys = flexible.iter().map(|&slot| &names[slot]);
    let mut rows = statement.query(params_from_iter(keys))?;
    while let Some(row) = rows.next()? {
        let RawValue::Text(key) = raw(row.get_ref(1)?) else {
            continue;
        };
        let Some(&slot) = flexible.iter().find(|&&slot| names[slot].as_bytes() == key) else {
            continue;
        };
        let ValueRef::Integer(id) = row.get_ref(0)? else {
            continue;
        };
        if let Some(index) = table.index_of(id) {
            table.set(index, slot, raw(row.get_ref(2)?));
        }
    }
    Ok(())
}
