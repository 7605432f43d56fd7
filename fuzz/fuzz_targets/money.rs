//! Amounts, and prices that a person types.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: (i64, i64, i32, u8, &str)| {
    let (minor, other, rate, which, text) = data;
    let all = model::money::Currency::ALL;
    mpanel_fuzz::words::money(minor, other, rate, all[usize::from(which) % all.len()]);
    mpanel_fuzz::price_of(text);
});
