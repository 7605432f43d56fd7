//! Names made from free text.

/// Lowercase letters, digits and single hyphens, none of them at an end; at most `max` characters. Empty when nothing of the text can be used.
pub fn slug(text: &str, max: usize) -> String {
    let mut slug = String::new();
    for c in text.chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == max {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn a_slug_has_single_hyphens_between_words_and_none_at_an_end() {
        for (text, slugged) in
            [("Lumen Shop", "lumen-shop"), ("--a  b!!", "a-b"), ("Über uns", "ber-uns"), ("7 days", "7-days"), ("été", "t"), ("...", "")]
        {
            assert_eq!(slug(text, 40), slugged, "{text}");
        }
        assert_eq!(slug("abc def", 4), "abc", "cut at a hyphen");
    }
}
