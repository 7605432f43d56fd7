//! All files of a pod, from words that nobody has looked at.
#![no_main]

use mpanel_fuzz::{made_of, pods};

type Raw<'a> = (u8, u16, [&'a str; 8], [u32; 4]);

libfuzzer_sys::fuzz_target!(|raw: Raw| {
    let (stack, as_it_is, [pod, domains, title, runtime, database, password, email, user], limits) = raw;
    // One bit for each word: as it is, or of the signs that such a name may have.
    let word = |bit: u8, text: &str, signs: &str| if as_it_is >> bit & 1 == 1 { text.to_owned() } else { made_of(text, signs) };
    let words = pods::Words {
        stack,
        pod: format!("a{}", word(0, pod, "abcdefghi0123-")),
        site: format!("s{}", word(8, pod, "abcdefghi0123")),
        domains: word(1, domains, "abcd0.-,").split(',').map(|label| format!("{label}.example")).collect(),
        title: title.to_owned(),
        runtime: format!("{}{}", if stack % 4 == 2 { "node" } else { "php" }, word(2, runtime, "8.2-")),
        database: format!("p{}", word(3, database, "abc_0")),
        password: format!("0123456789abcdef{}", word(4, password, "abcXYZ019-_")),
        email: format!("a{}@a.example", word(5, email, "abcXYZ019._+-'&=~")),
        user: format!("a{}", word(6, user, "abcXYZ019._-")),
        limits: if as_it_is >> 7 & 1 == 1 {
            limits
        } else {
            [1 + limits[0] % 256_000, 32 + limits[1] % 1_000_000, 16 + limits[2] % 16_000_000, 8 + limits[3] % 99_000]
        },
    };
    if let Some(spec) = pods::described(&words) {
        pods::pod(&spec);
    }
});
