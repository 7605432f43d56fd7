//! A pod that exists in memory only.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use wire::{
    DomainName, PodName, PodUid, SiteName, Title,
    cron::{CronJob, CronJobResult},
    deploy::{ArchiveName, Release, ReleaseName},
    observation::{Observation, Part, PartState, PodCondition, PodSummary, SiteAnswer, SiteSummary, Usage},
    plan::{Change, HandEdit, Op, Plan},
    settings::{Protection, SiteSettings},
    spec::{ArtifactRef, HandEdits, Limits, NetworkPolicy, PodSpec, PodState, SiteSpec},
    verb::RemoveMode,
};

/// What is kept of a pod. No passwords.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimPod {
    uid: PodUid,
    /// Its sites.
    pub sites: Vec<SimSite>,
    pub(super) limits: Limits,
    /// Its programs reach the sites of this server only.
    #[serde(default)]
    pub is_closed: bool,
    databases: Vec<String>,
    /// Visitors get a page with status 503.
    pub suspended: bool,
    /// Stopped, its data kept.
    pub held: bool,
    /// Files that a hand has changed.
    #[serde(default)]
    pub edits: Vec<String>,
    /// Sites that are gone and whose files are there.
    #[serde(default)]
    pub left: BTreeSet<SiteName>,
    /// Releases of its sites.
    #[serde(default)]
    pub releases: BTreeSet<(SiteName, ReleaseName)>,
    /// Archives that were uploaded for its sites.
    #[serde(default)]
    pub archives: BTreeSet<(SiteName, ArchiveName)>,
    /// What its scheduled jobs came to.
    #[serde(default)]
    pub results: Vec<CronJobResult>,
}

/// What is kept of a site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimSite {
    name: SiteName,
    /// Names it answers to.
    pub domains: Vec<DomainName>,
    /// Title of its page.
    pub title: Title,
    stack: String,
    runtime: Option<ArtifactRef>,
    source: Option<ArtifactRef>,
    /// What it would show over HTTPS.
    #[serde(default)]
    pub certificate: Option<ShownCertificate>,
    /// Visitors get a page with status 503.
    #[serde(default)]
    pub stopped: bool,
    /// What it is set to.
    #[serde(default)]
    pub settings: SiteSettings,
    /// The release that it serves.
    #[serde(default)]
    pub release: Option<Release>,
    /// Names of its environment variables, each with a checksum of its value.
    #[serde(default)]
    pub environment: Vec<String>,
    /// What is run at times.
    #[serde(default)]
    pub cron_jobs: Vec<CronJob>,
    /// After how many minutes without a visitor it sleeps.
    #[serde(default)]
    pub sleep_after_minutes: Option<u32>,
    /// Since when it sleeps.
    #[serde(default)]
    pub asleep: Option<u64>,
}

/// What is kept of a certificate. No key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownCertificate {
    /// The chain in PEM.
    pub chain: String,
    /// Whether visitors are sent to HTTPS.
    pub redirect: bool,
    /// For how long browsers are told to insist on it.
    pub hsts: Option<u32>,
    /// Names that another chain is for, and that chain in PEM.
    #[serde(default)]
    pub also: Option<(Vec<DomainName>, String)>,
}

impl ShownCertificate {
    fn label(&self) -> String {
        let fingerprint = |chain: &str| hex::encode(Sha256::digest(chain.as_bytes()))[..16].to_owned();
        let to = if self.redirect { " with redirect" } else { "" };
        let hsts = self.hsts.map(|seconds| format!(" for {seconds} s")).unwrap_or_default();
        let names = |names: &[DomainName]| names.iter().map(DomainName::as_str).collect::<Vec<_>>().join(" ");
        let also = self.also.as_ref().map(|(domains, chain)| format!(" and {} for {}", fingerprint(chain), names(domains))).unwrap_or_default();
        format!("{}{to}{hsts}{also}", fingerprint(&self.chain))
    }

