//! A pod that exists in memory only.

use serde::{Deserialize, Serialize};
use wire::{
    DomainName, PodName, Title,
    observation::{Observation, Part, PartState, PodSummary, SiteAnswer, Standing, Usage},
    plan::{Change, Op, Plan},
    spec::{ArtifactRef, Limits, PodSpec},
    verb::RemoveMode,
};

/// What is kept of a pod. No passwords.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimPod {
    /// Names it answers to.
    pub domains: Vec<DomainName>,
    /// Title of its page.
    pub title: Title,
    stack: String,
    runtime: Option<ArtifactRef>,
    app: Option<ArtifactRef>,
    limits: Limits,
    database: Option<String>,
    /// Stopped, its data kept.
    pub held: bool,
}

impl SimPod {
    /// The pod that a description asks for.
    pub fn new(spec: &PodSpec) -> Self {
        Self {
            domains: spec.domains.clone(),
            title: spec.stack.title().clone(),
            stack: spec.stack.word().to_owned(),
            runtime: spec.runtime.clone(),
            app: spec.app.clone(),
            limits: spec.limits,
            database: spec.database.as_ref().map(|database| database.name.to_string()),
            held: false,
        }
    }

    fn parts(&self) -> Vec<(&'static str, String)> {
        let Limits { cpu_millis, memory_mb, disk_mb, tasks } = self.limits;
        let mut parts = vec![
            ("user", "system user of the pod".to_owned()),
            ("storage", format!("{disk_mb} MiB")),
            ("slice", format!("CPUQuota={}% MemoryMax={memory_mb}M TasksMax={tasks}", cpu_millis / 10)),
        ];
        parts.extend(self.runtime.iter().map(|runtime| ("runtime", runtime.name.to_string())));
        parts.extend(self.database.iter().map(|name| ("database", name.clone())));
        parts.extend(self.app.iter().map(|app| ("app", app.name.to_string())));
        let names: Vec<_> = self.domains.iter().map(DomainName::as_str).collect();
        parts.push(("nginx", names.join(" ")));
        parts
    }

    /// The difference between what is and what should be.
    pub fn plan(now: Option<&Self>, wanted: &Self) -> Plan {
        let there = now.filter(|pod| !pod.held).map(Self::parts).unwrap_or_default();
        let change = |(what, detail): (&str, String)| {
            let op = match there.iter().find(|(name, _)| *name == what) {
                None => Op::Add,
                Some((_, now)) if *now == detail => Op::Keep,
                Some(_) => Op::Change,
            };
            Change { op, what: what.to_owned(), detail }
        };
        Plan { changes: wanted.parts().into_iter().map(change).collect() }
    }

    /// What a removal takes away.
    pub fn removal(&self, mode: RemoveMode) -> Plan {
        let gone = |(what, detail): (&str, String)| Change { op: Op::Remove, what: what.to_owned(), detail };
        let kept = |what: &str| mode == RemoveMode::Hold && matches!(what, "user" | "storage" | "database" | "app" | "runtime");
        let already = |what: &str| self.held && matches!(what, "slice" | "nginx");
        Plan { changes: self.parts().into_iter().filter(|(what, _)| !kept(what) && !already(what)).map(gone).collect() }
    }

    /// The pod as an observation shows it.
    pub fn observe(&self, name: &PodName, ms: u64) -> Observation {
        let state = |what: &str| if self.held && matches!(what, "slice" | "nginx") { PartState::Missing } else { PartState::Good };
        let part = |(what, detail): (&str, String)| Part { name: what.to_owned(), state: state(what), detail };
        let title = Some(self.title.to_string());
        Observation {
            pod: name.clone(),
            standing: if self.held { Standing::Held } else { Standing::Running },
            parts: self.parts().into_iter().map(part).collect(),
            usage: Usage {
                memory_bytes: Some(if self.held { 0 } else { 40 << 20 }),
                cpu_usec: Some(0),
                tasks: Some(if self.held { 0 } else { 3 }),
                disk_bytes: Some(60 << 20),
                disk_limit_bytes: Some(u64::from(self.limits.disk_mb) << 20),
            },
            site: (!self.held).then_some(SiteAnswer { status: 200, title, bytes: 1000, ms }),
        }
    }

    /// Its line in the list.
    pub fn summary(&self, name: &PodName) -> PodSummary {
        PodSummary { pod: name.clone(), stack: self.stack.clone(), domains: self.domains.clone(), held: self.held, unfinished: false }
    }

    /// Files it needs on its server.
    pub fn needs(&self) -> impl Iterator<Item = &ArtifactRef> {
        self.runtime.iter().chain(&self.app)
    }
}
