//! Servers that exist in this process only: for a demonstration without machines, and for tests.
//!
//! Pods are kept in memory (and in a file, when one is named); their pages are served by `Host` header on a loopback
//! port, so that "fetch it from outside" works. Tests can make a call fail, hang or lose its answer, and read what was asked.

mod cron;
mod faults;
mod keys;
mod logs;
mod moving;
mod page;
mod pod;
mod releases;
mod site;
mod sources;
mod world;

#[cfg(test)]
mod tests;

pub use faults::{Ended, Fault, RecordedCall};
pub use pod::ShownCertificate;
pub use sources::Repository;

use super::{AgentRelease, CallOptions, HostKey, NodeClient, NodeError, ServerTarget, TailnetAddr};
use anyhow::Context;
use async_trait::async_trait;
use faults::{CallRecorder, Faults};
use model::ids::ServerId;
use pod::SimPod;
use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::mpsc, time::timeout};
use wire::{
    PodName, SiteName,
    cron::{CronJob, CronJobResult},
    message::{Failure, FailureKind},
    probe::ProbeReport,
    settings::SiteSettings,
    spec::Limits,
    verb::{Reply, Verb, WebLog},
    zone::ZoneSpec,
};
use world::Worlds;
#[cfg(test)]
pub(crate) use world::report;

/// How the simulation runs.
#[derive(Clone, Debug, Default)]
pub struct SimulatedConfig {
    /// Port of the pods' pages on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Where pods are kept over a restart; without it they are gone then.
    pub file: Option<PathBuf>,
    /// How long each change of a pod seems to take.
    pub pace: Duration,
}

/// The simulation.
pub struct SimulatedNodeClient {
    state: Arc<Mutex<State>>,
    sites: SocketAddr,
    site_task: tokio::task::JoinHandle<()>,
    pace: Duration,
}

struct State {
    worlds: Worlds,
    faults: Faults,
    keys: keys::HostKeys,
}

impl SimulatedNodeClient {
    /// Starts it, and the small web server of its pods, inside the tokio runtime.
    ///
    /// # Errors
    /// When the port is taken, or the file cannot be read.
    pub fn start(config: SimulatedConfig) -> anyhow::Result<Self> {
        let worlds = Worlds::load(config.file)?;
        let state = Arc::new(Mutex::new(State { worlds, faults: Faults::default(), keys: keys::HostKeys::default() }));
        let (sites, site_task) = site::serve(config.port, Arc::clone(&state))
            .with_context(|| format!("port {} is in use; choose another port for the simulated servers' sites: MPANEL_SITES__PORT", config.port))?;
        Ok(Self { state, sites, site_task, pace: config.pace })
    }

    /// A simulation for tests: nothing kept, no waiting, a free port.
    ///
    /// # Errors
    /// When loopback gives no port.
    pub fn for_tests() -> anyhow::Result<Self> {
        Self::start(SimulatedConfig::default())
    }

    /// Where the pods' pages are.
    pub const fn sites(&self) -> SocketAddr {
        self.sites
    }

    /// Lets the `n`-th call from now (1 is the next) meet a fault.
    pub fn fault_at(&self, n: usize, fault: Fault) {
        self.lock().faults.at(n, fault);
    }

    /// Lets the next call of this verb (`"PodApply"`, `"InstallProgram"`) meet a fault.
    pub fn fault_on(&self, verb: &'static str, fault: Fault) {
        self.lock().faults.on(verb, fault);
    }

    /// Everything that was asked, in order.
    pub fn heard(&self) -> Vec<RecordedCall> {
        self.lock().faults.heard.clone()
    }

    /// Switches a server off, or on again: calls do not reach it, and its pages do not answer.
    pub fn set_down(&self, server: ServerId, down: bool) {
        self.lock().worlds.of(server).down = down;
    }

    /// Opens a suspended pod again, as a hand on the server would.
    pub fn reopen(&self, server: ServerId, pod: &str) {
        for (name, found) in &mut self.lock().worlds.of(server).pods {
            if name.as_str() == pod {
                found.suspended = false;
            }
        }
    }

    /// Changes what every server says when it is probed.
    pub fn change_probe(&self, change: impl FnOnce(&mut ProbeReport)) {
        change(&mut self.lock().worlds.probe);
    }

    /// Ships another agent from now on, as a newer panel would.
    pub fn release_agent(&self, version: &str) {
        self.lock().worlds.release = world::release(version);
    }

    /// Lets an address show another host key from now on.
    pub fn change_host_key(&self, address: &str) {
        self.lock().keys.change(address);
    }

