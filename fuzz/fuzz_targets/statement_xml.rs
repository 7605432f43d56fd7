//! Bank statements as CAMT.053.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: (bool, u32, &str, &str, &str, &str, &[u8])| {
    use mpanel_fuzz::statements::hostile;
    let (version, minor, amount, status, reference, text, file) = data;
    hostile::camt(version, minor, [amount, status, reference, text]);
    hostile::file(file);
});
