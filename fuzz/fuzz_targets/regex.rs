//! Any pattern, text and replacement: an answer or an error, in bounded time and space.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| fuzz::regex::check(data));
