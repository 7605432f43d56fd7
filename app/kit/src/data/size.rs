//! Sizes of memory and disk in words.

/// Mebibytes as they are sold: "512 MB", "5 GB", "7.6 GB". One unit everywhere, so that a plan and its meter say the same.
pub fn size_words(mebibytes: f64) -> String {
    if mebibytes < 1024.0 {
        return format!("{mebibytes:.0}\u{a0}MB");
    }
    let words = format!("{:.1}", mebibytes / 1024.0);
    format!("{}\u{a0}GB", words.strip_suffix(".0").unwrap_or(&words))
}

#[cfg(test)]
mod tests {
    use super::size_words;

    #[test]
    fn a_size_is_said_as_it_is_sold() {
        assert_eq!(size_words(512.0), "512\u{a0}MB");
        assert_eq!(size_words(5120.0), "5\u{a0}GB");
        assert_eq!(size_words(7782.4), "7.6\u{a0}GB");
        assert_eq!(size_words(0.0), "0\u{a0}MB");
    }
}
