//! Free text in HTML, PHP and JavaScript.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    mpanel_fuzz::texts::escaped(text);
});
