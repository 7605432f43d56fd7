//! Repository checks that no compiler makes, read from the sources.

mod advisories;
mod claims;
mod graph;
mod layers;
mod licences;
mod names;
mod operations;
mod pages;
mod sizes;
mod sources;
#[cfg(test)]
mod tests;
mod writers;

pub use claims::passed;

use anyhow::{Result, bail};
use sources::Sources;
use std::path::Path;

/// What one check has to say.
enum Outcome {
    /// All is well; in figures.
    Fine(String),
    /// It could not be looked at, and why. Neither good nor bad.
    Skipped(String),
    /// What is wrong, one line each, with its place.
    Wrong(Vec<String>),
}

impl Outcome {
    /// Wrong when there are findings, else fine.
    fn of(findings: Vec<String>, fine: impl Into<String>) -> Self {
        if findings.is_empty() { Self::Fine(fine.into()) } else { Self::Wrong(findings) }
    }
}

/// Runs every check and prints a line for each, or what is wrong.
///
/// # Errors
/// When a check finds something, or cannot read what it looks at.
pub fn run(root: &Path) -> Result<()> {
    let sources = Sources::read(root)?;
    let graph = graph::Graph::read(root)?;
    let policy = licences::Policy::read(root)?;
    let outcomes = [
        ("sizes", sizes::check(&sources)),
        ("layers", layers::check(&graph)),
        ("operations", operations::check(&sources)),
        ("pages", pages::check(&sources)),
        ("writers", writers::check(&sources)),
        ("names", names::check(&sources)),
        ("licences", licences::check(&graph, &policy)),
        ("bans", licences::bans(&graph, &policy)),
        ("advisories", advisories::check(root)?),
        ("claims", claims::check(root, &sources)?),
    ];
    let mut wrong = 0;
    for (name, outcome) in outcomes {
        match outcome {
            Outcome::Fine(figures) => println!("ok {name}: {figures}"),
            Outcome::Skipped(why) => println!("skipped {name}: {why}"),
            Outcome::Wrong(findings) => {
                println!("WRONG {name}:");
                findings.iter().for_each(|finding| println!("  {finding}"));
                wrong += findings.len();
            }
        }
    }
    if wrong > 0 {
        bail!("{wrong} findings");
    }
    Ok(())
}
