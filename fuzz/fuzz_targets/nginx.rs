//! Words and texts of the web server's language.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: (u8, Vec<Vec<String>>, &str)| {
    let (depth, words, text) = data;
    mpanel_fuzz::texts::nginx_words(words, usize::from(depth % 12));
    mpanel_fuzz::texts::nginx_text(text);
});
