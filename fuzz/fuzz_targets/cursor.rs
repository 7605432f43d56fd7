//! Cursors of lists.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    mpanel_fuzz::cursor(text);
});
