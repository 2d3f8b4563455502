//! `%aunique` and `%sunique`: what tells apart albums, or singletons, that are otherwise alike.
//!
//! beets searches the library anew for every album. Here all rows are sorted into groups once for
//! each combination of keys, by the same comparison that beets would make: its database's, or
//! Python's if a key is no column.

mod atom;
mod groups;
mod told;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use catalog::{AlbumRow, Entity, Unique};
use pathfmt::{Environment, Failure, Options, UniqueArguments, UniqueDefaults};

use super::environment::{ItemEnvironment, default_of};
use super::model::{Models, Row};
pub(super) use groups::compared_name;
use groups::{Choice, Groups};
pub(super) use told::{Calls, Told};

/// All that is known of the calls of both functions.
pub(super) struct Uniques<'u> {
    models: &'u Models<'u>,
    options: &'u Options,
    albums: Function,
    singletons: Function,
}

/// The calls of one function.
struct Function {
    defaults: UniqueDefaults,
    by_arguments: RefCell<HashMap<Arguments, Rc<Call>>>,
}

/// What beets remembers results by, besides the row's number: keys and disambiguators, as given.
pub(super) type Arguments = (Option<String>, Option<String>);

/// The calls with the same arguments, whatever their bracket.
#[derive(Debug)]
pub(super) struct Call {
    groups: Groups,
    disambiguators: Vec<String>,
    /// The results so far. Who asks first decides about the bracket, as in beets.
    results: RefCell<HashMap<i64, Box<str>>>,
}

/// Returns the settings of one of the functions.
pub(super) fn defaults(settings: &Unique) -> UniqueDefaults {
    UniqueDefaults {
        keys: settings.keys.clone(),
        disambiguators: settings.disambiguators.clone(),
        bracket: settings.bracket.clone(),
    }
}

impl<'u> Uniques<'u> {
    pub(super) fn new(
        models: &'u Models<'u>,
        options: &'u Options,
        aunique: UniqueDefaults,
        sunique: UniqueDefaults,
    ) -> Self {
        let (albums, singletons) = (Function::new(aunique), Function::new(sunique));
        Self {
            models,
            options,
            albums,
            singletons,
        }
    }

    /// Appends what `%aunique` gives for an item of `album`.
    pub(super) fn album(
        &self,
        album: Option<AlbumRow<'_>>,
        arguments: &[&str],
        out: &mut String,
    ) -> Result<(), Failure> {
        let arguments = UniqueArguments::new("aunique", arguments).map_err(Failure::Message)?;
        let Some(album) = album else { return Ok(()) };
        let call = self
            .albums
            .find(&arguments, |keys| Groups::of_albums(self.models, keys))?;
        let id = album.id().0;
        call.answer(id, out, || {
            let text = self.shown(&call, album)?;
            let wrapped = text.map(|text| self.albums.wrapped(&arguments, &text));
            Ok(wrapped.unwrap_or_default())
        })
    }

    /// Appends what `%sunique` gives for an item.
    pub(super) fn singleton(
        &self,
        environment: &ItemEnvironment<'_>,
        arguments: &[&str],
        out: &mut String,
    ) -> Result<(), Failure> {
        let arguments = UniqueArguments::new("sunique", arguments).map_err(Failure::Message)?;
        let item = environment.item();
        if item.album_id().is_some() {
            return Ok(());
        }
        let call = self
            .singletons
            .find(&arguments, |keys| Groups::of_items(self.models, keys))?;
        let id = item.id().0;
        call.answer(id, out, || {
            let text = match call.choose(self.models, Row::Item(item))? {
                Choice::Nothing => return Ok(String::new()),
                Choice::Number => id.to_string(),
                Choice::Field(at) => self.show_of_item(environment, &call.disambiguators[at])?,
            };
            Ok(self.singletons.wrapped(&arguments, &text))
        })
    }

    fn show_of_album(&self, album: AlbumRow<'_>, name: &str) -> Result<String, Failure> {
        let default = default_of(self.models, Entity::Album, name)?;
        let mut shown = String::new();
        match self.models.fields.of(Entity::Album, name) {
            Some(field) if self.models.show(Row::Album(album), field, &mut shown)? => {
                Ok(self.options.clean_value(&shown))
            }
            _ => Ok(default),
        }
    }

    fn show_of_item(&self, item: &ItemEnvironment<'_>, name: &str) -> Result<String, Failure> {
        let default = default_of(self.models, Entity::Item, name)?;
        let mut shown = String::new();
        if item.symbol(name, &mut shown)? {
            Ok(self.options.clean_value(&shown))
        } else {
            Ok(default)
        }
    }
}

impl Function {
    fn new(defaults: UniqueDefaults) -> Self {
        Self {
            defaults,
            by_arguments: RefCell::default(),
        }
    }

    fn find(
        &self,
        arguments: &UniqueArguments<'_>,
        group: impl FnOnce(&[&str]) -> Result<Groups, Failure>,
    ) -> Result<Rc<Call>, Failure> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let wanted = (owned(arguments.keys), owned(arguments.disambiguators));
        if let Some(call) = self.by_arguments.borrow().get(&wanted) {
            return Ok(Rc::clone(call));
        }
        let disambiguators = arguments.disambiguators(&self.defaults);
        let call = Rc::new(Call {
            groups: group(&arguments.keys(&self.defaults))?,
            disambiguators: disambiguators.into_iter().map(str::to_owned).collect(),
            results: RefCell::default(),
        });
        self.by_arguments
            .borrow_mut()
            .insert(wanted, Rc::clone(&call));
        Ok(call)
    }

    /// Returns the text in its brackets; nothing stays nothing.
    fn wrapped(&self, arguments: &UniqueArguments<'_>, text: &str) -> String {
        let mut out = String::new();
        if !text.is_empty() {
            arguments.wrap(text, &self.defaults, &mut out);
        }
        out
    }
}

impl Call {
    /// Appends the result for a row, which is computed once.
    fn answer(
        &self,
        id: i64,
        out: &mut String,
        compute: impl FnOnce() -> Result<String, Failure>,
    ) -> Result<(), Failure> {
        if let Some(result) = self.results.borrow().get(&id) {
            out.push_str(result);
            return Ok(());
        }
        let result = compute()?;
        out.push_str(&result);
        self.results
            .borrow_mut()
            .insert(id, result.into_boxed_str());
        Ok(())
    }

    fn choose(&self, models: &Models<'_>, row: Row<'_>) -> Result<Choice, Failure> {
        self.groups.choose(models, row, &self.disambiguators)
    }
}
