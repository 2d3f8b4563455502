//! Any MP4 file and tags: a virtual file that adds up and holds the audio, or an error.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| fuzz::mp4::check(data));
