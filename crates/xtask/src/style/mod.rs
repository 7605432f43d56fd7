//! Turns the classes of `app/` into CSS, and refuses those that would yield none.

#[cfg(test)]
mod contrast_tests;
mod scan;
#[cfg(test)]
mod tests;
mod theme;

use anyhow::{Context, Result, bail};
use scan::Found;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::Path,
};
use theme::Theme;

/// Builds the whole style sheet: tokens, base, then one rule for each utility that is used.
///
/// # Errors
/// Names file and line of every class that yields no CSS, or that brings a colour of its own.
pub fn build(root: &Path) -> Result<String> {
    let read = |name: &str| {
        let path = root.join("style").join(name);
        std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))
    };
    let theme = Theme::parse(&read("theme.toml")?)?;
    let found = scan::folder(&root.join("app"))?;
    let utilities = generate(&theme, &found)?;
    let mut css = read("tokens.css")?;
    css.push_str(&read("base.css")?);
    css.push_str(&utilities);
    Ok(compact(&css))
}

/// The rules of the utilities in use.
fn generate(theme: &Theme, found: &[Found]) -> Result<String> {
    let config = theme.config();
    let names: BTreeSet<&str> = found.iter().map(|found| found.class.as_str()).collect();
    let mut wrong = String::new();
    let mut used = Vec::new();
    for name in names {
        if theme.hooks.contains(name) {
            continue;
        }
        let rule = encre_css::generate([name], &config);
        let why = if rule.trim().is_empty() {
            "yields no CSS"
        } else if theme::has_raw_colour(&rule) {
            "brings a colour that is not a token"
        } else {
            used.push(name);
            continue;
        };
        for place in found.iter().filter(|found| found.class == name) {
            // Writing to a String does not fail.
            let _ = writeln!(wrong, "{}:{}: class {name:?} {why}", place.file.display(), place.line);
        }
    }
    if !wrong.is_empty() {
        bail!("{wrong}classes are utilities over style/theme.toml, or hooks named there (style/README.md)");
    }
    let mut ranks: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for name in used {
        ranks.entry(theme.rank(name)).or_default().push(name);
    }
    Ok(ranks.into_values().map(|names| encre_css::generate([names.join(" ").as_str()], &config)).collect::<Vec<_>>().join("\n"))
}

/// Leaves out comments and the blanks at the ends of lines; the rest is brotli's work.
fn compact(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(start) = rest.find("/*") {
        out.push_str(&rest[..start]);
        rest = rest[start..].find("*/").map_or("", |end| &rest[start + end + 2..]);
    }
    out.push_str(rest);
    out.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}
