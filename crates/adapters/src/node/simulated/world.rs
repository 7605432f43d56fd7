//! The simulated machines, and how they do what the verbs ask.

use super::{SimulatedNodeClient, cron, logs, moving, pod::SimPod, releases, sources};
use crate::node::{AgentRelease, NodeLogLine};
use anyhow::Context;
use model::ids::ServerId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256 as Sha256Hash};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
    path::{Path, PathBuf},
};
use tokio::sync::mpsc::{self, UnboundedSender};
use wire::{
    DomainName, PodName, Sha256,
    message::{Failure, FailureKind, Level},
    observation::{Observation, PodCondition, SiteAnswer, Usage},
    plan::Plan,
    probe::{Capability, CapabilityState, ProbeReport, Storage},
    spec::{ArtifactRef, HandEdits, PodSpec},
    verb::{RemoveMode, Reply, Restarted, Sent, SiteCachePurge, SiteRemove, SiteVisit, Stored, Upgraded, Verb},
    zone::{QueryCounts, ZoneSpec},
};

type Lines<'a> = Option<&'a UnboundedSender<NodeLogLine>>;

/// One simulated machine.
#[derive(Default, Serialize, Deserialize)]
pub struct World {
    /// Its pods.
    pub pods: BTreeMap<PodName, SimPod>,
    /// Files that were shipped to it.
    pub artifacts: Vec<ArtifactRef>,
    /// Copies of pods that move from it, or to it.
    #[serde(default)]
    pub copies: BTreeMap<PodName, SimPod>,
    /// Where visitors of pods that have moved away are sent.
    #[serde(default)]
    pub forwards: BTreeMap<PodName, IpAddr>,
    /// Servers that are believed about the visitors whom they send on to a pod.
    #[serde(default)]
    pub senders: BTreeMap<PodName, BTreeSet<IpAddr>>,
    /// Answers to a certificate authority.
    #[serde(skip)]
    pub challenges: BTreeMap<String, String>,
    /// Zones that it answers for.
    #[serde(default)]
    pub zones: BTreeMap<DomainName, ZoneSpec>,
    /// What its name server has counted.
    #[serde(skip)]
    pub counts: QueryCounts,
    /// Lines that were added to the logs of its sites.
    #[serde(skip)]
    pub logs: BTreeMap<logs::LogKey, Vec<String>>,
    /// The agent on it, once one was put there.
    #[serde(skip)]
    pub agent: Option<AgentRelease>,
    /// Switched off.
    #[serde(skip)]
    pub down: bool,
}

/// All of them.
pub struct Worlds {
    machines: HashMap<ServerId, World>,
    file: Option<PathBuf>,
    /// What each of them says when it is probed.
    pub probe: ProbeReport,
    /// The agent that is shipped.
    pub release: AgentRelease,
    /// Sites that run on this fail.
    pub broken: Option<String>,
    /// Sites that serve a release of this name fail.
    pub broken_release: Option<String>,
    /// Names whose visitors get this, the site or the neutral page, whatever the web server was told.
    pub frozen: HashMap<String, bool>,
    /// What every repository holds.
    pub repository: sources::Repository,
}

impl Worlds {
    /// Empty, or as the file has them.
    pub fn load(file: Option<PathBuf>) -> anyhow::Result<Self> {
        let machines = match &file {
            Some(path) if path.exists() => std::fs::read(path)
                .map_err(anyhow::Error::from)
                .and_then(|text| Ok(serde_json::from_slice(&text)?))
                .with_context(|| format!("the simulation's file {} cannot be read", path.display()))?,
            _ => HashMap::new(),
        };
        Ok(Self {
            machines,
            file,
            probe: report(),
            release: release(env!("CARGO_PKG_VERSION")),
            broken: None,
            broken_release: None,
            frozen: HashMap::new(),
            repository: sources::Repository::default(),
        })
    }

    /// A machine; every id is one.
    pub fn of(&mut self, server: ServerId) -> &mut World {
        self.machines.entry(server).or_default()
    }

    /// The pod that answers to a name, on any machine that is on.
    pub fn answering(&self, host: &str) -> Option<&SimPod> {
        let up = self.machines.values().filter(|world| !world.down);
        // A pod that moves is on two machines for a while; the copy is closed.
        up.flat_map(|world| world.pods.values()).filter(|pod| !pod.held && pod.site(host).is_some()).min_by_key(|pod| pod.suspended)
    }

