//! What differs between two tag sets in the eyes of beets.

use std::collections::BTreeSet;

use crate::{Field, TagSet, Value};

/// Numbers with a fraction that are nearer to each other than this are the same, as in beets' diff.
const EPSILON: f64 = 0.01;

impl TagSet<'_> {
    /// Returns the fields that are other ones in `new`, as `beet write` finds them.
    ///
    /// Lists are the same if they have the same texts, in whatever order and however often.
    pub fn changes<'t>(&'t self, new: &'t TagSet<'_>) -> impl Iterator<Item = Field> + 't {
        let fields = Field::ALL.iter().copied();
        fields.filter(|&field| !is_same(self.get(field), new.get(field)))
    }
}

fn is_same(old: Option<&Value<'_>>, new: Option<&Value<'_>>) -> bool {
    match (old, new) {
        // Infinities are the same by themselves, but do not differ by a number.
        (Some(Value::Float(a)), Some(Value::Float(b))) => old == new || (a - b).abs() < EPSILON,
        (Some(Value::List(a)), Some(Value::List(b))) => {
            a.iter().collect::<BTreeSet<_>>() == b.iter().collect()
        }
        (old, new) => old == new,
    }
}
