//! Names of entries in archives, and targets of links.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: (&[u8], &[u8], u8)| {
    mpanel_fuzz::archive_name(data.0, data.1, data.2);
});
