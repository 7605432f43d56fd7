//! Bank statements as CSV.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: (u32, bool, &str, &str, &[u8])| {
    use mpanel_fuzz::statements::hostile;
    let (minor, is_comma, text, name, file) = data;
    hostile::csv(minor, is_comma, [text, name]);
    hostile::file(file);
});