    /// Somebody visits this name: what sleeps there is awake.
    pub fn wake(&mut self, host: &str) {
        let pods = self.machines.values_mut().filter(|world| !world.down).flat_map(|world| world.pods.values_mut());
        let sites = pods.filter(|pod| !pod.held && !pod.suspended).flat_map(|pod| &mut pod.sites);
        sites.filter(|site| site.domains.iter().any(|name| name.as_str() == host)).for_each(|site| site.asleep = None);
    }

    /// The answer to a certificate authority that a name's server has.
    pub fn challenge(&self, host: &str, token: &str) -> Option<String> {
        let serves = |world: &&World| world.pods.values().any(|pod| !pod.held && pod.site(host).is_some());
        self.machines.values().filter(|world| !world.down).filter(serves).find_map(|world| world.challenges.get(token).cloned())
    }

    pub(super) fn keep(&self) -> Result<(), Failure> {
        let Some(path) = &self.file else { return Ok(()) };
        let failed = |error: &dyn std::fmt::Display| Failure::new(FailureKind::Internal, format!("the simulation's file: {error}"));
        let text = serde_json::to_vec_pretty(&self.machines).map_err(|error| failed(&error))?;
        let draft = path.with_extension("draft");
        std::fs::write(&draft, text).and_then(|()| std::fs::rename(&draft, path)).map_err(|error| failed(&error))
    }
}

/// The pod that a verb is about.
pub fn pod_of(verb: &Verb) -> Option<&PodName> {
    match verb {
        Verb::PodPlan(plan) => Some(&plan.spec.pod),
        Verb::PodApply(apply) => Some(&apply.spec.pod),
        Verb::PodObserve(observe) => Some(&observe.pod),
        Verb::PodRemove(remove) => Some(&remove.pod),
        Verb::SiteRemove(remove) => Some(&remove.pod),
        Verb::SiteBuild(build) => Some(&build.pod),
        Verb::SiteReleases(releases) => Some(&releases.pod),
        Verb::SiteHead(head) => Some(&head.pod),
        Verb::SiteLook(look) => Some(&look.pod),
        Verb::SiteArchive(archive) => Some(&archive.pod),
        Verb::SiteUnpack(unpack) => Some(&unpack.pod),
        Verb::SiteCachePurge(purge) => Some(&purge.pod),
        Verb::SiteVisit(visit) => Some(&visit.pod),
        Verb::PodRestart(restart) => Some(&restart.pod),
        Verb::PodSend(send) => Some(&send.pod),
        Verb::PodReceive(receive) => Some(&receive.pod),
        Verb::PodAdopt(adopt) => Some(&adopt.spec.pod),
        Verb::PodPause(pause) => Some(&pause.pod),
        Verb::PodForward(forward) => Some(&forward.pod),
        Verb::PodVisitors(visitors) => Some(&visitors.pod),
        Verb::PodMoveEnd(end) => Some(&end.pod),
        Verb::PodLog(log) => Some(&log.pod),
        Verb::SiteLog(log) => Some(&log.pod),
        Verb::SiteLogFile(log) => Some(&log.pod),
        Verb::JobRun(run) => Some(&run.pod),
        Verb::JobResults(results) => Some(&results.pod),
        _ => None,
    }
}

