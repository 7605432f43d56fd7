//! Names that reach a server, and where its sites are deployed from: repositories, branches, folders, commands and host keys.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    mpanel_fuzz::link::names(text);
});
