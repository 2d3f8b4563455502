//! Any query, asked of a small row: an answer or an error whose place is in the query.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| fuzz::query::check(data));