/// Does what a verb without a file asks for.
pub async fn perform(links: &SimulatedNodeClient, server: ServerId, verb: Verb, lines: Lines<'_>) -> Result<Reply, Failure> {
    match verb {
        Verb::Probe(_) => Ok(Reply::Probe(probe(links, server))),
        Verb::Install(install) => {
            equip(links, install.capability);
            Ok(Reply::Install(probe(links, server)))
        }
        Verb::ArtifactHave(have) => {
            let there = links.lock().worlds.of(server).artifacts.iter().any(|one| one.sha256 == have.sha256);
            Ok(Reply::ArtifactHave(there))
        }
        Verb::PodPlan(plan) => {
            let wanted = checked(links, server, &plan.spec)?;
            Ok(Reply::PodPlan(SimPod::plan(links.lock().worlds.of(server).pods.get(&plan.spec.pod), &wanted, plan.spec.hand_edits)))
        }
        Verb::PodApply(apply) => apply_pod(links, server, &apply.spec, lines).await.map(Reply::PodApply),
        Verb::PodObserve(observe) => Ok(Reply::PodObserve(observe_pod(links, server, &observe.pod))),
        Verb::PodRemove(remove) => remove_pod(links, server, &remove.pod, remove.mode, lines).await.map(Reply::PodRemove),
        Verb::SiteRemove(remove) => remove_site(links, server, &remove).map(Reply::SiteRemove),
        Verb::SiteBuild(build) => releases::build(links, server, &build, lines).await.map(Reply::SiteBuild),
        Verb::SiteReleases(keep) => releases::keep(links, server, &keep).map(Reply::SiteReleases),
        Verb::SiteHead(head) => sources::head(links, server, &head).map(Reply::SiteHead),
        Verb::SiteLook(look) => sources::look(links, server, &look).map(Reply::SiteLook),
        Verb::SiteUnpack(unpack) => sources::unpack(links, server, &unpack, lines).await.map(Reply::SiteUnpack),
        Verb::SiteCachePurge(purge) => purge_cache(links, server, &purge).map(Reply::SiteCachePurge),
        Verb::SiteVisit(ask) => visit(links, server, &ask).map(Reply::SiteVisit),
        Verb::PodRestart(restart) => restart_pod(links, server, &restart.pod).map(Reply::PodRestart),
        Verb::JobRun(run) => cron::run(links, server, &run).map(Reply::JobRun),
        Verb::JobResults(ask) => Ok(Reply::JobResults(cron::results(links, server, &ask.pod, ask.since))),
        Verb::SiteLog(ask) => logs::read(links, server, &ask).map(Reply::SiteLog),
        Verb::PodList(_) => Ok(Reply::PodList(links.lock().worlds.of(server).pods.iter().map(|(name, pod)| pod.summary(name)).collect())),
        Verb::PodAdopt(adopt) => moving::adopt(links, server, &adopt.spec).map(Reply::PodAdopt),
        Verb::PodPause(pause) => moving::pause(links, server, &pause.pod).map(Reply::PodPause),
        Verb::PodForward(forward) => moving::forward(links, server, &forward.pod, forward.to).map(Reply::PodForward),
        Verb::PodVisitors(visitors) => moving::visitors(links, server, visitors).map(Reply::PodVisitors),
        Verb::PodMoveEnd(end) => Ok(Reply::PodMoveEnd(links.lock().worlds.of(server).copies.remove(&end.pod).is_some())),
        Verb::ChallengePut(put) => {
            let (token, answer) = (put.token.as_str().to_owned(), put.answer.as_str().to_owned());
            let before = links.lock().worlds.of(server).challenges.insert(token, answer.clone());
            Ok(Reply::ChallengePut(before != Some(answer)))
        }
        Verb::ChallengeRemove(remove) => {
            Ok(Reply::ChallengeRemove(links.lock().worlds.of(server).challenges.remove(remove.token.as_str()).is_some()))
        }
        Verb::ZoneApply(apply) => apply_zone(links, server, apply.zone).map(Reply::ZoneApply),
        Verb::ZoneRemove(remove) => {
            let mut state = links.lock();
            let zones = &mut state.worlds.of(server).zones;
            let goes = zones.get(&remove.name).is_some_and(|zone| zone.serial <= remove.serial);
            if goes {
                zones.remove(&remove.name);
                state.worlds.keep()?;
            }
            Ok(Reply::ZoneRemove(goes))
        }
        Verb::ZoneCounts(_) => Ok(Reply::ZoneCounts(links.lock().worlds.of(server).counts)),
        Verb::ZoneSerial(ask) => Ok(Reply::ZoneSerial(links.lock().worlds.of(server).zones.get(&ask.name).map(|zone| zone.serial))),
        Verb::PodReceive(_) | Verb::SiteArchive(_) => Err(Failure::new(FailureKind::Invalid, "this request takes a stream")),
        Verb::ArtifactPut(_) | Verb::Upgrade(_) => Err(Failure::new(FailureKind::Invalid, "this request needs a file")),
        Verb::UpgradeEnd(_) => Ok(Reply::UpgradeEnd(false)),
        Verb::PodLog(_) | Verb::SiteLogFile(_) | Verb::PodSend(_) => Err(Failure::new(FailureKind::Invalid, "this request is answered in pieces")),
    }
}

