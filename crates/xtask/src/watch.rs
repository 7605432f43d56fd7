//! The maker's loop: look at the sources twice a second, build what changed, start the panel again, and let open pages load again.

use crate::{
    front::{self, Profile},
    layout::Layout,
};
use anyhow::{Context, Result, bail};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Child, Command},
    time::{Duration, Instant, SystemTime},
};

/// What mPanel is made of.
const SOURCES: [&str; 7] = ["app", "crates", "frontend", "migrations", "public", "server", "style"];

/// What the browser half is made of. The panel's half is everything but `frontend`, `public` and `style`.
const FRONT: [&str; 5] = ["app", "frontend", "crates/model", "public", "style"];

type Seen = BTreeMap<PathBuf, SystemTime>;

/// Builds and starts the panel with these words (`demo` when there are none), and does it again after every change, until it is stopped.
///
/// # Errors
/// When the sources cannot be read. A build that fails is reported and waits for the next change.
pub fn run(layout: &Layout, words: &[&str]) -> Result<()> {
    let mut panel = Panel { layout, words, running: None };
    let mut seen = Seen::new();
    loop {
        let now = look(&layout.root)?;
        if now != seen {
            let begun = Instant::now();
            match panel.build(&Change::between(&layout.root, &seen, &now)) {
                Ok(()) => println!("watch: {:.1} s", begun.elapsed().as_secs_f32()),
                Err(error) => eprintln!("watch: {error:#}"),
            }
            seen = now;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// Which halves a change touches.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    style: bool,
    front: bool,
    panel: bool,
}

impl Change {
    fn between(root: &Path, then: &Seen, now: &Seen) -> Self {
        let other = |one: &Seen, two: &Seen| -> Vec<PathBuf> {
            one.iter().filter(|(path, at)| two.get(*path) != Some(at)).map(|(path, _)| path.strip_prefix(root).unwrap_or(path).to_owned()).collect()
        };
        let (mut changed, gone) = (other(now, then), other(then, now));
        changed.extend(gone);
        Self::of(&changed)
    }

    /// `changed`: below the workspace.
    pub fn of(changed: &[PathBuf]) -> Self {
        let below = |path: &PathBuf, folders: &[&str]| folders.iter().any(|folder| path.starts_with(folder));
        let style = |path: &PathBuf| path.starts_with("style");
        Self {
            style: changed.iter().any(style),
            front: changed.iter().any(|path| below(path, &FRONT) && !style(path)),
            panel: changed.iter().any(|path| !below(path, &["frontend", "public", "style"])),
        }
    }
}

/// The panel as a child; it ends with its owner.
struct Panel<'a> {
    layout: &'a Layout,
    words: &'a [&'a str],
    running: Option<Child>,
}

impl Panel<'_> {
    fn build(&mut self, change: &Change) -> Result<()> {
        if change.front {
            front::build(self.layout, Profile::Dev)?;
        } else if change.style {
            front::restyle(self.layout)?;
        }
        if change.panel {
            let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            cargo.current_dir(&self.layout.root).args(["build", "--locked", "--workspace", "--exclude", "frontend", "--bins"]);
            if !cargo.status().context("cargo cannot be started")?.success() {
                bail!("the panel does not compile");
            }
            self.stop()?;
            self.running = Some(self.start()?);
        }
        Ok(())
    }

    fn start(&self) -> Result<Child> {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.layout.root.join("target"), PathBuf::from);
        let words = if self.words.is_empty() { &["demo"] } else { self.words };
        let mut panel = Command::new(target.join("debug/mpanel"));
        panel.current_dir(&self.layout.root).args(words).env("MPANEL_DEV_RELOAD", "true");
        panel.spawn().context("the panel cannot be started")
    }

    /// Asks it to stop, as a service manager does: a panel that is killed leaves its PostgreSQL to the next one.
    fn stop(&mut self) -> Result<()> {
        if let Some(mut running) = self.running.take() {
            Command::new("kill").arg(running.id().to_string()).status()?;
            running.wait()?;
        }
        Ok(())
    }
}

impl Drop for Panel<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("watch: the panel was not stopped: {error:#}");
        }
    }
}

/// Every source with the time of its last change.
fn look(root: &Path) -> Result<Seen> {
    let mut seen = Seen::new();
    for source in SOURCES {
        for entry in walkdir::WalkDir::new(root.join(source)) {
            // A file that an editor has just moved away is seen the next time.
            let Ok(entry) = entry else { continue };
            if let (true, Ok(meta)) = (entry.file_type().is_file(), entry.metadata()) {
                seen.insert(entry.path().to_path_buf(), meta.modified()?);
            }
        }
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_builds_only_the_half_it_touches() {
        let of = |path: &str| {
            let change = Change::of(&[path.into()]);
            (change.style, change.front, change.panel)
        };
        assert_eq!(of("style/tokens.css"), (true, false, false));
        assert_eq!(of("frontend/src/lib.rs"), (false, true, false));
        assert_eq!(of("app/kit/src/button.rs"), (false, true, true));
        assert_eq!(of("crates/model/src/lib.rs"), (false, true, true));
        assert_eq!(of("crates/core/billing/src/lib.rs"), (false, false, true));
        assert_eq!(of("migrations/0001_base.sql"), (false, false, true));
        let both = Change::of(&["style/kit.css".into(), "server/src/main.rs".into()]);
        assert_eq!((both.style, both.front, both.panel), (true, false, true));
    }
}
