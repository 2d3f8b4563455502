//! Values of leaves, against a map of the standard library.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::build::leaf;
use crate::{LeafId, LeafMap};

/// Numbers that are close to each other, and some that are far off.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        0_u64..70,
        Just((1 << 61) - 1),
        (1_u64 << 60)..(1 << 60) + 20
    ]
}

proptest! {
    #[test]
    fn it_is_a_map(steps in prop::collection::vec((number(), prop::option::of(0_u32..9)), 0..200)) {
        let (map, mut model) = (LeafMap::default(), BTreeMap::new());
        for (number, value) in steps {
            let leaf = leaf(number);
            map.update(leaf, |before| {
                assert_eq!(before, model.get(&leaf).copied());
                value
            });
            match value {
                Some(value) => model.insert(leaf, value),
                None => model.remove(&leaf),
            };
            prop_assert_eq!(map.get(leaf), value);
            prop_assert_eq!(map.len(), model.len());
        }
        let mut keys = map.keys();
        keys.sort_unstable();
        prop_assert!(keys.into_iter().eq(model.into_keys()));
    }
}

#[test]
fn threads_see_each_others_changes() {
    let map = LeafMap::default();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for number in 0..1000 {
                    map.update(leaf(number), |count: Option<u32>| {
                        Some(count.unwrap_or(0) + 1)
                    });
                }
            });
        }
    });
    assert_eq!(map.len(), 1000);
    assert!((0..1000).all(|number| map.get(leaf(number)) == Some(4)));
    let none: Option<u32> = map.get(LeafId::new(1000).unwrap());
    assert_eq!(none, None);
}
