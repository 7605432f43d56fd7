//! What never stands in a file: paths of one machine, work left for later, packages from a private place.

use super::{
    Outcome,
    sources::{Source, Sources},
};

/// Folders of a maker's machine. The path of a server's own key file is none.
const FOLDERS: [&str; 2] = [concat!("/wo", "rk/"), concat!("/ro", "ot/")];
const SERVERS_OWN: &str = concat!("/ro", "ot/.ssh/");
/// Words for work that was put off; with a number, as in `(#12)`, somebody follows it.
const LATER: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("HA", "CK")];
/// The one place that packages come from.
const INDEX: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Reads every line of every file.
pub fn check(sources: &Sources) -> Outcome {
    let mut wrong = Vec::new();
    let mut files = 0;
    for source in sources.all() {
        files += 1;
        for (at, line) in source.text.lines().enumerate() {
            if let Some(why) = fault(source, line) {
                wrong.push(format!("{}:{}: {why}", source.path, at + 1));
            }
        }
    }
    Outcome::of(wrong, format!("{files} files name no machine, no registry and no work for later"))
}

fn fault(source: &Source, line: &str) -> Option<String> {
    for folder in FOLDERS {
        let own = |at: usize| line[at..].starts_with(SERVERS_OWN);
        if starts(line, folder).any(|at| !own(at)) {
            return Some(format!("a path of one machine, {folder}"));
        }
    }
    for word in LATER {
        let numbered = |at: usize| line[at + word.len()..].starts_with("(#");
        if words(line, word).any(|at| !numbered(at)) {
            return Some(format!("{word} without a number"));
        }
    }
    let foreign = match source.path.rsplit('/').next() {
        Some("Cargo.lock") => line.strip_prefix("source = \"").is_some_and(|from| from.trim_end_matches('"') != INDEX),
        // Without addresses each machine asks its own registry; the checksum says whether it is the same package.
        Some("package-lock.json") => line.contains("\"resolved\""),
        _ => false,
    };
    foreign.then(|| "a package from somewhere else than the public registry".to_owned())
}

/// Where a path begins with the folder: nothing of a path stands before it.
fn starts<'a>(line: &'a str, folder: &'a str) -> impl Iterator<Item = usize> + 'a {
    let inside = |before: char| before.is_alphanumeric() || "/}_.-~".contains(before);
    line.match_indices(folder).map(|(at, _)| at).filter(move |at| !line[..*at].ends_with(inside) && !ends_with_variable(&line[..*at]))
}

/// `"$folder` and `$folder` before a slash are a folder of the program's own.
fn ends_with_variable(before: &str) -> bool {
    before.ends_with('"')
        && before
            .trim_end_matches('"')
            .rsplit(|c: char| !c.is_alphanumeric() && c != '_' && c != '$')
            .next()
            .is_some_and(|word| word.starts_with('$'))
}

/// Where the word stands by itself.
fn words<'a>(line: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let letter = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).map(|(at, _)| at).filter(move |at| !line[..*at].ends_with(letter) && !line[at + word.len()..].starts_with(letter))
}