/// Does what is answered in pieces.
pub async fn send(client: &SimulatedNodeClient, server: ServerId, verb: Verb, to: mpsc::Sender<Vec<u8>>) -> Result<Reply, Failure> {
    match verb {
        Verb::PodSend(send) => moving::send(client, server, &send.pod, to).await,
        Verb::SiteLogFile(ask) => logs::send(client, server, &ask, to).await,
        verb => send_log(client, server, verb, to).await,
    }
}

/// Takes a stream of unknown length.
pub async fn take_stream(client: &SimulatedNodeClient, server: ServerId, verb: Verb, from: mpsc::Receiver<Vec<u8>>) -> Result<Reply, Failure> {
    match verb {
        Verb::SiteArchive(archive) => sources::take(client, server, archive, from).await,
        verb => moving::receive(client, server, verb, from).await,
    }
}

/// Sends the log of a pod: one line, as nobody's visits are kept here.
async fn send_log(client: &SimulatedNodeClient, server: ServerId, verb: Verb, to: mpsc::Sender<Vec<u8>>) -> Result<Reply, Failure> {
    let Verb::PodLog(log) = verb else { return Err(Failure::new(FailureKind::Invalid, "this request is not answered in pieces")) };
    if !client.lock().worlds.of(server).pods.contains_key(&log.pod) {
        return Err(Failure::new(FailureKind::Missing, format!("the pod {} is not on this server", log.pod)));
    }
    let line = format!("This {} log comes from a simulated server. No machine stands behind it.\n", log.log.word()).into_bytes();
    let bytes = line.len() as u64;
    // Nobody may be listening any more.
    let _ = to.send(line).await;
    Ok(Reply::PodLog(Sent { bytes }))
}

/// Takes a file: checked, named, and not kept.
pub async fn take_file(links: &SimulatedNodeClient, server: ServerId, verb: Verb, file: &Path) -> Result<Reply, Failure> {
    let path = file.to_owned();
    let read = tokio::task::spawn_blocking(move || crate::node::ssh::checksum(&path)).await;
    let unreadable = |error: &dyn std::fmt::Display| Failure::new(FailureKind::Internal, format!("the file cannot be read: {error}"));
    let (found, size) = read.map_err(|error| unreadable(&error))?.map_err(|error| unreadable(&error))?;
    let check = |announced: &Sha256, length: u64| match *announced == found && length == size {
        true => Ok(()),
        false => Err(Failure::new(FailureKind::Invalid, format!("checksum mismatch: got {found}, expected {announced}"))),
    };
    match verb {
        Verb::ArtifactPut(put) => {
            check(&put.sha256, put.size)?;
            let mut state = links.lock();
            let artifacts = &mut state.worlds.of(server).artifacts;
            let had = artifacts.iter().any(|one| one.sha256 == put.sha256);
            if !had {
                artifacts.push(ArtifactRef { name: put.name, sha256: put.sha256 });
                state.worlds.keep()?;
            }
            Ok(Reply::ArtifactPut(Stored { had }))
        }
        Verb::Upgrade(upgrade) => {
            check(&upgrade.sha256, upgrade.size)?;
            Ok(Reply::Upgrade(Upgraded { version: links.lock().worlds.probe.version.clone() }))
        }
        _ => Err(Failure::new(FailureKind::Invalid, "this request takes no file")),
    }
}

fn checked(links: &SimulatedNodeClient, server: ServerId, spec: &PodSpec) -> Result<SimPod, Failure> {
    spec.check().map_err(|invalid| Failure::new(FailureKind::Invalid, invalid.to_string()))?;
    let wanted = SimPod::new(spec);
    let mut state = links.lock();
    let world = state.worlds.of(server);
    if let Some(lacking) = wanted.needs().find(|need| !world.artifacts.contains(need)) {
        return Err(Failure::new(FailureKind::Missing, format!("missing artifact {}", lacking.name)).with_remedy("upload it first"));
    }
    let others = world.pods.iter().filter(|(name, _)| **name != spec.pod);
    let taken: Option<(&PodName, &DomainName)> = others
        .flat_map(|(name, pod)| pod.domains().map(move |domain| (name, domain)))
        .find(|(_, domain)| spec.domains().any(|wanted| wanted == *domain));
    match taken {
        Some((name, domain)) => Err(Failure::new(FailureKind::Refused, format!("{domain} is already served by the pod {name}"))),
        None => Ok(wanted),
    }
}