    /// What visitors of this name are shown.
    pub(crate) fn for_name(self, name: &str) -> Self {
        match &self.also {
            Some((domains, chain)) if domains.iter().any(|one| one.as_str() == name) => Self { chain: chain.clone(), also: None, ..self },
            _ => Self { also: None, ..self },
        }
    }
}

impl SimSite {
    /// Whether it serves this release.
    pub fn serves(&self, release: &str) -> bool {
        self.release.as_ref().is_some_and(|one| one.name.as_str() == release)
    }

    /// Its name within its pod.
    pub fn name(&self) -> &SiteName {
        &self.name
    }

    /// Whether it runs on this, or has an environment variable of this name.
    pub fn runs_on(&self, what: &str) -> bool {
        let is_variable = |one: &String| one.split_once(':').is_some_and(|(name, _)| name == what);
        self.runtime.as_ref().is_some_and(|one| one.name.as_str() == what) || self.environment.iter().any(is_variable)
    }
}

impl SimPod {
    /// The pod that a description asks for.
    pub fn new(spec: &PodSpec) -> Self {
        let site = |site: &SiteSpec| SimSite {
            name: site.name.clone(),
            domains: site.domains.clone(),
            title: site.stack.title().clone(),
            stack: site.stack.label().to_owned(),
            runtime: site.runtime.clone(),
            source: site.source.clone(),
            certificate: site.certificate.as_ref().map(|one| ShownCertificate {
                chain: one.chain.as_str().to_owned(),
                redirect: one.redirect,
                hsts: one.hsts,
                also: one.also.as_ref().map(|also| (also.domains.clone(), also.chain.as_str().to_owned())),
            }),
            stopped: site.stopped,
            settings: site.settings.clone(),
            release: site.release.clone(),
            environment: site
                .environment
                .iter()
                .map(|one| format!("{}:{}", one.name, &hex::encode(Sha256::digest(one.value.expose().as_bytes()))[..16]))
                .collect(),
            cron_jobs: site.cron_jobs.clone(),
            sleep_after_minutes: site.sleep_after_minutes,
            asleep: None,
        };
        Self {
            uid: spec.uid,
            sites: spec.sites.iter().map(site).collect(),
            limits: spec.limits,
            is_closed: spec.network == NetworkPolicy::Closed,
            databases: spec.databases.iter().map(|database| database.name.to_string()).collect(),
            suspended: spec.state == PodState::Suspended,
            held: false,
            edits: Vec::new(),
            left: BTreeSet::new(),
            releases: BTreeSet::new(),
            archives: BTreeSet::new(),
            results: Vec::new(),
        }
    }

