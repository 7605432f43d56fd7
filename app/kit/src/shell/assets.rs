//! Where the built files are: logical name to hashed address and checksum.

use serde::Deserialize;
use std::collections::BTreeMap;

/// One built file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Asset {
    /// Address below the root, such as `/pkg/mpanel.3f2a.js`.
    pub path: String,
    /// Checksum in the form of the integrity attribute.
    pub integrity: String,
}

/// The manifest that the front build writes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Assets(BTreeMap<String, Asset>);

impl Assets {
    /// Names that the document needs.
    const NEEDED: [&'static str; 3] = ["mpanel.js", "mpanel.wasm", "mpanel.css"];

    /// Reads `manifest.json`.
    ///
    /// # Errors
    /// When it is not a manifest, or a file that the document needs is not in it.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let assets: Self = serde_json::from_str(text).map_err(|error| format!("the manifest of the site files cannot be read: {error}"))?;
        match Self::NEEDED.iter().find(|name| !assets.0.contains_key(**name)) {
            Some(name) => Err(format!("the manifest of the site files lacks {name}; build the front half again")),
            None => Ok(assets),
        }
    }

    /// A built file by its logical name.
    pub fn get(&self, name: &str) -> Option<&Asset> {
        self.0.get(name)
    }
}
