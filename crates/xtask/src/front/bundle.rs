//! The site folder: hashed names, compressed copies beside each file, a manifest; changed in one move.

use super::{
    Profile,
    lean::lean,
    links, parts,
    wasm::{LINKS, Program},
};
use crate::layout::Layout;
use anyhow::{Context, Result, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use rayon::prelude::*;
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
    /// Not compressed yet.
    fresh: Vec<PathBuf>,
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
        Ok(Self { layout, profile, folder, manifest: BTreeMap::new(), fresh: Vec::new() })
    }

    /// Adds a file whose address changes with its content, so that it may be kept for ever; gives its name there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add_hashed(&mut self, name: &str, content: &[u8]) -> Result<String> {
        self.add_as(name, &hash([content]), content)
    }

    /// Adds the parts of the program and the two scripts that load them. The scripts name each other, so they share one hash.
    ///
    /// # Errors
    /// When a file cannot be written, or a script does not name what it loads.
    pub fn add_scripts(&mut self, program: Program) -> Result<()> {
        let Program { mut js, links, parts, needs, .. } = program;
        let glue = format!("{}.js", self.layout.name);
        let files = parts::pack(parts, &needs)?;
        let mut links = lean(&links::write(&links, &files, &needs)?);
        for file in &files {
            let hashed = self.add_hashed(&file.name, &file.content)?;
            rename(&mut links, &file.name, &hashed)?;
        }
        let hash = hash([js.as_bytes(), links.as_bytes()]);
        rename(&mut js, LINKS, &with_hash(LINKS, &hash))?;
        rename(&mut links, &glue, &with_hash(&glue, &hash))?;
        self.add_as(&glue, &hash, js.as_bytes())?;
        self.add_as(LINKS, &hash, links.as_bytes())?;
        Ok(())
    }

    fn add_as(&mut self, name: &str, hash: &str, content: &[u8]) -> Result<String> {
        let hashed = with_hash(name, hash);
        self.put(name, &format!("{}/{hashed}", self.layout.pkg), content)?;
        Ok(hashed)
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
        self.fresh.push(file);
        let integrity = format!("sha384-{}", STANDARD.encode(Sha384::digest(content)));
        self.manifest.insert(name.to_owned(), Entry { path: format!("/{path}"), integrity });
        Ok(())
    }

    /// Writes the manifest and what it was made of, and puts the folder in the place of the last one.
    ///
    /// # Errors
    /// When a file cannot be written or moved.
    pub fn finish(self, inputs: &str) -> Result<()> {
        self.pack()?;
        write_manifest(&self.folder, &self.manifest)?;
        std::fs::write(self.folder.join(INPUTS), inputs)?;
        let size = |file: &Path| std::fs::metadata(file).map_or(0, |meta| meta.len());
        let sizes = self.manifest.values().map(|entry| {
            let file = self.folder.join(entry.path.trim_start_matches('/'));
            (size(&file), size(&beside(&file, "br")))
        });
        let (plain, packed) = sizes.fold((0, 0), |sum, size| (sum.0 + size.0, sum.1 + size.1));
        println!("front: {} files, {} KB, {} KB as brotli", self.manifest.len(), plain / 1024, packed / 1024);
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

    /// Makes the compressed copies.
    fn pack(&self) -> Result<()> {
        if self.profile == Profile::Dev {
            return Ok(());
        }
        // The largest first: nobody waits for it at the end.
        let mut files: Vec<_> = self.fresh.iter().map(|file| Ok((std::fs::read(file)?, file))).collect::<Result<_>>()?;
        files.sort_by_key(|(content, _)| std::cmp::Reverse(content.len()));
        files.par_iter().with_max_len(1).try_for_each(|(content, file)| compress(file, content))
    }

    /// Puts new content under a logical name of the site that is there.
    ///
    /// # Errors
    /// When there is no site yet.
    pub fn replace(layout: &'a Layout, name: &str, content: &[u8]) -> Result<()> {
        let text = std::fs::read(layout.site.join("manifest.json")).context("there is no earlier build; run `cargo xtask front --dev`")?;
        let manifest = serde_json::from_slice(&text)?;
        let mut bundle = Self { layout, profile: Profile::Release, folder: layout.site.clone(), manifest, fresh: Vec::new() };
        let old = bundle.manifest.get(name).map(|entry| bundle.folder.join(entry.path.trim_start_matches('/')));
        bundle.add_hashed(name, content)?;
        bundle.pack()?;
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

fn hash<const N: usize>(contents: [&[u8]; N]) -> String {
    let mut hash = Sha256::new();
    for content in contents {
        hash.update(content);
    }
    hex::encode(hash.finalize())[..12].to_owned()
}

fn with_hash(name: &str, hash: &str) -> String {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, "bin"));
    format!("{stem}.{hash}.{ending}")
}

/// Puts the hashed name in the place of the name, where a script loads the file from beside itself. The program goes on to ask for the plain name.
fn rename(script: &mut String, name: &str, hashed: &str) -> Result<()> {
    let loads = |name: &str| [format!("from \"./{name}\""), format!("URL(\"./{name}\"")];
    let renamed = loads(name).iter().zip(loads(hashed)).fold(script.clone(), |script, (plain, hashed)| script.replace(plain, &hashed));
    ensure!(renamed != *script, "no script loads {name}");
    *script = renamed;
    Ok(())
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
