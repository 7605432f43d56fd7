//! Answers of a tenant's site.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    mpanel_fuzz::texts::site(bytes);
});
