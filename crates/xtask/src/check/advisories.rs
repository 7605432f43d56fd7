//! Known holes in our dependencies. The list of them is on the network, and so is the program that reads it.

use super::Outcome;
use anyhow::{Context, Result};
use std::{path::Path, process::Command};

/// Asks cargo-deny or cargo-audit, whichever is installed.
///
/// # Errors
/// When the program is there and cannot be started.
pub fn check(root: &Path) -> Result<Outcome> {
    for (program, args) in [("cargo-deny", ["check", "advisories"].as_slice()), ("cargo-audit", ["audit"].as_slice())] {
        if !installed(program) {
            continue;
        }
        let said = Command::new(program).args(args).current_dir(root).output().with_context(|| format!("{program} cannot be started"))?;
        let text = String::from_utf8_lossy(&said.stderr).into_owned() + &String::from_utf8_lossy(&said.stdout);
        return Ok(if said.status.success() {
            Outcome::Fine(format!("{program} knows none"))
        } else {
            Outcome::Wrong(text.lines().map(str::to_owned).collect())
        });
    }
    Ok(Outcome::Skipped("cargo-deny is not installed".to_owned()))
}

fn installed(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}
