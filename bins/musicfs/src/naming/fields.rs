//! Where the value of each field comes from, and which columns a scan must read for it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use anyhow::Result;
use catalog::{Entity, FIELDS, Selection, Slot, Type, field};

use super::contents::SortKey;
use super::plugins::{PluginField, Plugins};
use super::rewrite::Rewrites;
use crate::source::Source;

/// How a field of one kind of row is had.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) ty: Type,
    pub(super) getter: Getter,
}

/// Where a value comes from.
#[derive(Debug)]
pub(super) enum Getter {
    Column(Slot),
    /// An attribute: the one of exactly this name, and those in another case.
    Attribute {
        exact: Option<Slot>,
        others: Vec<Slot>,
    },
    /// A column that a plugin changes.
    Rewritten {
        slot: Slot,
        rewrites: Arc<Rewrites>,
    },
    Computed(Computed),
    /// Something that only Python can tell, and why.
    Refused(String),
}

/// Values that are stored nowhere.
#[derive(Debug)]
pub(super) enum Computed {
    Singleton,
    FileSize {
        path: Slot,
    },
    /// The folder of an album's first item.
    AlbumPath {
        path: Slot,
    },
    AlbumTotal {
        disctotal: Slot,
        disc: Slot,
        tracktotal: Slot,
    },
    Missing {
        disctotal: Slot,
        disc: Slot,
        tracktotal: Slot,
    },
    AlbumTypes,
    WithoutFeatured,
}

/// The field of one name, of items and of albums.
#[derive(Debug, Default)]
pub(super) struct Pair {
    pub(super) item: Option<Field>,
    pub(super) album: Option<Field>,
    /// Whether a path takes the album's value before the item's.
    pub(super) album_first: bool,
    /// Whether attributes of albums were looked for although items have such a column.
    complete: bool,
}

/// The fields that are wanted, by name.
#[derive(Debug)]
pub(super) struct Fields {
    pairs: HashMap<String, Pair>,
    pub(super) sort: Vec<SortKey>,
    pub(super) path: Slot,
    pub(super) album_id: Slot,
}

impl Fields {
    /// Returns whether some field is the size of a file.
    pub(super) fn have_file_size(&self) -> bool {
        let is_size =
            |field: &Field| matches!(field.getter, Getter::Computed(Computed::FileSize { .. }));
        self.pairs
            .values()
            .filter_map(|pair| pair.item.as_ref())
            .any(is_size)
    }

    /// Returns whether some field of albums is computed over their items.
    pub(super) fn have_contents(&self) -> bool {
        let is_of_items = |field: &Field| {
            matches!(
                field.getter,
                Getter::Computed(
                    Computed::AlbumPath { .. }
                        | Computed::AlbumTotal { .. }
                        | Computed::Missing { .. }
                )
            )
        };
        self.pairs
            .values()
            .filter_map(|pair| pair.album.as_ref())
            .any(is_of_items)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Pair> {
        self.pairs.get(name)
    }

    pub(super) fn of(&self, entity: Entity, name: &str) -> Option<&Field> {
        let pair = self.pairs.get(name)?;
        match entity {
            Entity::Item => pair.item.as_ref(),
            Entity::Album => pair.album.as_ref(),
        }
    }
}

/// Collects the fields that are wanted.
pub(super) struct Collector<'s> {
    source: &'s Source,
    plugins: &'s Plugins,
    attributes: Option<[Vec<String>; 2]>,
    selection: Selection,
    fields: Fields,
    /// The pairs that are being made: a rewriting may ask for what it rewrites.
    under_way: HashSet<(String, bool)>,
}

impl<'s> Collector<'s> {
    pub(super) fn new(source: &'s Source, plugins: &'s Plugins) -> Self {
        let mut selection = Selection::default();
        let fields = Fields {
            pairs: HashMap::new(),
            sort: Vec::new(),
            path: selection.item("path"),
            album_id: selection.item("album_id"),
        };
        Self {
            source,
            plugins,
            attributes: None,
            selection,
            fields,
            under_way: HashSet::new(),
        }
    }

    /// Returns what to scan, and where in the scan each field is.
    pub(super) fn finish(self) -> (Selection, Fields) {
        (self.selection, self.fields)
    }

    /// Wants every field that the library has.
    pub(super) fn want_everything(&mut self) -> Result<()> {
        let mut names: Vec<String> = FIELDS.iter().map(|field| field.name.to_owned()).collect();
        for entity in [Entity::Item, Entity::Album] {
            names.extend(self.attributes(entity)?.iter().cloned());
            names.extend(entity.computed().iter().map(|&name| name.to_owned()));
        }
        names.extend(self.plugins.fields().map(str::to_owned));
        names.iter().try_for_each(|name| self.want_of_both(name))
    }

    /// Wants a field of items, as templates and queries see it.
    pub(super) fn want(&mut self, name: &str) -> Result<()> {
        self.want_pair(name, !Entity::Item.has(name) || Entity::Album.has(name))
    }

    /// Wants a column of albums as the database has it.
    pub(super) fn want_album_column(&mut self, name: &str) -> Slot {
        self.selection.album(name)
    }

    /// Wants a field of items and of albums, each for itself.
    pub(super) fn want_of_both(&mut self, name: &str) -> Result<()> {
        self.want_pair(name, true)
    }

    fn want_pair(&mut self, name: &str, complete: bool) -> Result<()> {
        let has = |fields: &Fields| {
            let pair = fields.pairs.get(name);
            pair.is_some_and(|pair| pair.complete || !complete)
        };
        if has(&self.fields) || !self.under_way.insert((name.to_owned(), complete)) {
            return Ok(());
        }
        let pair = Pair {
            item: self.field(Entity::Item, name)?,
            album: if complete {
                self.field(Entity::Album, name)?
            } else {
                None
            },
            album_first: album_first(name),
            complete,
        };
        if !has(&self.fields) {
            self.fields.pairs.insert(name.to_owned(), pair);
        }
        Ok(())
    }

