//! Certificates with their chains, and keys.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: (&str, &[u8])| {
    mpanel_fuzz::certificates::hostile::text(data.0);
    mpanel_fuzz::certificates::hostile::bytes(data.1);
});
