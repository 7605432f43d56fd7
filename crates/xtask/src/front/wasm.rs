//! Cargo, wasm-split and wasm-bindgen as libraries, wasm-opt.

use super::{Profile, lean::lean, names, repair};
use crate::layout::Layout;
use anyhow::{Context, Result, anyhow, bail};
use rayon::prelude::*;
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::Command,
};
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";

/// Where the program finds the parts that are fetched when they are asked for.
pub const LINKS: &str = "__wasm_split.js";

/// What the browser runs.
pub struct Program {
    /// The glue.
    pub js: String,
    /// Fetches the parts.
    pub links: String,
    /// The program.
    pub wasm: Vec<u8>,
    /// Its parts by file name: each group of pages, and what some groups share.
    pub parts: Vec<(String, Vec<u8>)>,
    /// The parts that each group needs, by their names without ending.
    pub needs: HashMap<String, Vec<String>>,
}

/// Makes the linked file ready for the browser.
///
/// # Errors
/// When it cannot be split, or wasm-bindgen or wasm-opt fails.
pub fn make(layout: &Layout, profile: Profile, linked: &Path) -> Result<Program> {
    let out = linked.with_file_name("bindgen");
    if out.exists() {
        std::fs::remove_dir_all(&out)?;
    }
    let whole = std::fs::read(linked)?;
    let (main, glue) = (out.join("main.wasm"), format!("./{}.js", layout.name));
    let mut options = wasm_split_cli_support::Options::new(&whole);
    let links = format!("./{LINKS}");
    (options.output_dir, options.main_out_path, options.main_module, options.link_name) = (&out, &main, &glue, &links);
    let split = wasm_split_cli_support::transform(options).map_err(|error| anyhow!("the program cannot be split: {error:#}"))?;
    Bindgen::new()
        .input_path(&main)
        .out_name(&layout.name)
        .web(true)?
        .keep_lld_exports(true)
        .demangle(false)
        .remove_name_section(profile == Profile::Release)
        .remove_producers_section(true)
        .typescript(false)
        .generate(&out)
        .context("wasm-bindgen")?;
    let wasm = out.join(format!("{}_bg.wasm", layout.name));
    let mut js = std::fs::read_to_string(out.join(format!("{}.js", layout.name)))?;
    let links = std::fs::read_to_string(out.join(LINKS))?;
    if profile == Profile::Release {
        js = lean(&js);
        std::fs::write(&wasm, names::shorten(&std::fs::read(&wasm)?, &mut js)?)?;
        println!("front: wasm-opt makes {} files smaller", split.split_modules.len() + 1);
        split.split_modules.par_iter().chain([&wasm]).try_for_each(|file| shrink(file))?;
    }
    if out.join("snippets").exists() {
        bail!("a dependency brings JavaScript of its own; the site serves one program and its glue only");
    }
    let part = |file: &PathBuf| Ok((file.file_name().context("a part without a name")?.to_string_lossy().into_owned(), std::fs::read(file)?));
    Ok(Program {
        js,
        links,
        wasm: std::fs::read(&wasm)?,
        parts: split.split_modules.iter().map(part).collect::<Result<_>>()?,
        needs: split.prefetch_map,
    })
}

/// Runs cargo for the front crate alone, so that `hydrate` and `ssr` never meet; gives the linked file.
///
/// # Errors
/// When the compiler fails, or has no standard library for the browser.
pub fn compile(layout: &Layout, profile: Profile) -> Result<PathBuf> {
    let (name, folder) = match profile {
        Profile::Release => ("wasm-release", "wasm-release"),
        Profile::Dev => ("dev", "debug"),
    };
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Splitting needs to know what refers to what.
    let relocations = ["--", "-Clink-args=--emit-relocs"];
    cargo.current_dir(&layout.root).args(["rustc", "-p", "frontend", "--lib", "--target", TARGET, "--profile", name]).args(relocations);
    if let Some(flags) = library(layout, profile)? {
        // What a panic leaves out is not a stable flag yet.
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags).env("RUSTC_BOOTSTRAP", "1");
    }
    if let Some(linker) = linker() {
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    }
    let status = cargo.status().context("cargo cannot be started")?;
    if !status.success() {
        bail!("the front crate does not compile");
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| layout.root.join("target"), PathBuf::from);
    Ok(target.join(TARGET).join(folder).join("frontend.wasm"))
}

/// The flags for the standard library that `scripts/wasm-std.sh` has made; nothing where the compiler has its own.
fn library(layout: &Layout, profile: Profile) -> Result<Option<String>> {
    let script = layout.root.join("scripts/wasm-std.sh");
    let kind = if profile == Profile::Release { "release" } else { "dev" };
    let made = Command::new("sh").arg(&script).arg(kind).stderr(std::process::Stdio::inherit()).output().context("sh cannot be started")?;
    if !made.status.success() {
        bail!("there is no standard library for {TARGET}; the lines above say what to do");
    }
    let flags = String::from_utf8(made.stdout)?.trim().to_owned();
    Ok((!flags.is_empty()).then_some(flags))
}

/// A linker for WASM on the path, where the toolchain brings none.
fn linker() -> Option<String> {
    let bundled = Command::new("rust-lld").arg("--version").output().is_ok();
    if bundled {
        return None;
    }
    let found = ["wasm-ld", "wasm-ld-23", "wasm-ld-22", "wasm-ld-21", "wasm-ld-20", "wasm-ld-19"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|out| out.status.success()));
    found.map(ToOwned::to_owned)
}

/// Makes the program smaller, after wasm-bindgen: before it, the describe functions would stay. What wasm-opt prints (hundreds of warnings
/// about names) goes into a log beside the file.
fn shrink(wasm: &Path) -> Result<()> {
    let small = wasm.with_extension("small.wasm");
    let made = Command::new("wasm-opt")
        .args([
            "-Oz",
            "--quiet",
            "--enable-bulk-memory",
            "--enable-mutable-globals",
            "--enable-nontrapping-float-to-int",
            "--enable-reference-types",
            "--enable-sign-ext",
        ])
        .arg(wasm)
        .arg("-o")
        .arg(&small)
        .output();
    match made {
        Ok(made) if made.status.success() => {
            std::fs::write(wasm.with_extension("wasm-opt.log"), [made.stdout, made.stderr].concat())?;
            let mut bytes = std::fs::read(&small)?;
            repair::table_exports(&std::fs::read(wasm)?, &mut bytes)?;
            Ok(std::fs::write(wasm, bytes)?)
        }
        Ok(made) => bail!("wasm-opt refuses the program: {}", String::from_utf8_lossy(&made.stderr).lines().last().unwrap_or("it says nothing")),
        Err(_) => {
            eprintln!("front: wasm-opt is not on the path; the program is about a third larger. Debian: apt-get install binaryen");
            Ok(())
        }
    }
}
