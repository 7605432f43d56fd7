//! Messages and signatures of repositories' hosts.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: (&[u8], &str, &str)| {
    mpanel_fuzz::push(data.0, data.1, data.2);
});
