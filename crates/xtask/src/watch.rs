//! The maker's loop: look at the sources twice a second, build what changed, stamp the site so that the page reloads.

use crate::{
    front::{self, Profile},
    layout::Layout,
};
use anyhow::Result;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// What the browser half is made of.
const SOURCES: [&str; 5] = ["app", "frontend", "crates/model", "style", "public"];

type Seen = BTreeMap<PathBuf, SystemTime>;

/// Builds, then builds again after every change, until it is stopped.
///
/// # Errors
/// When the sources cannot be read. A build that fails is reported and waits for the next change.
pub fn run(layout: &Layout) -> Result<()> {
    let mut seen = Seen::new();
    loop {
        let now = look(&layout.root)?;
        if now != seen {
            let changed: Vec<&PathBuf> = now.iter().filter(|(path, at)| seen.get(*path) != Some(at)).map(|(path, _)| path).collect();
            let style_only =
                !seen.is_empty() && changed.iter().all(|path| path.extension().is_some_and(|ending| ending == "css" || ending == "toml"));
            let built = if style_only { front::restyle(layout) } else { front::build(layout, Profile::Dev) };
            match built {
                Ok(()) => stamp(layout)?,
                Err(error) => eprintln!("watch: {error:#}"),
            }
            seen = now;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// Every source with the time of its last change.
fn look(root: &Path) -> Result<Seen> {
    let mut seen = Seen::new();
    for source in SOURCES {
        for entry in walkdir::WalkDir::new(root.join(source)) {
            let entry = entry?;
            if entry.file_type().is_file() {
                seen.insert(entry.path().to_path_buf(), entry.metadata()?.modified()?);
            }
        }
    }
    Ok(seen)
}

/// The server of the maker serves this file at `/dev/reload`; a page that sees it change loads again.
fn stamp(layout: &Layout) -> Result<()> {
    let millis = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis();
    std::fs::write(layout.site.join("reload"), millis.to_string())?;
    Ok(())
}
