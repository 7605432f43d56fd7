//! Inputs of a browser.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    mpanel_fuzz::words::inputs(bytes);
});