    fn parts(&self) -> Vec<(&'static str, String)> {
        let Limits { cpu_millis, memory_mb, disk_mb, tasks } = self.limits;
        let mut parts = vec![
            ("user", format!("system user {}", self.uid.get())),
            ("storage", format!("{disk_mb} MiB")),
            ("slice", format!("CPUQuota={}% MemoryMax={memory_mb}M TasksMax={tasks}", cpu_millis / 10)),
            ("network policy", if self.is_closed { "sites of this server" } else { "internet" }.to_owned()),
        ];
        let joined = |words: Vec<String>| Some(words.join(" ")).filter(|words| !words.is_empty());
        let named =
            |part: fn(&SimSite) -> &Option<ArtifactRef>| joined(self.sites.iter().filter_map(|s| Some(part(s).as_ref()?.name.to_string())).collect());
        parts.extend(named(|site| &site.runtime).map(|names| ("runtime", names)));
        parts.extend(joined(self.databases.clone()).map(|names| ("database", names)));
        parts.extend(named(|site| &site.source).map(|names| ("app", names)));
        let stopped: Vec<&str> = self.sites.iter().filter(|site| site.stopped).map(|site| site.name.as_str()).collect();
        let visitors = match (self.suspended, stopped.is_empty()) {
            (true, _) => "closed".to_owned(),
            (false, true) => "open".to_owned(),
            (false, false) => format!("open but {}", stopped.join(" ")),
        };
        let names = |site: &SimSite| {
            // Nobody is shown what a password is compared with.
            let hash = |protection: &Protection| hex::encode(Sha256::digest(protection.password_hash.as_str().as_bytes()))[..16].to_owned();
            let protected = site.settings.protection.as_ref().map(|one| format!(" password of {} {}", one.user, hash(one))).unwrap_or_default();
            let others = SiteSettings { protection: None, ..site.settings.clone() };
            let set = if others.is_default() { protected } else { format!("{protected} {others:?}") };
            let release = site.release.as_ref().map(|release| format!(" {release:?}")).unwrap_or_default();
            site.domains.iter().map(DomainName::as_str).collect::<Vec<_>>().join(" ") + &set + &release
        };
        parts.push(("nginx", self.sites.iter().map(names).collect::<Vec<_>>().join(" | ")));
        let certificate = |site: &SimSite| site.certificate.as_ref().map(ShownCertificate::label);
        parts.extend(joined(self.sites.iter().filter_map(certificate).collect()).map(|words| ("certificate", words)));
        parts.push(("visitors", visitors));
        let environment = |site: &SimSite| (!site.environment.is_empty()).then(|| format!("{} {}", site.name, site.environment.join(" ")));
        parts.extend(joined(self.sites.iter().filter_map(environment).collect()).map(|words| ("environment", words)));
        let jobs = self.sites.iter().flat_map(|site| site.cron_jobs.iter().map(move |job| format!("{} {job:?}", site.name)));
        parts.extend(joined(jobs.collect()).map(|words| ("scheduled jobs", words)));
        let sleep = |site: &SimSite| site.sleep_after_minutes.map(|minutes| format!("{} after {minutes} min", site.name));
        parts.extend(joined(self.sites.iter().filter_map(sleep).collect()).map(|words| ("sleep", words)));
        parts
    }

    /// The release that a site serves.
    pub fn served(&self, name: &SiteName) -> Option<ReleaseName> {
        self.sites.iter().find(|site| site.name == *name).and_then(|site| site.release.as_ref()).map(|release| release.name.clone())
    }

    /// Whether a site of this name belongs to it.
    pub fn has_site(&self, name: &SiteName) -> bool {
        self.sites.iter().any(|site| site.name == *name)
    }

    /// Sites whose files are left once it is as this one.
    pub fn left_beside(&self, then: &Self) -> BTreeSet<SiteName> {
        self.sites.iter().map(|site| &site.name).chain(&self.left).filter(|name| !then.has_site(name)).cloned().collect()
    }

    /// The site that answers to a name.
    pub fn site(&self, host: &str) -> Option<&SimSite> {
        self.sites.iter().find(|site| site.domains.iter().any(|name| name.as_str() == host))
    }

    /// Names that its sites answer to.
    pub fn domains(&self) -> impl Iterator<Item = &DomainName> {
        self.sites.iter().flat_map(|site| &site.domains)
    }

    /// The difference between what is and what should be.
    pub fn plan(now: Option<&Self>, wanted: &Self, edits: HandEdits) -> Plan {
        let there = now.filter(|pod| !pod.held).map(Self::parts).unwrap_or_default();
        let change = |(what, detail): (&str, String)| {
            let op = match there.iter().find(|(name, _)| *name == what) {
                None => Op::Add,
                Some((_, now)) if *now == detail => Op::Keep,
                Some(_) => Op::Change,
            };
            Change { op, what: what.to_owned(), detail }
        };
        let kept = edits == HandEdits::Keep;
        let edits: Vec<HandEdit> = now.iter().flat_map(|pod| &pod.edits).map(|path| HandEdit { path: path.clone(), kept }).collect();
        let replaced =
            edits.iter().filter(|edit| !edit.kept).map(|edit| Change { op: Op::Change, what: "file".to_owned(), detail: edit.path.clone() });
        let changes = wanted.parts().into_iter().map(change).chain(replaced).collect();
        Plan { changes, edits, found: now.map(|pod| pod.limits) }
    }

