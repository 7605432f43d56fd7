//! What this program remembers of a pod: its description and which of its once-only steps are done.
//! Everything else is read from the machine each time.
//!
//! - A file carries its version; an older one is upgraded while it is read ([`super::legacy`]).
//! - A file that cannot be read never means "no pod": it stops every verb that needs the whole picture.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;

use serde::{Deserialize, Serialize};
use wire::observation::{PodSummary, SiteSummary};
use wire::spec::{ArtifactRef, PodSpec, SiteSpec, Stack};
use wire::{DbName, PodName, Secret, Sha256, SiteName};

use crate::error::{Result, ResultExt, refused};
use crate::host::files;
use crate::host::names::{PodNames, STATES};

use super::edits::Written;
use super::legacy::{self, Legacy};

/// Version of the files that this program writes.
const VERSION: u32 = 3;
/// The one before did not know what it had written; such a file is read as it is.
const BEFORE: u32 = 2;

/// Kept as a file that only root reads: it has the databases' passwords and the sites' keys in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    version: u32,
    /// The description of the last apply, without the first users' passwords.
    pub spec: PodSpec,
    /// An apply began and did not end.
    pub unfinished: bool,
    /// It was stopped and its data kept.
    pub held: bool,
    /// What was done once for each site.
    pub sites: BTreeMap<SiteName, SiteProgress>,
    /// Databases that were made in the pod's instance.
    pub databases: BTreeSet<DbName>,
    /// What an older agent made differently and is still to be moved.
    pub legacy: Option<Legacy>,
    /// What this program has written into the pod's files.
    #[serde(default)]
    pub written: Written,
}

/// Steps that are done once for a site.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteProgress {
    /// The starter page was written, or was not needed.
    pub starter: bool,
    /// The archive whose files were unpacked.
    pub unpacked: Option<Sha256>,
    /// WordPress was installed.
    pub installed: bool,
}

/// What tells versions apart; the first one had no number.
#[derive(Deserialize)]
struct Versioned {
    #[serde(default)]
    version: u32,
}

impl State {
    /// At the beginning of the first apply.
    pub fn new(spec: &PodSpec) -> Self {
        let spec = without_passwords(spec);
        let (sites, databases, written) = (BTreeMap::new(), BTreeSet::new(), Written::new());
        Self { version: VERSION, spec, unfinished: true, held: false, sites, databases, legacy: None, written }
    }

    /// Of a pod that was made on another server: its once-only steps are done.
    pub fn adopted(spec: &PodSpec) -> Self {
        let progress = |site: &SiteSpec| SiteProgress {
            starter: true,
            unpacked: site.source.as_ref().map(|source| source.sha256.clone()),
            installed: matches!(site.stack, Stack::Wordpress { .. }),
        };
        let sites = spec.sites.iter().map(|site| (site.name.clone(), progress(site))).collect();
        Self { sites, databases: spec.databases.iter().map(|db| db.name.clone()).collect(), ..Self::new(spec) }
    }

    /// At the beginning of a later apply: the once-only steps stay done.
    pub fn begin(&self, spec: &PodSpec) -> Self {
        Self { spec: without_passwords(spec), unfinished: true, held: false, ..self.clone() }
    }

    /// What is remembered of this pod.
    pub fn load(names: &PodNames) -> Result<Option<Self>> {
        let path = names.state();
        match files::read(&path)? {
            None => Ok(None),
            Some(bytes) => parse(&bytes).context(format_args!("reading {}", path.display())).map(Some),
        }
    }

    /// Remembers.
    pub fn save(&self, names: &PodNames) -> Result<()> {
        files::make_folder(STATES.as_ref(), 0o700)?;
        let bytes = serde_json::to_vec(self).context("writing the pod's state")?;
        files::write(&names.state(), &bytes, 0o600)
    }

    /// What was done once for this site.
    pub fn site(&self, site: &SiteName) -> SiteProgress {
        self.sites.get(site).cloned().unwrap_or_default()
    }
}

