//! The site folder: hashed names, compressed copies beside each file, a manifest; changed in one move.

use super::Profile;
use crate::layout::Layout;
use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256, Sha384};
use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
};

/// File beside the manifest: a hash of what the site was made of.
const INPUTS: &str = "inputs";

/// One line of the manifest.
#[derive(Serialize, Deserialize)]
struct Entry {
    path: String,
    integrity: String,
}

/// A site folder in the making, beside the real one.
pub struct Bundle<'a> {
    layout: &'a Layout,
    profile: Profile,
    folder: PathBuf,
    manifest: BTreeMap<String, Entry>,
}

impl<'a> Bundle<'a> {
    /// An empty one.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(layout: &'a Layout, profile: Profile) -> Result<Self> {
        let folder = layout.site.with_extension("new");
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(folder.join(&layout.pkg)).with_context(|| format!("{} cannot be made", folder.display()))?;
        Ok(Self { layout, profile, folder, manifest: BTreeMap::new() })
    }

    /// Adds a file whose address changes with its content, so that it may be kept for ever.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add_hashed(&mut self, name: &str, content: &[u8]) -> Result<()> {
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, "bin"));
        let hash = &hex::encode(Sha256::digest(content))[..12];
        self.put(name, &format!("{}/{stem}.{hash}.{ending}", self.layout.pkg), content)
    }

    /// Adds the files of a folder; their names in the manifest are their paths below it.
    ///
    /// # Errors
    /// When one cannot be read or written.
    pub fn add_folder(&mut self, folder: &Path) -> Result<()> {
        for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
            let entry = entry?;
            if entry.file_type().is_file() {
                let path = entry.path().strip_prefix(folder)?.to_string_lossy().into_owned();
                self.add_hashed(&path, &std::fs::read(entry.path())?)?;
            }
        }
        Ok(())
    }

    fn put(&mut self, name: &str, path: &str, content: &[u8]) -> Result<()> {
        let file = self.folder.join(path);
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&file, content)?;
        if self.profile == Profile::Release {
            compress(&file, content)?;
        }
        let integrity = format!("sha384-{}", STANDARD.encode(Sha384::digest(content)));
        self.manifest.insert(name.to_owned(), Entry { path: format!("/{path}"), integrity });
        Ok(())
    }

    /// Writes the manifest and what it was made of, and puts the folder in the place of the last one.
    ///
    /// # Errors
    /// When a file cannot be written or moved.
    pub fn finish(self, inputs: &str) -> Result<()> {
        write_manifest(&self.folder, &self.manifest)?;
        std::fs::write(self.folder.join(INPUTS), inputs)?;
        for (name, entry) in &self.manifest {
            let file = self.folder.join(entry.path.trim_start_matches('/'));
            let size = |file: &Path| std::fs::metadata(file).map_or(0, |meta| meta.len() / 1024);
            println!("front: {name} is {} KB, {} KB as brotli, at {}", size(&file), size(&beside(&file, "br")), entry.path);
        }
        let old = self.layout.site.with_extension("old");
        if old.exists() {
            std::fs::remove_dir_all(&old)?;
        }
        if self.layout.site.exists() {
            std::fs::rename(&self.layout.site, &old)?;
        }
        std::fs::rename(&self.folder, &self.layout.site)?;
        if old.exists() {
            std::fs::remove_dir_all(&old)?;
        }
        Ok(())
    }

    /// Puts new content under a logical name of the site that is there.
    ///
    /// # Errors
    /// When there is no site yet.
    pub fn replace(layout: &'a Layout, name: &str, content: &[u8]) -> Result<()> {
        let text = std::fs::read(layout.site.join("manifest.json")).context("there is no earlier build; run `cargo xtask front --dev`")?;
        let manifest = serde_json::from_slice(&text)?;
        let mut bundle = Self { layout, profile: Profile::Release, folder: layout.site.clone(), manifest };
        let old = bundle.manifest.get(name).map(|entry| bundle.folder.join(entry.path.trim_start_matches('/')));
        bundle.add_hashed(name, content)?;
        // From now on it is not what the whole build would make.
        let _ = std::fs::remove_file(bundle.folder.join(INPUTS));
        let new = bundle.manifest.get(name).map(|entry| bundle.folder.join(entry.path.trim_start_matches('/')));
        if let Some(old) = old.filter(|old| Some(old) != new.as_ref()) {
            for file in [beside(&old, "br"), beside(&old, "gz"), old] {
                if file.exists() {
                    std::fs::remove_file(file)?;
                }
            }
        }
        write_manifest(&bundle.folder, &bundle.manifest)
    }
}

/// What the site that is there was made of.
pub fn made_of(layout: &Layout) -> Option<String> {
    std::fs::read_to_string(layout.site.join(INPUTS)).ok()
}

fn write_manifest(folder: &Path, manifest: &BTreeMap<String, Entry>) -> Result<()> {
    let mut text = serde_json::to_vec_pretty(manifest)?;
    text.push(b'\n');
    std::fs::write(folder.join("manifest.json"), text)?;
    Ok(())
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

/// Writes the brotli and gzip copies, where they are smaller.
fn compress(file: &Path, content: &[u8]) -> Result<()> {
    let mut br = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 24, ..Default::default() };
    brotli::BrotliCompress(&mut &content[..], &mut br, &params)?;
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gz.write_all(content)?;
    let gz = gz.finish()?;
    for (ending, packed) in [("br", br), ("gz", gz)] {
        if packed.len() < content.len() {
            std::fs::write(beside(file, ending), packed)?;
        }
    }
    Ok(())
}
