//! What a pod is: the plan of its own last description, read as a state, with what it uses.

use std::time::Duration;

use wire::PodName;
use wire::observation::{Observation, Part as ObservedPart, PartState, Standing, Usage};
use wire::plan::Op;

use crate::fail::Res;
use crate::host::names::Names;
use crate::host::{accounts, http, storage, usage};
use crate::task::Task;

use super::plan::{Difference, Part, difference};
use super::state::State;
use super::survey::{Survey, survey};

/// How long a site may take to answer.
const ANSWER: Duration = Duration::from_secs(15);

/// Looks at everything; changes nothing.
pub fn observe(task: &Task, pod: &PodName) -> Res<Observation> {
    let names = Names::of(pod);
    let Some(state) = State::load(&names)? else { return Ok(unknown(&names)) };
    let found = survey(task, &state.spec, Some(state.clone()))?;
    let difference = difference(&state.spec, &found);
    let mut parts = parts(&difference);
    if found.nested > 0 {
        parts.push(ObservedPart {
            name: "storage inside".into(),
            state: PartState::Wrong,
            detail: format!("{} subvolumes were created inside the pod; they bypass its storage limit", found.nested),
        });
    }
    let site = match state.spec.domains.first() {
        Some(domain) if !difference.touches(Part::Site) => http::get(domain, "/", ANSWER, || task.check().is_ok()).map(|answer| answer.site),
        _ => None,
    };
    // A site that was not waited for says nothing about the pod.
    task.check()?;
    let answers = site.as_ref().is_some_and(|answer| answer.status < 500);
    Ok(Observation { pod: pod.clone(), standing: standing(&state, &difference, &parts, answers), usage: measure(&found), parts, site })
}

fn parts(difference: &Difference) -> Vec<ObservedPart> {
    let state = |op: Op| match op {
        Op::Keep => PartState::Good,
        Op::Add => PartState::Missing,
        Op::Change | Op::Remove => PartState::Wrong,
    };
    let part =
        |(_, change): &(Part, wire::plan::Change)| ObservedPart { name: change.what.clone(), state: state(change.op), detail: change.detail.clone() };
    difference.steps().iter().map(part).collect()
}

fn standing(state: &State, difference: &Difference, parts: &[ObservedPart], answers: bool) -> Standing {
    if state.held {
        // Really off: neither served nor running.
        let off = difference.op(Part::Site) == Op::Add && (state.spec.runtime.is_none() || difference.op(Part::Running) == Op::Add);
        return if off { Standing::Held } else { Standing::Broken };
    }
    let good = !state.unfinished && parts.iter().all(|part| part.state == PartState::Good);
    if good && answers { Standing::Running } else { Standing::Broken }
}

fn measure(found: &Survey) -> Usage {
    let mut now = Usage::default();
    if let Some(quota) = found.quota {
        now.disk_bytes = Some(quota.used);
        now.disk_limit_bytes = quota.limit;
    }
    usage::of_group(&found.control_group, &mut now);
    now
}

/// A pod that this program does not remember, though parts of it may lie about.
fn unknown(names: &Names) -> Observation {
    let left = [
        ("user", accounts::find(&names.user()).is_some()),
        ("storage", storage::exists(names)),
        ("slice", names.unit_file(&names.slice()).exists()),
        ("virtual host", names.vhost().exists()),
    ];
    let parts: Vec<ObservedPart> = left
        .into_iter()
        .filter(|(_, there)| *there)
        .map(|(name, _)| ObservedPart { name: name.into(), state: PartState::Wrong, detail: "exists although the pod is unknown".into() })
        .collect();
    let standing = if parts.is_empty() { Standing::Absent } else { Standing::Broken };
    Observation { pod: names.pod().clone(), standing, parts, usage: Usage::default(), site: None }
}