    /// Names of the pods on a server, held ones included.
    pub fn pods(&self, server: ServerId) -> Vec<String> {
        self.lock().worlds.of(server).pods.keys().map(ToString::to_string).collect()
    }

    /// Where visitors of a pod that has moved away are sent by this server.
    pub fn forwards(&self, server: ServerId, pod: &str) -> Option<IpAddr> {
        self.lock().worlds.of(server).forwards.iter().find(|(name, _)| name.as_str() == pod).map(|(_, to)| *to)
    }

    /// Whether this server believes any other one about visitors that it sends on to a pod.
    pub fn believes_others(&self, server: ServerId, pod: &str) -> bool {
        self.lock().worlds.of(server).senders.iter().any(|(name, senders)| name.as_str() == pod && !senders.is_empty())
    }

    /// Gives a pod other limits, as a hand on the server would.
    pub fn change_limits(&self, server: ServerId, pod: &str, limits: Limits) {
        self.change(server, pod, |found| found.limits = limits);
    }

    /// Whether the programs of a pod would reach the internet; nothing where there is no such pod.
    pub fn has_internet(&self, server: ServerId, pod: &str) -> Option<bool> {
        self.lock().worlds.of(server).pods.iter().find(|(name, _)| name.as_str() == pod).map(|(_, found)| !found.is_closed)
    }

    /// Puts the sites of a pod to sleep that may, as if nobody had visited them, since this time in seconds since 1970. Answers with how many.
    pub fn put_to_sleep(&self, server: ServerId, pod: &str, since: u64) -> usize {
        let mut count = 0;
        self.change(server, pod, |found| {
            for site in found.sites.iter_mut().filter(|site| site.sleep_after_minutes.is_some() && !site.stopped) {
                (site.asleep, count) = (Some(since), count + 1);
            }
        });
        count
    }

    /// Changes a file of a pod, as a hand on the server would.
    pub fn edit_file(&self, server: ServerId, pod: &str, path: &str) {
        self.change(server, pod, |found| found.edits.push(path.to_owned()));
    }

    /// Files of a pod that are as a hand has changed them.
    pub fn edited_files(&self, server: ServerId, pod: &str) -> Vec<String> {
        let mut state = self.lock();
        state.worlds.of(server).pods.iter().find(|(name, _)| name.as_str() == pod).map(|(_, found)| found.edits.clone()).unwrap_or_default()
    }

    fn change(&self, server: ServerId, pod: &str, change: impl FnOnce(&mut SimPod)) {
        if let Some((_, found)) = self.lock().worlds.of(server).pods.iter_mut().find(|(name, _)| name.as_str() == pod) {
            change(found);
        }
    }

    /// What the site with this name is set to.
    pub fn settings(&self, name: &str) -> Option<SiteSettings> {
        self.lock().worlds.answering(name).and_then(|pod| pod.site(name)).map(|site| site.settings.clone())
    }

    /// Environment variables of the site with this name, each with a checksum of its value.
    pub fn environment(&self, name: &str) -> Vec<String> {
        self.lock().worlds.answering(name).and_then(|pod| pod.site(name)).map(|site| site.environment.clone()).unwrap_or_default()
    }

    /// Scheduled jobs of the site with this name.
    pub fn cron_jobs(&self, name: &str) -> Vec<CronJob> {
        self.lock().worlds.answering(name).and_then(|pod| pod.site(name)).map(|site| site.cron_jobs.clone()).unwrap_or_default()
    }

    /// Ends a run of a scheduled job.
    pub fn end_cron_job(&self, server: ServerId, pod: &str, result: CronJobResult) {
        self.change(server, pod, |found| cron::note(&mut found.results, result));
    }

    /// What was started by hand still runs: no run has come to anything yet.
    pub fn forget_cron_runs(&self, server: ServerId, pod: &str) {
        self.change(server, pod, |found| found.results.clear());
    }

    /// Adds a line to a log of a site.
    pub fn write_log(&self, server: ServerId, (pod, site): (&PodName, &SiteName), log: WebLog, line: &str) {
        self.lock().worlds.of(server).logs.entry((pod.clone(), site.clone(), log.word())).or_default().push(line.to_owned());
    }

    /// Lets every site fail that runs on this, on all servers.
    pub fn break_runtime(&self, runtime: &str) {
        self.lock().worlds.broken = Some(runtime.to_owned());
    }

