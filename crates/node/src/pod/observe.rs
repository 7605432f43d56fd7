//! What a pod is: the plan of its own last description, read as a state, with what it uses.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use wire::observation::{Observation, Part as ObservedPart, PartState, PodCondition, SiteAnswer, Usage};
use wire::plan::{Change, Op, Plan};
use wire::spec::{PodState, SiteSpec};
use wire::{PodName, SiteName};

use crate::error::Result;
use crate::host::names::{PodNames, unit_file};
use crate::host::{accounts, http, storage};
use crate::task::Task;

use super::legacy;
use super::parts::Parts;
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
    let served = found.sites.iter().filter(|site| !site.site.status.has_change() || state.legacy.is_some());
    let sites = answers(task, served.map(|site| site.spec));
    if state.legacy.is_some() {
        // Its parts are compared with what they will be.
        parts = vec![legacy::observe()];
    }
    // A site that was not waited for says nothing about the pod.
    task.check()?;
    let do_answer = state.spec.sites.iter().filter(|site| !site.stopped).all(|site| sites.get(&site.name).is_some_and(|answer| answer.status < 500));
    Ok(Observation { pod: pod.clone(), standing: condition(&state, &plan, &parts, do_answer), usage: found.measure(), parts, sites })
}

/// The front pages of these sites.
fn answers<'a>(task: &Task, sites: impl Iterator<Item = &'a SiteSpec>) -> BTreeMap<SiteName, SiteAnswer> {
    thread::scope(|scope| {
        let ask = |site: &'a SiteSpec| {
            let domain = site.domains.first()?;
            Some((&site.name, scope.spawn(move || http::get(domain, "/", RESPONSE_TIMEOUT, || task.check().is_ok()))))
        };
        // All are asked before the first is waited for.
        let asked: Vec<_> = sites.filter_map(ask).collect();
        asked.into_iter().filter_map(|(name, answer)| Some((name.clone(), answer.join().ok()??.site))).collect()
    })
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
    Observation { pod: names.pod().clone(), standing, parts, usage: Usage::default(), sites: Default::default() }
}
