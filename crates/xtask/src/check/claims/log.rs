//! What a kept test output says: the lines of Rust's test runner and of Playwright's list reporter.

use super::found::Test;
use std::collections::HashSet;

/// The tests that passed.
pub struct Ran<'a> {
    /// `module::path::name` of Rust.
    rust: HashSet<&'a str>,
    /// Whole lines of Playwright.
    browser: Vec<&'a str>,
}

impl<'a> Ran<'a> {
    /// Reads the output.
    pub fn read(output: &'a str) -> Self {
        let lines = || output.lines().map(str::trim);
        let rust = lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... ok"));
        let browser = lines().filter(|line| line.starts_with("ok ") || line.starts_with('✓'));
        Self { rust: rust.map(|name| name.trim_end_matches(" - should panic")).collect(), browser: browser.collect() }
    }

    /// Whether the test of that file is among them.
    pub fn has(&self, file: &str, test: &Test) -> bool {
        if file.ends_with(".rs") {
            return modules(file).iter().any(|outer| {
                let path: Vec<&str> =
                    outer.iter().map(String::as_str).chain(test.inside.iter().map(String::as_str)).chain([test.name.as_str()]).collect();
                self.rust.contains(path.join("::").as_str())
            });
        }
        let name = file.rsplit('/').next().unwrap_or(file);
        let title = format!(" › {}", test.name);
        self.browser.iter().any(|line| {
            // The time that it took stands behind the title.
            let line = line.rsplit_once(" (").map_or(*line, |(line, _)| line);
            line.contains(&format!("{name}:")) && line.ends_with(&title)
        })
    }
}

/// The modules that a file can be, from its path: `foo_tests.rs` is a module of that name, or the `tests` of its neighbour `foo.rs`.
fn modules(file: &str) -> Vec<Vec<String>> {
    let inner = file.split_once("/src/").or_else(|| file.split_once("/tests/")).map_or(file, |(_, inner)| inner);
    // The root of a test of several files is its folder's `main.rs`, which is no module.
    let inner = if file.contains("/src/") { inner } else { inner.split_once('/').map_or("main.rs", |(_, inner)| inner) };
    let mut path: Vec<String> = inner.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if matches!(path.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        path.pop();
    }
    let neighbour = path.split_last().and_then(|(last, before)| {
        let stem = last.strip_suffix("_tests")?;
        Some(before.iter().cloned().chain([stem.to_owned(), "tests".to_owned()]).collect())
    });
    std::iter::once(path).chain(neighbour).collect()
}
