//! The names of one directory: who gets the one it wants, and what the others are called.

use std::borrow::Cow;

use crate::suffix::Suffixes;

/// An entry of a directory that is being laid out.
pub(crate) struct Child<'n, C> {
    pub(crate) name: Cow<'n, [u8]>,
    pub(crate) content: C,
}

/// Makes up names for those that did not get what they want, in their order, and puts them in their
/// places among the children, which are sorted by name.
pub(crate) fn name_losers<'n, C>(
    children: &mut Vec<Child<'n, C>>,
    losers: impl IntoIterator<Item = (Cow<'n, [u8]>, C)>,
) {
    let mut suffixes = Suffixes::default();
    let mut named = Vec::new();
    for (wanted, content) in losers {
        let taken = |name: &[u8]| children.binary_search_by(|c| (*c.name).cmp(name)).is_ok();
        let name = Cow::Owned(suffixes.next(&wanted, taken));
        named.push(Child { name, content });
    }
    children.append(&mut named);
    children.sort_by(|a, b| a.name.cmp(&b.name));
}
