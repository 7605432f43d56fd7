//! Zone files.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| mpanel_fuzz::zones::hostile::zone_file(text));
