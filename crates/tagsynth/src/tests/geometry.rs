use proptest::prelude::*;

use crate::geometry::fit;

#[track_caller]
fn check(origin: u64, content: u64, least_padding: u64, expect: u64) {
    assert_eq!(fit(origin, content, least_padding), expect);
}

#[test]
fn what_fits_keeps_the_length() {
    check(1000, 600, 4, 1000);
    check(1000, 996, 4, 1000);
    check(1000, 1000, 4, 1000);
    check(1000, 999, 1, 1000);
}

#[test]
fn what_does_not_fit_grows_by_pages() {
    check(1000, 1001, 4, 5096);
    check(1000, 5092, 4, 5096);
    check(1000, 5096, 4, 5096);
    check(1000, 5097, 4, 9192);
}

#[test]
fn a_gap_too_small_for_padding_grows_by_a_page() {
    check(1000, 997, 4, 5096);
    check(1000, 5094, 4, 9192);
}

#[test]
fn impossible_lengths_saturate() {
    check(u64::MAX, u64::MAX - 1, 4, u64::MAX);
    check(1, u64::MAX, 4, u64::MAX);
}

proptest! {
    #[test]
    fn lengths_keep_the_origins_place_in_a_page(
        origin in 0..100_000_u64, content in 0..100_000_u64, least_padding in 1..9_u64,
    ) {
        let len = fit(origin, content, least_padding);
        prop_assert!(len >= origin && len >= content);
        prop_assert_eq!((len - origin) % 4096, 0);
        let padding = len - content;
        prop_assert!(padding == 0 || padding >= least_padding);
        // Nothing shorter would have done.
        if let Some(shorter) = len.checked_sub(4096).filter(|&shorter| shorter >= origin) {
            prop_assert!(shorter < content || (1..least_padding).contains(&(shorter - content)));
        }
    }
}
