//! `docs/CLAIMS.md`: each claim names the tests that observe it; they exist, are run, and have passed.

mod found;
mod log;

use super::{Outcome, sources::Sources};
use anyhow::{Context, Result, bail};
use found::Test;
use std::path::Path;

const FILE: &str = "docs/CLAIMS.md";
/// Tests that need a real host are ignored by default; the test command includes them. No other reason is good enough.
const NEEDS_HOST: &str = "boots a real host";
/// The test command selects those of a library by this word, in the module's name or the test's.
const SELECTED: &str = "real_";

/// One test that the page names.
struct Named<'a> {
    /// Its line in the page.
    line: usize,
    /// The test's file, from the root.
    file: &'a str,
    /// Function or title.
    name: &'a str,
}

/// Rows of the page: `| claim | ``file: name`` |`, more than one test where it takes more.
fn table(text: &str) -> (usize, Vec<Named<'_>>, Vec<String>) {
    let (mut rows, mut tests, mut wrong) = (0, Vec::new(), Vec::new());
    for (at, line) in text.lines().enumerate() {
        let line_number = at + 1;
        let Some(cells) = line.trim().strip_prefix('|') else { continue };
        let cells: Vec<&str> = cells.trim_end_matches('|').split(" | ").map(str::trim).collect();
        let [claim, named] = cells.as_slice() else {
            if !line.contains("---") {
                wrong.push(format!("{FILE}:{line_number}: a row has a claim and its tests"));
            }
            continue;
        };
        if *claim == "Claim" {
            continue;
        }
        rows += 1;
        let spans: Vec<&str> = named.split('`').skip(1).step_by(2).collect();
        if spans.is_empty() {
            wrong.push(format!("{FILE}:{line_number}: a claim without a test"));
        }
        for span in spans {
            match span.split_once(": ") {
                Some((file, name)) => tests.push(Named { line: line_number, file, name }),
                None => wrong.push(format!("{FILE}:{line_number}: {span:?} is not `file: test`")),
            }
        }
    }
    (rows, tests, wrong)
}

/// The named tests exist and are not ignored.
///
/// # Errors
/// When a file of tests is not Rust.
pub fn check(root: &Path, sources: &Sources) -> Result<Outcome> {
    let text = std::fs::read_to_string(root.join(FILE)).with_context(|| format!("{FILE} cannot be read"))?;
    look(&text, sources)
}

/// The same over any page.
///
/// # Errors
/// When a file of tests is not Rust.
pub fn look(text: &str, sources: &Sources) -> Result<Outcome> {
    let (rows, tests, mut wrong) = table(text);
    for named in &tests {
        let place = format!("{FILE}:{}: {}: {}", named.line, named.file, named.name);
        let Some(source) = sources.at(named.file) else {
            wrong.push(format!("{place}: there is no such file"));
            continue;
        };
        match found::tests(source)?.into_iter().find(|test| test.name == named.name) {
            None => wrong.push(format!("{place}: there is no such test")),
            Some(Test { ignored: Some(why), .. }) if why != NEEDS_HOST => wrong.push(format!("{place}: ignored, {why:?}")),
            Some(Test { ignored: Some(_), name, .. }) if named.file.contains("/src/") && !format!("{}{name}", named.file).contains(SELECTED) => {
                wrong.push(format!("{place}: the test command runs only those on a real host that have {SELECTED:?} in their path"));
            }
            Some(_) => {}
        }
    }
    if rows == 0 {
        wrong.push(format!("{FILE}: no claims"));
    }
    Ok(Outcome::of(wrong, format!("{rows} claims, {} tests named, all there", tests.len())))
}

/// Whether every claimed test passed in a run whose output was kept.
///
/// # Errors
/// Names each claimed test that did not run, or did not pass.
pub fn passed(root: &Path, log: &Path) -> Result<()> {
    let page = std::fs::read_to_string(root.join(FILE)).with_context(|| format!("{FILE} cannot be read"))?;
    let output = std::fs::read(log).with_context(|| format!("{} cannot be read", log.display()))?;
    let missing = not_passed(&page, &String::from_utf8_lossy(&output), &Sources::read(root)?)?;
    if missing.is_empty() {
        println!("ok claims: every claimed test ran and passed");
        return Ok(());
    }
    missing.iter().for_each(|line| println!("  {line}"));
    bail!("{} claimed tests did not run or did not pass", missing.len())
}

/// The claimed tests that the output does not show as passed.
///
/// # Errors
/// When a file of tests is not Rust.
pub fn not_passed(page: &str, output: &str, sources: &Sources) -> Result<Vec<String>> {
    let ran = log::Ran::read(output);
    let mut missing = Vec::new();
    for named in table(page).1 {
        let test = match sources.at(named.file) {
            Some(source) => found::tests(source)?.into_iter().find(|test| test.name == named.name),
            None => None,
        };
        if !test.is_some_and(|test| ran.has(named.file, &test)) {
            missing.push(format!("{FILE}:{}: {}: {}", named.line, named.file, named.name));
        }
    }
    Ok(missing)
}
