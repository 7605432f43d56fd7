//! Names, times and values of records.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: (u8, u32, &str, &str)| {
    let (kind, ttl, name, value) = data;
    mpanel_fuzz::zones::record(kind, name, ttl, value);
});
