//! What a template needs from the world: fields, and functions that reach beyond their arguments.

/// Gives values to symbols and runs functions that are not built in.
///
/// Values are as beets formats them for display; the evaluation itself replaces path separators in
/// them ([`Options::clean_value`](crate::Options::clean_value)). Bytes that are not UTF-8 are
/// carried as [`decode_path`](crate::decode_path) describes.
pub trait Environment {
    /// Appends the value of a field as a path sees it (for beets: the album's before the item's).
    /// Returns `false`, with nothing appended, if there is no such field: the symbol then stays in
    /// the text as it was written.
    ///
    /// # Errors
    ///
    /// Any failure ends the evaluation, as an exception outside a function does in beets.
    fn symbol(&self, name: &str, out: &mut String) -> Result<bool, Failure>;

    /// Returns whether `%ifdef` finds a field.
    ///
    /// # Errors
    ///
    /// A [`Failure::Message`] becomes the call's text.
    fn defines(&self, name: &str) -> Result<bool, Failure> {
        self.symbol(name, &mut String::new())
    }

    /// Appends the value of a field as `%ifdef` shows it (for beets: the item's before the
    /// album's). Path separators stay in this value.
    ///
    /// # Errors
    ///
    /// A [`Failure::Message`] becomes the call's text.
    fn display(&self, name: &str, out: &mut String) -> Result<(), Failure> {
        self.symbol(name, out).map(|_| ())
    }

    /// Returns the number of the environments that this one is like, as the tracks of an album are
    /// like each other: all of one number give the same as long as they say so
    /// ([`is_shared`](Self::is_shared)). A [`Namer`](crate::Namer) need not ask each of them anew.
    fn group(&self) -> Option<u64> {
        None
    }

    /// Returns whether all that this has given yet is the same for its whole
    /// [`group`](Self::group).
    fn is_shared(&self) -> bool {
        false
    }

    /// Returns whether [`call`](Self::call) runs a function. It is asked before the built-in
    /// functions, since in beets a plugin's function hides them.
    fn provides(&self, _function: &str) -> bool {
        false
    }

    /// Appends what a function gives for its arguments. There is always at least one: `%f{}`
    /// passes an empty one.
    ///
    /// # Errors
    ///
    /// A [`Failure::Message`] becomes the call's text, between `<` and `>`.
    fn call(&self, function: &str, _arguments: &[&str], _out: &mut String) -> Result<(), Failure> {
        Err(Failure::Refused(format!("nobody provides %{function}")))
    }
}

/// Why a field or a function gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// What Python's exception says: beets puts it into the name.
    Message(String),
    /// This cannot be computed here (Python code in the configuration, say), and a guess would be
    /// a wrong name.
    Refused(String),
}

/// An environment of text values by name, for programs that have no more than that.
macro_rules! map_environment {
    ($map:ty) => {
        impl<K, V> Environment for $map
        where
            K: std::borrow::Borrow<str> + std::hash::Hash + Ord,
            V: AsRef<str>,
        {
            fn symbol(&self, name: &str, out: &mut String) -> Result<bool, Failure> {
                let value = self.get(name);
                out.push_str(value.map_or("", AsRef::as_ref));
                Ok(value.is_some())
            }
        }
    };
}

map_environment!(std::collections::HashMap<K, V>);
map_environment!(std::collections::BTreeMap<K, V>);
