//! Words of programs that ran among a tenant's files.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    mpanel_fuzz::texts::said(text);
});