async fn apply_pod(links: &SimulatedNodeClient, server: ServerId, spec: &PodSpec, lines: Lines<'_>) -> Result<Plan, Failure> {
    let wanted = checked(links, server, spec)?;
    let plan = SimPod::plan(links.lock().worlds.of(server).pods.get(&spec.pod), &wanted, spec.hand_edits);
    log_plan(links, &plan, lines).await;
    let mut state = links.lock();
    let world = state.worlds.of(server);
    world.forwards.remove(&spec.pod);
    let kept = if spec.hand_edits == HandEdits::Keep { world.pods.get(&spec.pod).map(|pod| pod.edits.clone()) } else { None };
    let mut made = wanted;
    made.edits = kept.unwrap_or_default();
    if plan.is_noop() {
        // Nothing was changed, so nothing was woken.
        let before = world.pods.get(&spec.pod).map(|before| before.sites.iter().map(|site| site.asleep).collect::<Vec<_>>()).unwrap_or_default();
        made.sites.iter_mut().zip(before).for_each(|(site, asleep)| site.asleep = asleep);
    }
    made.results = world.pods.get(&spec.pod).map(|before| before.results.clone()).unwrap_or_default();
    made.left = world.pods.get(&spec.pod).map(|before| before.left_beside(&made)).unwrap_or_default();
    made.releases = world.pods.get(&spec.pod).map(|before| before.releases.clone()).unwrap_or_default();
    made.archives = world.pods.get(&spec.pod).map(|before| before.archives.clone()).unwrap_or_default();
    world.pods.insert(spec.pod.clone(), made);
    state.worlds.keep()?;
    Ok(plan)
}

async fn remove_pod(links: &SimulatedNodeClient, server: ServerId, pod: &PodName, mode: RemoveMode, lines: Lines<'_>) -> Result<Plan, Failure> {
    let plan = links.lock().worlds.of(server).pods.get(pod).map(|pod| pod.removal(mode)).unwrap_or_default();
    log_plan(links, &plan, lines).await;
    let mut state = links.lock();
    let world = state.worlds.of(server);
    if mode == RemoveMode::Purge {
        world.copies.remove(pod);
        world.forwards.remove(pod);
        world.senders.remove(pod);
    }
    let pods = &mut world.pods;
    match (mode, pods.get_mut(pod)) {
        (RemoveMode::Hold, Some(held)) => held.held = true,
        (RemoveMode::Purge, Some(_)) => drop(pods.remove(pod)),
        (_, None) => {}
    }
    state.worlds.keep()?;
    Ok(plan)
}

fn remove_site(links: &SimulatedNodeClient, server: ServerId, remove: &SiteRemove) -> Result<bool, Failure> {
    let mut state = links.lock();
    let Some(pod) = state.worlds.of(server).pods.get_mut(&remove.pod) else { return Ok(false) };
    if pod.has_site(&remove.site) {
        return Err(Failure::new(FailureKind::Refused, format!("the site {} belongs to the pod", remove.site)));
    }
    let was_there = pod.left.remove(&remove.site);
    pod.releases.retain(|(site, _)| *site != remove.site);
    pod.archives.retain(|(site, _)| *site != remove.site);
    state.worlds.keep()?;
    Ok(was_there)
}

/// Nobody's visits are kept here, so there is nothing to forget.
fn purge_cache(links: &SimulatedNodeClient, server: ServerId, purge: &SiteCachePurge) -> Result<u32, Failure> {
    match links.lock().worlds.of(server).pods.get(&purge.pod).filter(|pod| pod.has_site(&purge.site)) {
        Some(_) => Ok(0),
        None => Err(Failure::new(FailureKind::Missing, format!("the site {} is not on this server", purge.site))),
    }
}

fn visit(links: &SimulatedNodeClient, server: ServerId, ask: &SiteVisit) -> Result<Option<SiteAnswer>, Failure> {
    let mut state = links.lock();
    let (runtime, release) = (state.worlds.broken.clone(), state.worlds.broken_release.clone());
    let pod = state.worlds.of(server).pods.get_mut(&ask.pod).filter(|pod| pod.has_site(&ask.site));
    let pod = pod.ok_or_else(|| Failure::new(FailureKind::Missing, format!("the site {} is not on this server", ask.site)))?;
    Ok(pod.visit(&ask.site, runtime.as_deref(), release.as_deref()))
}

