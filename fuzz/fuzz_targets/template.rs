//! Any template, any values, any settings: a path comes out whose components are safe, or it says
//! which is not.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| fuzz::template::check(data));
