//! Messages to a server.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    mpanel_fuzz::link::to_node(bytes);
});
