//! Closed sets of words, and ids.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    mpanel_fuzz::words::words(text);
    mpanel_fuzz::words::ids(text);
});