    /// Lets every site fail that has this environment variable, on all servers.
    pub fn break_variable(&self, name: &str) {
        self.lock().worlds.broken = Some(name.to_owned());
    }

    /// Lets visitors of this name get the site, or the neutral page, from now on, although every server believes that it does as it was told: its web
    /// server has not taken over what it should. Nothing lets it go on as told.
    pub fn freeze_site(&self, name: &str, is_open: Option<bool>) {
        let mut state = self.lock();
        let frozen = &mut state.worlds.frozen;
        match is_open {
            Some(is_open) => frozen.insert(name.to_owned(), is_open),
            None => frozen.remove(name),
        };
    }

    /// Names of sites that are gone from a pod and whose files are there.
    pub fn left_sites(&self, server: ServerId, pod: &str) -> Vec<String> {
        let mut state = self.lock();
        let found = state.worlds.of(server).pods.iter().find(|(name, _)| name.as_str() == pod).map(|(_, found)| found.left.clone());
        found.unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    /// Names of the releases of a pod's sites that are on a server.
    pub fn releases(&self, server: ServerId, pod: &str) -> Vec<String> {
        let mut state = self.lock();
        let found = state.worlds.of(server).pods.iter().find(|(name, _)| name.as_str() == pod).map(|(_, found)| found.releases.clone());
        found.unwrap_or_default().into_iter().map(|(_, release)| release.to_string()).collect()
    }

    /// The release that the site with this name serves.
    pub fn release(&self, name: &str) -> Option<String> {
        self.lock()
            .worlds
            .answering(name)
            .and_then(|pod| pod.site(name))
            .and_then(|site| site.release.as_ref())
            .map(|release| release.name.to_string())
    }

    /// Lets every site fail that serves a release of this name, on all servers.
    pub fn break_release(&self, release: &str) {
        self.lock().worlds.broken_release = Some(release.to_owned());
    }

    /// How many uploaded archives are on a server for a pod's sites.
    pub fn archives(&self, server: ServerId, pod: &str) -> usize {
        let mut state = self.lock();
        state.worlds.of(server).pods.iter().find(|(name, _)| name.as_str() == pod).map_or(0, |(_, found)| found.archives.len())
    }

    /// Lets every repository hold this from now on.
    pub fn set_repository(&self, repository: Repository) {
        self.lock().worlds.repository = repository;
    }

    /// Whether a copy of this pod is on its way to or from this server.
    pub fn has_copies(&self, server: ServerId, pod: &str) -> bool {
        self.lock().worlds.of(server).copies.keys().any(|name| name.as_str() == pod)
    }

    /// What a visitor would be shown over HTTPS under this name.
    pub fn certificate(&self, name: &str) -> Option<ShownCertificate> {
        self.lock().worlds.answering(name).and_then(|pod| pod.site(name)).and_then(|site| site.certificate.clone()).map(|shown| shown.for_name(name))
    }

    /// The zone of this name that a server has.
    pub fn zone(&self, server: ServerId, name: &str) -> Option<ZoneSpec> {
        let mut state = self.lock();
        let world = state.worlds.of(server);
        world.zones.iter().find(|(zone, _)| zone.as_str() == name).map(|(_, zone)| zone.clone())
    }

    /// What the name server on it has counted from now on.
    pub fn set_counts(&self, server: ServerId, counts: wire::zone::QueryCounts) {
        self.lock().worlds.of(server).counts = counts;
    }

    /// Changes a zone on a server, as a hand on it would; `None` takes it away.
    pub fn change_zone(&self, server: ServerId, name: &str, change: impl FnOnce(ZoneSpec) -> Option<ZoneSpec>) {
        let Some(before) = self.zone(server, name) else { return };
        let (key, after) = (before.name.clone(), change(before));
        let mut state = self.lock();
        let zones = &mut state.worlds.of(server).zones;
        match after {
            Some(zone) => drop(zones.insert(key, zone)),
            None => drop(zones.remove(&key)),
        }
    }

    /// Whether a server is on.
    pub(crate) fn is_up(&self, server: ServerId) -> bool {
        !self.lock().worlds.of(server).down
    }

    /// Answers to a certificate authority that a server has.
    pub fn challenges(&self, server: ServerId) -> usize {
        self.lock().worlds.of(server).challenges.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Held for single steps only; a panic in a test must not hide the first one's message.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the call, and finds the fault it meets. A server with another host key hears nothing.
    fn hear(&self, target: &ServerTarget, verb: &'static str, pod: Option<String>, key: &str) -> Result<(CallRecorder, Option<Fault>), NodeError> {
        let mut state = self.lock();
        if !target.simulated {
            let shown = state.keys.of(&target.address);
            if target.host_key.as_deref() != Some(shown.line.as_str()) {
                return Err(NodeError::HostKeyChanged { shown: shown.fingerprint });
            }
        }
        if state.worlds.of(target.id).down {
            return Err(NodeError::Unreachable("the server is off".to_owned()));
        }
        let (index, fault) = state.faults.hear(RecordedCall { server: target.id, verb, pod, key: key.to_owned(), ended: Ended::Running });
        Ok((CallRecorder::new(Arc::clone(&self.state), index), fault))
    }

    async fn meet<T>(
        &self,
        target: &ServerTarget,
        verb: &'static str,
        pod: Option<String>,
        options: &CallOptions,
        work: impl AsyncFnOnce() -> Result<T, Failure>,
    ) -> Result<T, NodeError> {
        let (ear, fault) = self.hear(target, verb, pod, &options.key)?;
        let lost = || NodeError::Unreachable("connection lost".to_owned());
        let outcome = match fault {
            Some(Fault::Fail(failure)) => Err(NodeError::Failed(failure)),
            Some(Fault::RollBack(why)) => Err(NodeError::AgentRolledBack { why }),
            Some(Fault::LoseBefore) => Err(lost()),
            Some(Fault::Hang) => {
                tokio::time::sleep(options.deadline).await;
                Err(NodeError::Failed(late()))
            }
            Some(Fault::LoseAfter) => {
                // What became of the work is what the caller must not learn.
                let _ = work().await;
                Err(lost())
            }
            None => match timeout(options.deadline, work()).await {
                Ok(done) => done.map_err(NodeError::Failed),
                Err(_) => Err(NodeError::Failed(late())),
            },
        };
        ear.ended(outcome.is_ok());
        outcome
    }
}

fn late() -> Failure {
    Failure::new(FailureKind::Deadline, "timed out")
}

impl Drop for SimulatedNodeClient {
    fn drop(&mut self) {
        self.site_task.abort();
    }
}

#[async_trait]
impl NodeClient for SimulatedNodeClient {
    async fn call(&self, target: &ServerTarget, verb: Verb, options: CallOptions) -> Result<Reply, NodeError> {
        let pod = world::pod_of(&verb).map(ToString::to_string);
        let name = verb.name();
        self.meet(target, name, pod, &options, async || world::perform(self, target.id, verb, options.lines.as_ref()).await).await
    }

    async fn upload(&self, target: &ServerTarget, verb: Verb, file: &Path, options: CallOptions) -> Result<Reply, NodeError> {
        let name = verb.name();
        self.meet(target, name, None, &options, async || world::take_file(self, target.id, verb, file).await).await
    }

    async fn download(&self, target: &ServerTarget, verb: Verb, to: mpsc::Sender<Vec<u8>>, options: CallOptions) -> Result<Reply, NodeError> {
        let (pod, name) = (world::pod_of(&verb).map(ToString::to_string), verb.name());
        self.meet(target, name, pod, &options, async || world::send(self, target.id, verb, to).await).await
    }

    async fn feed(&self, target: &ServerTarget, verb: Verb, from: mpsc::Receiver<Vec<u8>>, options: CallOptions) -> Result<Reply, NodeError> {
        let (pod, name) = (world::pod_of(&verb).map(ToString::to_string), verb.name());
        self.meet(target, name, pod, &options, async || world::take_stream(self, target.id, verb, from).await).await
    }

    async fn host_key(&self, address: &str) -> Result<HostKey, NodeError> {
        let known: Result<TailnetAddr, _> = address.parse();
        known.map_err(|error| NodeError::Unreachable(error.to_string()))?;
        Ok(self.lock().keys.of(address))
    }

    fn enrollment_command(&self) -> String {
        "echo 'This is a simulated server: there is nothing to run.'".to_owned()
    }

    fn agent(&self) -> AgentRelease {
        self.lock().worlds.release.clone()
    }

    async fn install_program(&self, target: &ServerTarget) -> Result<String, NodeError> {
        let options = CallOptions { deadline: Duration::from_secs(60), key: "program".to_owned(), lines: None };
        self.meet(target, "InstallProgram", None, &options, async || {
            let mut state = self.lock();
            let release = state.worlds.release.clone();
            state.worlds.of(target.id).agent = Some(release.clone());
            Ok(release.version)
        })
        .await
    }

    async fn forget(&self, _server: ServerId) {}
}
