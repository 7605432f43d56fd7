//! The browser half: WASM, its JavaScript, the style sheet; hashed, compressed, and a manifest of them.

mod bundle;
mod lean;
mod links;
mod names;
mod parts;
mod repair;
#[cfg(test)]
mod repair_tests;
mod wasm;

use crate::{layout::Layout, style};
use anyhow::{Context, Result};
use bundle::Bundle;
use sha2::{Digest, Sha256};
use std::{path::Path, time::Instant};

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
    let linked = wasm::compile(layout, profile)?;
    let inputs = inputs(layout, profile, &css, &linked)?;
    if bundle::made_of(layout).as_ref() == Some(&inputs) {
        println!("front: nothing has changed");
        return Ok(());
    }
    let program = wasm::make(layout, profile, &linked)?;
    let mut bundle = Bundle::new(layout, profile)?;
    bundle.add_hashed(&format!("{}.css", layout.name), css.as_bytes())?;
    bundle.add_hashed(&format!("{}.wasm", layout.name), &program.wasm)?;
    bundle.add_scripts(program)?;
    bundle.add_folder(&layout.assets)?;
    bundle.finish(&inputs)?;
    println!("front: done in {:.1} s", begun.elapsed().as_secs_f32());
    Ok(())
}

/// A hash of everything that the site is made of, this program included: making it again takes a minute.
fn inputs(layout: &Layout, profile: Profile, css: &str, linked: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    add(format!("{profile:?}").as_bytes());
    add(&std::fs::read(std::env::current_exe()?)?);
    add(css.as_bytes());
    add(&std::fs::read(linked)?);
    for entry in walkdir::WalkDir::new(&layout.assets).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() {
            add(entry.path().to_string_lossy().as_bytes());
            add(&std::fs::read(entry.path())?);
        }
    }
    Ok(hex::encode(hash.finalize()))
}

/// Builds the style sheet again and keeps the program of the last build.
///
/// # Errors
/// When a class is wrong or there is no earlier build.
pub fn restyle(layout: &Layout) -> Result<()> {
    let css = style::build(&layout.root)?;
    Bundle::replace(layout, &format!("{}.css", layout.name), css.as_bytes())
}
