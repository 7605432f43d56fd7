//! Texts for people that modules of every area write alike: in letters, on pages, in logs of jobs and in errors.

use model::Time;

/// Words of a program or of another system as a sentence that others can follow: with an upper-case first letter and one full stop at the end,
/// unless they end with another sign of that kind.
pub fn sentence(words: &str) -> String {
    let words = words.trim_end_matches(['.', ' ']);
    let mut letters = words.chars();
    let first: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    let end = if words.ends_with(['!', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// A day: `7 May 2027`.
pub fn day(at: Time) -> String {
    at.format("%-d %B %Y").to_string()
}

/// A moment, to the minute: `2027-05-07 09:05 UTC`.
pub fn minute(at: Time) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_a_sentence_with_one_end() {
        let words = ["server unreachable: no route", "It is gone. ", "it waits...", "really?", "no!", "élan", "x"].map(sentence);
        assert_eq!(words, ["Server unreachable: no route.", "It is gone.", "It waits.", "Really?", "No!", "Élan.", "X."]);
    }

    #[test]
    fn days_and_moments_are_written_in_utc() {
        let at: Time = "2027-05-07T09:05:59Z".parse().unwrap();
        assert_eq!((day(at).as_str(), minute(at).as_str()), ("7 May 2027", "2027-05-07 09:05 UTC"));
    }
}
