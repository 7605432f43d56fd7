//! Licences of others, and packages that must not come in. Both lists stand in `deny.toml`, which cargo-deny reads too.

mod expression;

use super::{
    Outcome,
    graph::{Graph, Package},
};
use anyhow::{Context, Result};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Packages without a licence expression whose licence file was read by a person: name and licence.
const READ: &[(&str, &str)] = &[("apalis-postgres", "MIT")];

/// `deny.toml`, as far as it is needed here.
#[derive(Deserialize)]
pub struct Policy {
    licenses: Licences,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    #[serde(default)]
    reason: String,
    /// Only two versions at once are banned.
    #[serde(default)]
    deny_multiple_versions: bool,
}

impl Policy {
    /// Reads it.
    ///
    /// # Errors
    /// When the file is missing or not right.
    pub fn read(root: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(root.join("deny.toml")).context("deny.toml cannot be read")?;
        Self::parse(&text)
    }

    /// Understands it.
    ///
    /// # Errors
    /// When it is not right.
    pub fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).context("deny.toml is not right")
    }
}

/// Each package of others can be used under licences that are allowed.
pub fn check(graph: &Graph, policy: &Policy) -> Outcome {
    let mut kinds = BTreeSet::new();
    let mut count = 0;
    let mut wrong = Vec::new();
    for package in graph.foreign() {
        count += 1;
        match licence(package) {
            None => wrong.push(format!("{} {}: no licence is stated", package.name, package.version)),
            Some(expression) if expression::satisfied(expression, &policy.licenses.allow) => {
                kinds.insert(expression);
            }
            Some(expression) => wrong.push(format!("{} {}: {expression} is not allowed by deny.toml", package.name, package.version)),
        }
    }
    Outcome::of(wrong, format!("{count} packages, {} expressions, all allowed", kinds.len()))
}

fn licence(package: &Package) -> Option<&str> {
    let read = || READ.iter().find(|(name, _)| *name == package.name).map(|(_, licence)| *licence);
    package.license.as_deref().or_else(read)
}

/// No package that is banned, and one version of those that must agree with each other.
pub fn bans(graph: &Graph, policy: &Policy) -> Outcome {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in graph.foreign() {
        versions.entry(&package.name).or_default().push(&package.version);
    }
    let mut wrong = Vec::new();
    for ban in &policy.bans.deny {
        let Some(found) = versions.get(ban.name.as_str()) else { continue };
        let list = found.join(" and ");
        if !ban.deny_multiple_versions {
            wrong.push(format!("{} {list}: banned; {}", ban.name, ban.reason));
        } else if found.len() > 1 {
            wrong.push(format!("{} {list}: two versions at once; {}", ban.name, ban.reason));
        }
    }
    Outcome::of(wrong, format!("none of {} rules is broken", policy.bans.deny.len()))
}
