//! Rows that are equal in all keys.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use catalog::{AlbumId, Entity, ItemId, Type, Value, field};
use pathfmt::Failure;

use super::atom::Atom;
use crate::naming::model::{Models, Row};

/// What is shown for a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// Nothing: no other row is like it.
    Nothing,
    /// The disambiguator at this position.
    Field(usize),
    /// The row's number, since no disambiguator tells all apart.
    Number,
}

/// All rows of one kind, sorted by the values of some keys.
#[derive(Debug)]
pub(super) struct Groups {
    entity: Entity,
    keys: Vec<Key>,
    /// Whether the database compares, and not Python.
    is_stored: bool,
    by_values: HashMap<Vec<Atom>, Group>,
    /// The group of rows that not even they themselves are like.
    empty: Group,
    /// Rows whose value of a key cannot be computed: the values of the keys before it.
    failures: Vec<(Vec<Atom>, Failure)>,
}

#[derive(Debug, Default)]
struct Group {
    rows: BTreeSet<i64>,
    choice: OnceCell<Result<Choice, Failure>>,
}

#[derive(Debug)]
struct Key {
    /// The name by which a row's own value is had.
    name: String,
    /// The name that other rows' values are compared by.
    compared: String,
    ty: Type,
}

/// Returns the name that beets compares by, where a key has the name of a field that is gone.
pub(in crate::naming) fn compared_name(entity: Entity, name: &str) -> &str {
    match (name, entity) {
        ("genre", _) => "genres",
        ("arranger", Entity::Item) => "arrangers",
        ("composer", Entity::Item) => "composers",
        ("lyricist", Entity::Item) => "lyricists",
        ("remixer", Entity::Item) => "remixers",
        _ => name,
    }
}

impl Groups {
    /// Sorts all albums; without keys, all are alike.
    pub(super) fn of_albums(models: &Models<'_>, keys: &[&str]) -> Result<Self, Failure> {
        let mut groups = Self::new(models, Entity::Album, keys);
        if groups.join_items() {
            // The database joins each album with its items to look at their columns.
            for item in models.scan.items() {
                if let Some(album) = item.album() {
                    let rows = [Row::Album(album), Row::Item(item)];
                    groups.add_stored(models, &rows, album.id().0);
                }
            }
            return Ok(groups);
        }
        for album in models.scan.albums() {
            groups.add(models, Row::Album(album), album.id().0)?;
        }
        Ok(groups)
    }

    /// Sorts all singletons.
    pub(super) fn of_items(models: &Models<'_>, keys: &[&str]) -> Result<Self, Failure> {
        if keys.is_empty() {
            let message = "reduce() of empty iterable with no initial value";
            return Err(Failure::Message(message.to_owned()));
        }
        let mut groups = Self::new(models, Entity::Item, keys);
        for item in models.scan.items() {
            let is_null = item.raw(models.fields.album_id) == Some(catalog::RawValue::Null);
            if is_null || !groups.is_stored {
                groups.add(models, Row::Item(item), item.id().0)?;
            }
        }
        Ok(groups)
    }

    /// Returns whether albums are compared by columns of their items.
    pub(super) fn join_items(&self) -> bool {
        let of_item = |key: &Key| self.is_stored && !Entity::Album.has(&key.compared);
        self.entity == Entity::Album && self.keys.iter().any(of_item)
    }

    fn new(models: &Models<'_>, entity: Entity, keys: &[&str]) -> Self {
        let keys: Vec<Key> = keys
            .iter()
            .map(|&name| {
                let compared = compared_name(entity, name);
                let ty = models.type_of(entity, compared);
                Key {
                    name: name.to_owned(),
                    compared: compared.to_owned(),
                    ty,
                }
            })
            .collect();
        let is_stored = keys.iter().all(|key| field(&key.compared).is_some());
        let (by_values, empty) = (HashMap::new(), Group::default());
        Self {
            entity,
            keys,
            is_stored,
            by_values,
            empty,
            failures: Vec::new(),
        }
    }

