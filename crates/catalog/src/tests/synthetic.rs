//! Databases of any size, with the tables that beets makes.

use std::path::Path;

use rusqlite::{Connection, Result, params};

/// What every database of beets has; the columns are those that names and links need.
const TABLES: &str = "
    CREATE TABLE items (id INTEGER PRIMARY KEY, album_id INTEGER, path BLOB, title TEXT,
        artist TEXT, album TEXT, albumartist TEXT, track INTEGER, disc INTEGER, year INTEGER,
        comp INTEGER, genres TEXT, length REAL, mtime REAL, added REAL, lyrics TEXT);
    CREATE TABLE albums (id INTEGER PRIMARY KEY, artpath BLOB, album TEXT, albumartist TEXT,
        year INTEGER, comp INTEGER, albumtype TEXT, label TEXT, added REAL);
    CREATE TABLE item_attributes (id INTEGER PRIMARY KEY, entity_id INTEGER, key TEXT, value TEXT,
        UNIQUE(entity_id, key) ON CONFLICT REPLACE);
    CREATE INDEX item_attributes_by_entity ON item_attributes (entity_id);
    CREATE TABLE album_attributes (id INTEGER PRIMARY KEY, entity_id INTEGER, key TEXT, value TEXT,
        UNIQUE(entity_id, key) ON CONFLICT REPLACE);
    CREATE INDEX album_attributes_by_entity ON album_attributes (entity_id);
";

/// Makes an empty library, and returns a connection that may write to it.
pub(crate) fn empty(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch(TABLES)?;
    Ok(connection)
}

/// Makes a library of so many items, twelve to an album.
pub(crate) fn fill(path: &Path, n_items: u32) -> Result<()> {
    let mut connection = empty(path)?;
    let transaction = connection.transaction()?;
    for id in 1..=n_items {
        let album = (id - 1) / 12 + 1;
        if id % 12 == 1 {
            add_album(&transaction, album)?;
        }
        add_item(&transaction, id, album)?;
    }
    transaction.commit()
}

fn add_album(connection: &Connection, id: u32) -> Result<()> {
    let sql = "INSERT INTO albums VALUES (?1, NULL, ?2, ?3, ?4, 0, 'album', 'Label', 1.6e9)";
    let (album, artist) = (format!("Album number {id}"), format!("Artist {}", id / 5));
    connection
        .prepare_cached(sql)?
        .execute(params![id, album, artist, 1960 + id % 60])?;
    Ok(())
}

fn add_item(connection: &Connection, id: u32, album: u32) -> Result<()> {
    let sql = "INSERT INTO items VALUES
        (?1, ?2, ?3, ?4, ?5, ?6, ?5, ?7, 1, ?8, 0, 'Rock', 215.3, 1.6e9, 1.6e9, ?9)";
    let artist = format!("Artist {}", album / 5);
    let name = format!("Album number {album}");
    let title = format!("Some title of track {id}");
    let path = format!("{artist}/{name}/{:02} {title}.flac", id % 12 + 1).into_bytes();
    let lyrics = "la ".repeat(60);
    let row = params![
        id,
        album,
        path,
        title,
        artist,
        name,
        id % 12 + 1,
        1960 + album % 60,
        lyrics
    ];
    connection.prepare_cached(sql)?.execute(row)?;
    Ok(())
}