fn parse(bytes: &[u8]) -> std::result::Result<State, String> {
    let text = |error: serde_json::Error| error.to_string();
    match serde_json::from_slice::<Versioned>(bytes).map_err(text)?.version {
        0 => legacy::upgrade(bytes),
        BEFORE | VERSION => serde_json::from_slice(bytes).map(|state| State { version: VERSION, ..state }).map_err(text),
        other => Err(format!("its version is {other}, this agent knows versions up to {VERSION}")),
    }
}

/// The first users' passwords are needed once; they are not kept.
fn without_passwords(spec: &PodSpec) -> PodSpec {
    let mut spec = spec.clone();
    for site in &mut spec.sites {
        if let Stack::Wordpress { admin_password, .. } = &mut site.stack
            && let Ok(blank) = Secret::new("********")
        {
            *admin_password = blank;
        }
    }
    spec
}

/// Names of all pods that are remembered, whether their files can be read or not.
pub fn names() -> Result<Vec<PodName>> {
    let entries = match fs::read_dir(STATES) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).context(format_args!("reading {STATES}")),
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry.context(format_args!("reading {STATES}"))?.file_name();
        // Files that are being written have other names.
        found.extend(name.to_str().and_then(|file| PodName::new(file.strip_suffix(".json")?).ok()));
    }
    found.sort();
    Ok(found)
}

/// All pods that are remembered.
///
/// # Errors
/// `Refused` with the file's name when one of them cannot be read.
pub fn all() -> Result<Vec<State>> {
    let unreadable = |failure: wire::message::Failure| {
        refused(format!("what this agent knows of its pods is incomplete: {}", failure.message))
            .with_remedy("restore this file, or apply its pod again after moving the file away")
    };
    let load = |pod: PodName| State::load(&PodNames::of(&pod)).map_err(unreadable).transpose();
    names()?.into_iter().filter_map(load).collect()
}

/// All pods in short.
pub fn list() -> Result<Vec<PodSummary>> {
    let summary = |state: State| PodSummary {
        held: state.held,
        unfinished: state.unfinished,
        pod: state.spec.pod,
        sites: state.spec.sites.into_iter().map(|s| SiteSummary { name: s.name, stack: s.stack.label().to_owned(), domains: s.domains }).collect(),
    };
    Ok(all()?.into_iter().map(summary).collect())
}

/// What of the description belongs to another pod, or cannot change once the pod is made.
pub fn conflict(spec: &PodSpec) -> Result<Option<String>> {
    Ok(all()?.iter().find_map(|other| if other.spec.pod == spec.pod { fixed(&other.spec, spec) } else { taken(other, spec) }))
}

fn fixed(old: &PodSpec, new: &PodSpec) -> Option<String> {
    let pairs = || old.sites.iter().filter_map(|old| Some((old, new.sites.iter().find(|new| new.name == old.name)?)));
    if let Some((old, _)) = pairs().find(|(old, new)| old.stack.label() != new.stack.label()) {
        return Some(format!("the site {} is a {} site; that cannot be changed", old.name, old.stack.label()));
    }
    let pairs = || old.databases.iter().filter_map(|old| Some((old, new.databases.iter().find(|new| new.name == old.name)?)));
    let (old, _) = pairs().find(|(old, new)| old.user != new.user)?;
    Some(format!("the user of the database {} cannot be changed", old.name))
}

fn taken(other: &State, spec: &PodSpec) -> Option<String> {
    let them = &other.spec;
    if other.legacy.is_none() && them.uid == spec.uid {
        return Some(format!("the user number {} belongs to the pod {}", spec.uid.get(), them.pod));
    }
    let domain = spec.domains().find(|domain| !other.held && them.domains().any(|theirs| theirs == *domain))?;
    Some(format!("{domain} is served by the pod {}", them.pod))
}

/// Does any other pod need this runtime? Held ones count, so that an apply brings them back at once.
pub fn runtime_in_use(runtime: &ArtifactRef, except: Option<&PodName>) -> Result<bool> {
    Ok(all()?.iter().any(|state| Some(&state.spec.pod) != except && state.spec.runtimes().any(|theirs| theirs == runtime)))
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