    /// What a removal takes away.
    pub fn removal(&self, mode: RemoveMode) -> Plan {
        let gone = |(what, detail): (&str, String)| Change { op: Op::Remove, what: what.to_owned(), detail };
        let kept = |what: &str| mode == RemoveMode::Hold && matches!(what, "user" | "storage" | "database" | "app" | "runtime");
        let already = |what: &str| self.held && matches!(what, "slice" | "nginx" | "visitors");
        Plan { changes: self.parts().into_iter().filter(|(what, _)| !kept(what) && !already(what)).map(gone).collect(), ..Plan::default() }
    }

    /// The pod as an observation shows it, where sites on this runtime answer with an error.
    pub fn observe(&self, name: &PodName, broken: Option<&str>) -> Observation {
        let state = |what: &str| if self.held && matches!(what, "slice" | "nginx" | "visitors") { PartState::Missing } else { PartState::Good };
        let part = |(what, detail): (&str, String)| Part { name: what.to_owned(), state: state(what), detail };
        let answer = |site: &SimSite| {
            let status = match broken {
                _ if self.suspended || site.stopped => 503,
                Some(runtime) if site.runs_on(runtime) => 500,
                _ => 200,
            };
            (site.name.clone(), SiteAnswer { status, title: Some(site.title.to_string()), bytes: 1000, ms: 1 })
        };
        let is_off = self.held || self.suspended;
        Observation {
            pod: name.clone(),
            standing: match (self.held, self.suspended) {
                (true, _) => PodCondition::Held,
                (false, true) => PodCondition::Suspended,
                (false, false) => PodCondition::Running,
            },
            parts: self.parts().into_iter().map(part).collect(),
            usage: Usage {
                memory_bytes: Some(if is_off { 0 } else { 40 << 20 }),
                cpu_usec: Some(0),
                tasks: Some(if is_off { 0 } else { 3 }),
                disk_bytes: Some(60 << 20),
                disk_limit_bytes: Some(u64::from(self.limits.disk_mb) << 20),
            },
            sites: if self.held { Default::default() } else { self.sites.iter().filter(|site| site.asleep.is_none()).map(answer).collect() },
            asleep: if is_off { Default::default() } else { self.sites.iter().filter_map(|site| Some((site.name.clone(), site.asleep?))).collect() },
        }
    }

    /// What those see of a site who have said its password, where sites on this runtime, or with this release, answer with an error. It is awake
    /// from now on.
    pub fn visit(&mut self, name: &SiteName, runtime: Option<&str>, release: Option<&str>) -> Option<SiteAnswer> {
        let (is_held, is_suspended) = (self.held, self.suspended);
        let site = self.sites.iter_mut().find(|site| site.name == *name).filter(|_| !is_held)?;
        let is_closed = is_suspended || site.stopped;
        if !is_closed {
            site.asleep = None;
        }
        let is_broken = runtime.is_some_and(|one| site.runs_on(one)) || release.is_some_and(|one| site.serves(one));
        let status = if is_closed {
            503
        } else if is_broken {
            500
        } else {
            200
        };
        Some(SiteAnswer { status, title: Some(site.title.to_string()), bytes: 1000, ms: 1 })
    }

    /// What would run for it on a machine.
    pub fn services(&self, name: &PodName) -> Vec<String> {
        let runs = |site: &&SimSite| site.runtime.is_some() && !site.stopped && site.asleep.is_none();
        let sites = self.sites.iter().filter(runs).map(|site| format!("pod-{name}_{}.service", site.name));
        sites.chain((!self.databases.is_empty()).then(|| format!("pod-{name}-db.service"))).collect()
    }

    /// Its line in the list.
    pub fn summary(&self, name: &PodName) -> PodSummary {
        let site = |site: &SimSite| SiteSummary { name: site.name.clone(), stack: site.stack.clone(), domains: site.domains.clone() };
        PodSummary { pod: name.clone(), sites: self.sites.iter().map(site).collect(), held: self.held, unfinished: false }
    }

    /// Files it needs on its server.
    pub fn needs(&self) -> impl Iterator<Item = &ArtifactRef> {
        self.sites.iter().flat_map(|site| site.runtime.iter().chain(&site.source))
    }
}
