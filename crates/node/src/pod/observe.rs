//! What a pod is: the plan of its own last description, read as a state, with what it uses.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use wire::observation::{Observation, Part as ObservedPart, PartState, PodCondition, SiteAnswer, Usage};
use wire::plan::{Change, Op, Plan};
use wire::spec::{PodState, SiteSpec, Stack};
use wire::verb::SiteVisit;
use wire::{DomainName, PodName, SiteName};

use crate::error::{Result, missing};
use crate::host::names::{PodNames, unit_file};
use crate::host::visits::Visits;
use crate::host::{accounts, http, storage};
use crate::task::Task;

use super::legacy;
use super::part::password;
use super::parts::Parts;
use super::sleep::may_sleep;
use super::state::State;

/// How long the sites of a pod may take to answer, all together: they are asked at once.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(8);

/// Looks at everything; changes nothing.
pub fn observe(task: &Task, pod: &PodName) -> Result<Observation> {
    let names = PodNames::of(pod);
    let Some(state) = State::load(&names)? else { return Ok(unknown(&names)) };
    let found = Parts::inspect(task, &state.spec, &names, Some(&state))?;
    let plan = found.plan();
    let mut parts = parts(&plan);
    parts.extend(found.storage.observe());
    let asleep = asleep(&names, &found);
    let served = found.sites.iter().filter(|site| !site.site.status.has_change() || state.legacy.is_some());
    let sites = answers(task, &names, served.map(|site| site.spec).filter(|site| !asleep.contains_key(&site.name)));
    if state.legacy.is_some() {
        // Its parts are compared with what they will be.
        parts = vec![legacy::observe()];
    }
    // A site that was not waited for says nothing about the pod.
    task.check()?;
    let is_well = |site: &SiteSpec| asleep.contains_key(&site.name) || sites.get(&site.name).is_some_and(|answer| answer.status < 500);
    let do_answer = state.spec.sites.iter().filter(|site| !site.stopped).all(is_well);
    Ok(Observation { pod: pod.clone(), standing: condition(&state, &plan, &parts, do_answer), usage: found.measure(), parts, sites, asleep })
}

/// The front page of one site, which wakes it where it sleeps. It is no visit all the same: the site goes back to sleep when nobody else comes.
pub fn visit(task: &Task, wanted: &SiteVisit) -> Result<Option<SiteAnswer>> {
    let names = PodNames::of(&wanted.pod);
    let sites = State::load(&names)?.map(|state| state.spec.sites).unwrap_or_default();
    let Some(site) = sites.iter().find(|site| site.name == wanted.site) else {
        return Err(missing(format!("the site {} of the pod {} is not on this server", wanted.site, wanted.pod)));
    };
    let Some(domain) = site.domains.first() else { return Ok(None) };
    let answer = unnoticed(&names, site, || get(task, &names, site, domain));
    // One that was not waited for says nothing about the site.
    task.check()?;
    Ok(answer.map(|answer| answer.site))
}

/// Since when the sites sleep that do. They are not asked for their pages, which would wake them.
fn asleep(names: &PodNames, found: &Parts<'_>) -> BTreeMap<SiteName, u64> {
    let sleeping = found.sites.iter().filter(|site| site.service.as_ref().is_some_and(|service| service.is_asleep));
    let since = |name: &SiteName| Visits::read(&names.socket(name)).map(Visits::marked).unwrap_or_default();
    sleeping.map(|site| (site.spec.name.clone(), since(&site.spec.name))).collect()
}

/// The front pages of these sites.
fn answers<'a>(task: &Task, names: &PodNames, sites: impl Iterator<Item = &'a SiteSpec>) -> BTreeMap<SiteName, SiteAnswer> {
    thread::scope(|scope| {
        let ask = |site: &'a SiteSpec| {
            let domain = site.domains.first()?;
            Some((&site.name, scope.spawn(move || unnoticed(names, site, || get(task, names, site, domain)))))
        };
        // All are asked before the first is waited for.
        let asked: Vec<_> = sites.filter_map(ask).collect();
        asked.into_iter().filter_map(|(name, answer)| Some((name.clone(), answer.join().ok()??.site))).collect()
    })
}

/// The front page as those see it who have said the site's password.
fn get(task: &Task, names: &PodNames, site: &SiteSpec, domain: &DomainName) -> Option<http::Answer> {
    http::get_as(password::of_agent(names, site).as_deref(), domain, front(site), RESPONSE_TIMEOUT, || task.check().is_ok())
}

/// The front page. WordPress begins what it has to do at times with whatever page it is asked for, by a request of its own to itself, which would
/// be a visit; not with this one.
fn front(site: &SiteSpec) -> &'static str {
    if matches!(site.stack, Stack::Wordpress { .. }) && may_sleep(site) { "/?doing_wp_cron" } else { "/" }
}

/// What this program asks is no visit: otherwise no site would ever sleep. Whoever comes at the same time is not noticed either.
fn unnoticed<T>(names: &PodNames, site: &SiteSpec, ask: impl FnOnce() -> T) -> T {
    let socket = names.socket(&site.name);
    let before = Visits::read(&socket).filter(|visits| may_sleep(site) && !visits.are_new());
    let found = ask();
    if let Some(before) = before {
        // Where it cannot be put back it counts as a visit, and the site is awake a while longer.
        let _ = before.restore(&socket);
    }
    found
}

fn parts(plan: &Plan) -> Vec<ObservedPart> {
    let state = |op: Op| match op {
        Op::Keep => PartState::Good,
        Op::Add => PartState::Missing,
        Op::Change | Op::Remove => PartState::Wrong,
    };
    plan.changes.iter().map(|change| ObservedPart { name: change.what.clone(), state: state(change.op), detail: change.detail.clone() }).collect()
}

fn condition(state: &State, plan: &Plan, parts: &[ObservedPart], do_answer: bool) -> PodCondition {
    if state.held {
        // Really off: neither served nor running.
        let is_off = |change: &&Change| matches!(change.what.as_str(), "virtual host" | "running" | "database instance");
        let off = plan.changes.iter().filter(is_off).all(|change| change.op == Op::Add);
        return if off { PodCondition::Held } else { PodCondition::Broken };
    }
    let good = !state.unfinished && parts.iter().all(|part| part.state == PartState::Good);
    match state.spec.state {
        PodState::Suspended if good => PodCondition::Suspended,
        PodState::Running if good && do_answer => PodCondition::Running,
        _ => PodCondition::Broken,
    }
}

/// A pod that this program does not remember, though parts of it may lie about.
fn unknown(names: &PodNames) -> Observation {
    let left = [
        ("user", accounts::find(&names.user()).is_some()),
        ("storage", storage::exists(names)),
        ("slice", unit_file(&names.slice()).exists()),
        ("sites", !names.sites_found().is_empty()),
    ];
    let parts: Vec<ObservedPart> = left
        .into_iter()
        .filter(|(_, there)| *there)
        .map(|(name, _)| ObservedPart { name: name.into(), state: PartState::Wrong, detail: "exists although the pod is unknown".into() })
        .collect();
    let standing = if parts.is_empty() { PodCondition::Absent } else { PodCondition::Broken };
    Observation { pod: names.pod().clone(), standing, parts, usage: Usage::default(), sites: Default::default(), asleep: Default::default() }
}
