//! Files stay small enough to be read at one sitting.

use super::{Outcome, sources::Sources};

/// No file is longer.
const MAX: usize = 500;
/// Half of the files are not longer.
const MEDIAN: usize = 120;
/// Nine of ten files are not longer.
const P90: usize = 350;

/// Counts the lines of every Rust file.
pub fn check(sources: &Sources) -> Outcome {
    let mut sizes: Vec<(usize, &str)> = sources.rust().map(|source| (source.text.lines().count(), source.path.as_str())).collect();
    sizes.sort_unstable();
    // Of n files in order of size, the one at this share of the way.
    let at = |percent: usize| sizes.get((sizes.len() * percent / 100).min(sizes.len().saturating_sub(1))).map_or(0, |(lines, _)| *lines);
    let (median, p90) = (at(50), at(90));
    let mut wrong: Vec<String> =
        sizes.iter().filter(|(lines, _)| *lines > MAX).map(|(lines, path)| format!("{path}:{lines}: longer than {MAX} lines")).collect();
    if median > MEDIAN {
        wrong.push(format!("the median is {median} lines, more than {MEDIAN}"));
    }
    if p90 > P90 {
        wrong.push(format!("one file in ten is longer than {p90} lines, more than {P90}"));
    }
    Outcome::of(wrong, format!("{} files, median {median}, p90 {p90}, max {}", sizes.len(), at(100)))
}
