//! Bytes of the channel to a server.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: (u8, &[u8])| {
    mpanel_fuzz::link::frames(data.1, usize::from(data.0));
});
