//! Messages of a payment provider and their signatures.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: (i64, i64, &str, &[u8], &[u8])| {
    use mpanel_fuzz::payments::hostile;
    let (at, now, header, other, body) = data;
    hostile::message(body);
    hostile::forged(body, header, now);
    hostile::signed(body, other, at, now, header);
});
