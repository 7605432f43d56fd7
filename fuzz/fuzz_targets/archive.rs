//! Archives that are uploaded.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    mpanel_fuzz::archive(bytes);
});
