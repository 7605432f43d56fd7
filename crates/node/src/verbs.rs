//! One line per verb: which code answers it.

use wire::verb::{Reply, Verb};

use crate::error::{Result, internal};
use crate::host::{Host, artifacts, challenge};
use crate::serve::download::Download;
use crate::serve::upload::Upload;
use crate::task::Task;
use crate::{capability, dns, pod, probe, upgrade};

/// Does what the verb says.
pub fn run(host: &Host, task: &Task, verb: Verb, upload: Option<Upload>, download: &Download) -> Result<Reply> {
    task.check()?;
    Ok(match verb {
        Verb::Probe(_) => Reply::Probe(probe::probe(task)?),
        Verb::Install(v) => Reply::Install(capability::install(task, v.capability)?),
        Verb::ArtifactHave(v) => Reply::ArtifactHave(artifacts::have(&v.sha256)),
        Verb::ArtifactPut(v) => Reply::ArtifactPut(artifacts::put(task, &v, file(upload)?)?),
        Verb::PodPlan(v) => Reply::PodPlan(pod::apply::plan(task, &v.spec)?),
        Verb::PodApply(v) => Reply::PodApply(pod::apply::apply(host, task, &v.spec)?),
        Verb::PodObserve(v) => Reply::PodObserve(pod::observe::observe(task, &v.pod)?),
        Verb::PodRemove(v) => Reply::PodRemove(pod::remove::remove(host, task, &v.pod, v.mode)?),
        Verb::SiteRemove(v) => Reply::SiteRemove(pod::site::remove(host, task, &v)?),
        Verb::SiteBuild(v) => Reply::SiteBuild(pod::deploy::build(host, task, &v)?),
        Verb::SiteReleases(v) => Reply::SiteReleases(pod::deploy::keep(task, &v)?),
        Verb::SiteHead(v) => Reply::SiteHead(pod::deploy::head(host, task, &v)?),
        Verb::SiteLook(v) => Reply::SiteLook(pod::deploy::look(host, task, &v)?),
        Verb::SiteArchive(v) => Reply::SiteArchive(pod::deploy::take(task, &v, file(upload)?)?),
        Verb::SiteUnpack(v) => Reply::SiteUnpack(pod::deploy::unpack(host, task, &v)?),
        Verb::SiteCachePurge(v) => Reply::SiteCachePurge(pod::cache::purge(&v)?),
        Verb::SiteVisit(v) => Reply::SiteVisit(pod::observe::visit(task, &v)?),
        Verb::PodRestart(v) => Reply::PodRestart(pod::restart::restart(task, &v.pod)?),
        Verb::JobRun(v) => Reply::JobRun(pod::cron::run(task, &v)?),
        Verb::JobResults(v) => Reply::JobResults(pod::cron::results(task, &v.pod, v.since)?),
        Verb::PodList(_) => Reply::PodList(pod::list()?),
        Verb::PodLog(v) => Reply::PodLog(pod::log::send(task, &v.pod, v.log, download)?),
        Verb::SiteLog(v) => Reply::SiteLog(pod::site_log::read(task, &v)?),
        Verb::SiteLogFile(v) => Reply::SiteLogFile(pod::site_log::send(task, &v, download)?),
        Verb::PodSend(v) => Reply::PodSend(pod::moving::send(task, &v.pod, v.part, download)?),
        Verb::PodReceive(v) => Reply::PodReceive(pod::moving::receive(task, &v, file(upload)?)?),
        Verb::PodAdopt(v) => Reply::PodAdopt(pod::moving::adopt(task, &v.spec, v.part)?),
        Verb::PodPause(v) => Reply::PodPause(pod::moving::pause(host, task, &v.pod)?),
        Verb::PodForward(v) => Reply::PodForward(pod::moving::forward(host, task, &v.pod, v.to)?),
        Verb::PodVisitors(v) => Reply::PodVisitors(pod::moving::visitors(task, &v.pod, v.from, v.believe)?),
        Verb::PodMoveEnd(v) => Reply::PodMoveEnd(pod::moving::end(task, &v.pod)?),
        Verb::ChallengePut(v) => Reply::ChallengePut(challenge::put(&v.token, &v.answer)?),
        Verb::ChallengeRemove(v) => Reply::ChallengeRemove(challenge::remove(&v.token)?),
        Verb::ZoneApply(v) => Reply::ZoneApply(dns::apply(task, &v.zone)?),
        Verb::ZoneRemove(v) => Reply::ZoneRemove(dns::remove(task, &v.name, v.serial)?),
        Verb::ZoneSerial(v) => Reply::ZoneSerial(dns::held_serial(task, &v.name)?),
        Verb::ZoneCounts(_) => Reply::ZoneCounts(dns::counts(task)?),
        Verb::Upgrade(v) => Reply::Upgrade(upgrade::upgrade(&host.trial, task, &v, file(upload)?)?),
        Verb::UpgradeEnd(v) => Reply::UpgradeEnd(host.trial.end(v.keep)?),
    })
}

fn file(upload: Option<Upload>) -> Result<Upload> {
    upload.ok_or_else(|| internal("a verb with a file came without one"))
}
