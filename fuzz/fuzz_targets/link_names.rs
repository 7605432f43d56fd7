//! Names that reach a server.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    mpanel_fuzz::link::names(text);
});