    /// Returns whether any row can have a field of this name.
    pub(super) fn knows(&self, name: &str) -> bool {
        let can_be = |field: &Option<Field>| {
            field
                .as_ref()
                .is_some_and(|field| !matches!(field.getter, Getter::Attribute { exact: None, .. }))
        };
        self.fields
            .get(name)
            .is_some_and(|pair| can_be(&pair.item) || can_be(&pair.album))
    }

    fn field(&mut self, entity: Entity, name: &str) -> Result<Option<Field>> {
        let ty = self.source.library.schema().type_of(entity, name);
        let getter = match self.computed(entity, name)? {
            Some(getter) => Some(getter),
            None if entity.has(name) => Some(Getter::Column(self.selection.add(entity, name))),
            None => self.attribute(entity, name)?,
        };
        Ok(getter.map(|getter| Field { ty, getter }))
    }

    fn attribute(&mut self, entity: Entity, name: &str) -> Result<Option<Getter>> {
        let lower = name.to_lowercase();
        let found: Vec<String> = self
            .attributes(entity)?
            .iter()
            .filter(|attribute| attribute.to_lowercase() == lower)
            .cloned()
            .collect();
        let mut exact = None;
        let mut others = Vec::new();
        for attribute in &found {
            let slot = self.selection.add(entity, attribute);
            if attribute == name {
                exact = Some(slot);
            } else {
                others.push(slot);
            }
        }
        Ok((!found.is_empty()).then_some(Getter::Attribute { exact, others }))
    }

    fn attributes(&mut self, entity: Entity) -> Result<&[String]> {
        if self.attributes.is_none() {
            let library = &self.source.library;
            let names = [Entity::Item, Entity::Album].map(|kind| library.attribute_names(kind));
            let [items, albums] = names;
            self.attributes = Some([items?, albums?]);
        }
        let names = self.attributes.as_ref().map(|names| match entity {
            Entity::Item => names[0].as_slice(),
            Entity::Album => names[1].as_slice(),
        });
        Ok(names.unwrap_or_default())
    }

    /// Returns how a field is computed. beets' own fields hide those of plugins.
    fn computed(&mut self, entity: Entity, name: &str) -> Result<Option<Getter>> {
        let selection = &mut self.selection;
        let computed = match (entity, name) {
            (Entity::Item, "singleton") => Computed::Singleton,
            (Entity::Item, "filesize") => Computed::FileSize {
                path: selection.item("path"),
            },
            (Entity::Item, "has_cover_art") => {
                let reason = "whether a file has a picture is known only by reading each file";
                return Ok(Some(Getter::Refused(reason.to_owned())));
            }
            (Entity::Album, "path") => {
                self.want_order()?;
                Computed::AlbumPath {
                    path: self.selection.item("path"),
                }
            }
            (Entity::Album, "albumtotal") => {
                let (disctotal, disc, tracktotal) = self.total()?;
                Computed::AlbumTotal {
                    disctotal,
                    disc,
                    tracktotal,
                }
            }
            _ => return self.of_plugin(entity, name),
        };
        Ok(Some(Getter::Computed(computed)))
    }

    fn of_plugin(&mut self, entity: Entity, name: &str) -> Result<Option<Getter>> {
        let plugins = self.plugins;
        let Some(field) = plugins.field(entity, name) else {
            return Ok(None);
        };
        Ok(Some(match field {
            PluginField::Rewritten(rewrites) => {
                for name in rewrites.fields() {
                    self.want_of_both(name)?;
                }
                let slot = self.selection.add(entity, name);
                Getter::Rewritten {
                    slot,
                    rewrites: Arc::clone(rewrites),
                }
            }
            PluginField::Refused(reason) => Getter::Refused(reason.clone()),
            PluginField::AlbumTypes => {
                self.want_of_both("albumtypes")?;
                self.want_of_both("mb_albumartistid")?;
                Getter::Computed(Computed::AlbumTypes)
            }
            PluginField::WithoutFeatured => {
                self.want_of_both("albumartist")?;
                Getter::Computed(Computed::WithoutFeatured)
            }
            PluginField::Missing => {
                let (disctotal, disc, tracktotal) = self.total()?;
                Getter::Computed(Computed::Missing {
                    disctotal,
                    disc,
                    tracktotal,
                })
            }
        }))
    }

    fn total(&mut self) -> Result<(Slot, Slot, Slot)> {
        self.want_order()?;
        let selection = &mut self.selection;
        Ok((
            selection.album("disctotal"),
            selection.item("disc"),
            selection.item("tracktotal"),
        ))
    }

    /// Wants what puts the items of an album in order.
    pub(super) fn want_order(&mut self) -> Result<()> {
        if !self.fields.sort.is_empty() {
            return Ok(());
        }
        let plugins = self.plugins;
        let is_slow =
            |name: &str| field(name).is_none() || plugins.field(Entity::Item, name).is_some();
        let keys = SortKey::all(&self.source.config, &mut self.selection, is_slow);
        self.fields.sort.clone_from(&keys);
        keys.iter()
            .filter_map(SortKey::slow_name)
            .try_for_each(|name| self.want(name))
    }
}

/// Returns whether a path takes an album's value of this name before the item's: it does unless
/// only items have the column, or each has its own.
fn album_first(name: &str) -> bool {
    !Entity::Item.has(name) || (Entity::Album.has(name) && !matches!(name, "id" | "artpath"))
}
