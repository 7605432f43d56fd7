//! The browser half: WASM, its JavaScript, the style sheet; hashed, compressed, and a manifest of them.

mod bundle;
mod repair;
#[cfg(test)]
mod repair_tests;
mod wasm;

use crate::{layout::Layout, style};
use anyhow::{Context, Result};
use bundle::Bundle;
use std::time::Instant;

/// How much time the build may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Small: for shipping.
    Release,
    /// Quick: for the maker.
    Dev,
}

/// Builds everything into the site folder.
///
/// # Errors
/// When a part fails; the site folder stays as it was.
pub fn build(layout: &Layout, profile: Profile) -> Result<()> {
    let begun = Instant::now();
    let css = style::build(&layout.root).context("the style sheet")?;
    println!("front: style sheet, {} KB", css.len() / 1024);
    let program = wasm::build(layout, profile)?;
    let mut bundle = Bundle::new(layout, profile)?;
    bundle.add_hashed(&format!("{}.css", layout.name), css.as_bytes())?;
    bundle.add_hashed(&format!("{}.js", layout.name), &program.js)?;
    bundle.add_hashed(&format!("{}.wasm", layout.name), &program.wasm)?;
    bundle.add_folder(&layout.assets)?;
    bundle.finish()?;
    println!("front: done in {:.1} s", begun.elapsed().as_secs_f32());
    Ok(())
}

/// Builds the style sheet again and keeps the program of the last build.
///
/// # Errors
/// When a class is wrong or there is no earlier build.
pub fn restyle(layout: &Layout) -> Result<()> {
    let css = style::build(&layout.root)?;
    Bundle::replace(layout, &format!("{}.css", layout.name), css.as_bytes())
}
