//! Sections, keys and values of unit files and of PHP-FPM.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: (Vec<(String, String, String)>, &str)| {
    mpanel_fuzz::texts::ini_tree(&data.0);
    mpanel_fuzz::texts::ini_text(data.1);
});