fn restart_pod(links: &SimulatedNodeClient, server: ServerId, name: &PodName) -> Result<Restarted, Failure> {
    match links.lock().worlds.of(server).pods.get(name) {
        None => Err(Failure::new(FailureKind::Missing, format!("the pod {name} is not on this server"))),
        Some(pod) if pod.held || pod.suspended => Err(Failure::new(FailureKind::Refused, format!("the pod {name} is not running"))),
        Some(pod) => Ok(Restarted { units: pod.services(name) }),
    }
}

fn apply_zone(links: &SimulatedNodeClient, server: ServerId, zone: ZoneSpec) -> Result<bool, Failure> {
    zone.check().map_err(|invalid| Failure::new(FailureKind::Invalid, invalid.to_string()))?;
    let mut state = links.lock();
    let zones = &mut state.worlds.of(server).zones;
    if zones.get(&zone.name).is_some_and(|there| there.serial > zone.serial) {
        return Err(Failure::new(FailureKind::Refused, format!("this server has a later version of {}", zone.name)));
    }
    let held = zones.get(&zone.name).and_then(|there| there.signing.as_ref()).map(|key| &key.public);
    if held.is_some_and(|held| zone.signing.iter().map(|key| &key.public).chain(&zone.drops).all(|known| known != held)) {
        return Err(Failure::new(FailureKind::Refused, format!("{} is signed here with a key that the panel does not have", zone.name)));
    }
    let before = zones.insert(zone.name.clone(), zone.clone());
    state.worlds.keep()?;
    Ok(before != Some(zone))
}

async fn log_plan(links: &SimulatedNodeClient, plan: &Plan, lines: Lines<'_>) {
    for change in plan.differences() {
        tokio::time::sleep(links.pace).await;
        if let Some(lines) = lines {
            // Nobody may be listening any more.
            let _ = lines.send(NodeLogLine { level: Level::Info, line: format!("{} {}: {}", change.op.label(), change.what, change.detail) });
        }
    }
}

fn observe_pod(links: &SimulatedNodeClient, server: ServerId, name: &PodName) -> Observation {
    let mut state = links.lock();
    let broken = state.worlds.broken.clone();
    match state.worlds.of(server).pods.get(name) {
        Some(pod) => pod.observe(name, broken.as_deref()),
        None => Observation {
            pod: name.clone(),
            standing: PodCondition::Absent,
            parts: Vec::new(),
            usage: Usage::default(),
            sites: Default::default(),
            asleep: Default::default(),
        },
    }
}

fn probe(links: &SimulatedNodeClient, server: ServerId) -> ProbeReport {
    let mut state = links.lock();
    let report = state.worlds.probe.clone();
    let world = state.worlds.of(server);
    let (version, node_sha256) = match &world.agent {
        Some(agent) => (agent.version.clone(), Some(agent.sha256.clone())),
        None => (report.version.clone(), None),
    };
    ProbeReport { version, node_sha256, artifacts: world.artifacts.clone(), pods: u32::try_from(world.pods.len()).unwrap_or(u32::MAX), ..report }
}

fn equip(links: &SimulatedNodeClient, capability: Capability) {
    for state in &mut links.lock().worlds.probe.capabilities {
        if state.capability == capability {
            state.missing.retain(|missing| !missing.installable);
            state.ready = state.missing.is_empty();
        }
    }
}

/// An agent of this version; the checksum follows from it.
pub fn release(version: &str) -> AgentRelease {
    AgentRelease { version: version.to_owned(), sha256: hex::encode(Sha256Hash::digest(version)) }
}

/// What a simulated machine says about itself.
pub fn report() -> ProbeReport {
    let ready = |capability| CapabilityState { capability, ready: true, missing: Vec::new() };
    ProbeReport {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        node_sha256: None,
        hostname: "simulated".to_owned(),
        os: "Simulation inside mPanel".to_owned(),
        kernel: "none".to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        systemd: 0,
        cgroup: "none".to_owned(),
        cpus: 8,
        memory_mb: 16_384,
        memory_free_mb: 16_384,
        load_centi: 0,
        uptime_s: 0,
        time_ms: 0,
        storage: Storage {
            path: "/srv/pods".to_owned(),
            filesystem: "simulated".to_owned(),
            total_mb: 204_800,
            free_mb: 204_800,
            enforces_limits: true,
        },
        nginx: None,
        mariadb: None,
        nftables: None,
        capabilities: Capability::ALL.into_iter().map(ready).collect(),
        artifacts: Vec::new(),
        pods: 0,
    }
}