    fn add(&mut self, models: &Models<'_>, row: Row<'_>, id: i64) -> Result<(), Failure> {
        if self.is_stored {
            self.add_stored(models, &[row], id);
            return Ok(());
        }
        let mut atoms = Vec::with_capacity(self.keys.len());
        for key in &self.keys {
            match get(models, row, &key.compared) {
                Ok(value) => atoms.push(Atom::of_key(value.unwrap_or(Value::Null), key.ty)),
                Err(failure @ Failure::Message(_)) => {
                    self.failures.push((atoms, failure));
                    return Ok(());
                }
                Err(refused) => return Err(refused),
            }
        }
        let is_singleton = match row {
            Row::Item(item) => item.album_id().is_none(),
            Row::Album(_) => true,
        };
        if is_singleton {
            self.insert(atoms, id);
        }
        Ok(())
    }

    /// Adds a row by what the database has of it and of the rows that it is joined with.
    fn add_stored(&mut self, models: &Models<'_>, rows: &[Row<'_>], id: i64) {
        let atom = |key: &Key| {
            let cell = rows
                .iter()
                .find_map(|&row| models.stored(row, &key.compared));
            cell.map_or(Atom::Never, Atom::of_cell)
        };
        let atoms = self.keys.iter().map(atom).collect();
        self.insert(atoms, id);
    }

    fn insert(&mut self, atoms: Vec<Atom>, id: i64) {
        if !atoms.contains(&Atom::Never) {
            self.by_values.entry(atoms).or_default().rows.insert(id);
        }
    }

    /// Returns what tells a row apart from those like it.
    pub(super) fn choose(
        &self,
        models: &Models<'_>,
        row: Row<'_>,
        disambiguators: &[String],
    ) -> Result<Choice, Failure> {
        let atoms = self.wanted(models, row)?;
        let met = |(before, _): &&(Vec<Atom>, Failure)| {
            atoms.starts_with(before) && !before.contains(&Atom::Never)
        };
        if let Some((_, failure)) = self.failures.iter().find(met) {
            return Err(failure.clone());
        }
        let found = self
            .by_values
            .get(&atoms)
            .filter(|_| !atoms.contains(&Atom::Never));
        let group = found.unwrap_or(&self.empty);
        let choice = group
            .choice
            .get_or_init(|| self.choose_for(models, group, disambiguators));
        choice.clone()
    }

    /// Returns the values that rows like this one have.
    fn wanted(&self, models: &Models<'_>, row: Row<'_>) -> Result<Vec<Atom>, Failure> {
        let values: Result<Vec<_>, _> = self
            .keys
            .iter()
            .map(|key| get(models, row, &key.name))
            .collect();
        let values = values?
            .into_iter()
            .map(|value| value.unwrap_or(Value::Null));
        let atoms = values
            .zip(&self.keys)
            .enumerate()
            .map(|(at, (value, key))| {
                if self.is_stored {
                    Atom::of_parameter(value, key.ty, at + 1)
                } else {
                    Ok(Atom::of_key(value, key.ty))
                }
            });
        atoms.collect()
    }

    fn choose_for(
        &self,
        models: &Models<'_>,
        group: &Group,
        disambiguators: &[String],
    ) -> Result<Choice, Failure> {
        if group.rows.len() == 1 {
            return Ok(Choice::Nothing);
        }
        for (at, name) in disambiguators.iter().enumerate() {
            if self.tells_apart(models, group, name)? {
                return Ok(Choice::Field(at));
            }
        }
        Ok(Choice::Number)
    }

    fn tells_apart(&self, models: &Models<'_>, group: &Group, name: &str) -> Result<bool, Failure> {
        let mut seen = HashSet::with_capacity(group.rows.len());
        let mut n_values = 0;
        for &id in &group.rows {
            let row = match self.entity {
                Entity::Item => models.scan.item(ItemId(id)).map(Row::Item),
                Entity::Album => models.scan.album(AlbumId(id)).map(Row::Album),
            };
            let row = row.expect("the row is of this scan");
            let value = get(models, row, name)?.unwrap_or_else(|| Value::Text(String::new()));
            let atom = Atom::of_value(value)?;
            n_values += usize::from(atom == Atom::Never || seen.insert(atom));
        }
        Ok(n_values == group.rows.len())
    }
}

fn get(models: &Models<'_>, row: Row<'_>, name: &str) -> Result<Option<Value>, Failure> {
    match row {
        Row::Item(item) => models.get_of_item(item, name),
        Row::Album(_) => models.get(row, name),
    }
}
