//! What this program remembers of a pod: its description and which of its once-only steps are done.
//! Everything else is read from the machine each time.

use std::fs;

use serde::{Deserialize, Serialize};
use wire::observation::PodSummary;
use wire::spec::{ArtifactRef, PodSpec, Stack};
use wire::{PodName, Secret, Sha256};

use crate::fail::{Doing, Res};
use crate::host::files;
use crate::host::names::{Names, STATES};

/// Kept as a file that only root reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The description of the last apply, without the first user's password.
    pub spec: PodSpec,
    /// An apply began and did not end.
    pub unfinished: bool,
    /// It was stopped and its data kept.
    pub held: bool,
    /// The starter page was written, or was not needed.
    pub starter: bool,
    /// The archive whose files were unpacked.
    pub unpacked: Option<Sha256>,
    /// WordPress was installed.
    pub installed: bool,
}

impl State {
    /// At the beginning of the first apply.
    pub fn new(spec: &PodSpec) -> Self {
        Self { spec: kept(spec), unfinished: true, held: false, starter: false, unpacked: None, installed: false }
    }

    /// At the beginning of a later apply: the once-only steps stay done.
    pub fn begin(&self, spec: &PodSpec) -> Self {
        Self { spec: kept(spec), unfinished: true, held: false, ..self.clone() }
    }

    /// What is remembered of this pod. A file that cannot be read is a fault, not an absence.
    pub fn load(names: &Names) -> Res<Option<Self>> {
        match files::read(&names.state())? {
            None => Ok(None),
            Some(bytes) => serde_json::from_slice(&bytes).doing(format_args!("reading {}", names.state().display())).map(Some),
        }
    }

    /// Remembers.
    pub fn save(&self, names: &Names) -> Res<()> {
        files::make_folder(STATES.as_ref(), 0o700)?;
        let bytes = serde_json::to_vec(self).doing("writing the pod's state")?;
        files::write(&names.state(), &bytes, 0o600)
    }
}

/// The first user's password is needed once; it is not kept.
fn kept(spec: &PodSpec) -> PodSpec {
    let mut spec = spec.clone();
    if let Stack::Wordpress { admin_password, .. } = &mut spec.stack
        && let Ok(blank) = Secret::new("********")
    {
        *admin_password = blank;
    }
    spec
}

/// All pods that are remembered.
pub fn all() -> Vec<State> {
    let entries = fs::read_dir(STATES).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let pods = names.filter_map(|file| PodName::new(file.strip_suffix(".json")?).ok());
    let mut found: Vec<State> = pods.filter_map(|pod| State::load(&Names::of(&pod)).ok().flatten()).collect();
    found.sort_by(|a, b| a.spec.pod.cmp(&b.spec.pod));
    found
}

/// All pods in short.
pub fn list() -> Vec<PodSummary> {
    let summary = |state: State| PodSummary {
        stack: state.spec.stack.word().to_owned(),
        held: state.held,
        unfinished: state.unfinished,
        domains: state.spec.domains,
        pod: state.spec.pod,
    };
    all().into_iter().map(summary).collect()
}

/// What of the description belongs to another pod, or cannot change once the pod is made.
pub fn conflict(spec: &PodSpec) -> Option<String> {
    for other in all() {
        let them = &other.spec;
        if them.pod == spec.pod {
            if them.stack.word() != spec.stack.word() {
                return Some(format!("the pod's stack is {} and cannot be changed", them.stack.word()));
            }
            if let (Some(old), Some(new)) = (&them.database, &spec.database)
                && (&old.name, &old.user) != (&new.name, &new.user)
            {
                return Some("the names of the pod's database cannot be changed".to_owned());
            }
            continue;
        }
        if let Some(domain) = spec.domains.iter().find(|d| !other.held && them.domains.contains(d)) {
            return Some(format!("{domain} is served by the pod {}", them.pod));
        }
        if let (Some(theirs), Some(ours)) = (&them.database, &spec.database)
            && (theirs.name == ours.name || theirs.user == ours.user)
        {
            return Some(format!("the database {} belongs to the pod {}", ours.name, them.pod));
        }
    }
    None
}

/// Does any other pod need this runtime? Held ones count, so that an apply brings them back at once.
pub fn runtime_in_use(runtime: &ArtifactRef, except: Option<&PodName>) -> bool {
    all().iter().any(|state| Some(&state.spec.pod) != except && state.spec.runtime.as_ref() == Some(runtime))
}
