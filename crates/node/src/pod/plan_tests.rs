use wire::spec::{ArtifactRef, Limits, PodState};
use wire::{ArtifactName, DomainName, PodName, Sha256 as Sum, Title};

use super::*;
use crate::host::storage::Quota;
use crate::pod::state::State;

fn spec() -> PodSpec {
    PodSpec {
        pod: PodName::new("a").unwrap(),
        domains: vec![DomainName::new("a.example.test").unwrap()],
        stack: Stack::Php { title: Title::new("A").unwrap() },
        runtime: Some(ArtifactRef { name: ArtifactName::new("php8.2").unwrap(), sha256: Sum::new("a".repeat(64)).unwrap() }),
        app: None,
        limits: Limits { cpu_millis: 2000, memory_mb: 512, disk_mb: 100, tasks: 50 },
        database: None,
        state: PodState::Running,
    }
}

fn bare() -> Survey {
    Survey {
        state: None,
        web_base: false,
        user: Is::Absent,
        quota: None,
        nested: 0,
        folders: false,
        look: None,
        slice: Is::Absent,
        mount: Is::Absent,
        service: Is::Absent,
        active: false,
        stale: false,
        control_group: String::new(),
        database: None,
        site: Is::Absent,
    }
}

fn settled() -> Survey {
    let mut state = State::new(&spec());
    state.unfinished = false;
    state.starter = true;
    Survey {
        state: Some(state),
        web_base: true,
        user: Is::Right,
        quota: Some(Quota { used: 1, limit: Some(100 << 20) }),
        folders: true,
        look: Some(Default::default()),
        slice: Is::Right,
        mount: Is::Right,
        service: Is::Right,
        active: true,
        site: Is::Right,
        ..bare()
    }
}

#[test]
fn a_bare_machine_gets_every_part_added() {
    let all = difference(&spec(), &bare());
    assert!(all.steps().iter().all(|(_, change)| change.op == Op::Add), "{all:?}");
    assert!(all.needs_reload());
}

#[test]
fn a_settled_pod_has_nothing_to_do() {
    let all = difference(&spec(), &settled());
    assert!(all.plan().is_settled(), "{all:?}");
    assert!(!all.needs_reload());
}

#[test]
fn each_drift_is_seen_and_nothing_else_is_touched() {
    type Drift = fn(&mut Survey);
    let drifts: &[(Part, Op, Drift)] = &[
        (Part::User, Op::Change, |s| s.user = Is::Different),
        (Part::Limit, Op::Change, |s| s.quota = Some(Quota { used: 1, limit: None })),
        (Part::Folders, Op::Change, |s| s.folders = false),
        (Part::Slice, Op::Change, |s| s.slice = Is::Different),
        (Part::Slice, Op::Change, |s| s.stale = true),
        (Part::Running, Op::Add, |s| s.active = false),
        (Part::Site, Op::Change, |s| s.site = Is::Different),
        (Part::Site, Op::Add, |s| s.site = Is::Absent),
        (Part::WebBase, Op::Add, |s| s.web_base = false),
    ];
    for (part, op, drift) in drifts {
        let mut found = settled();
        drift(&mut found);
        let all = difference(&spec(), &found);
        assert_eq!(all.op(*part), *op, "{part:?}");
        assert_eq!(all.plan().differences().count(), 1, "{part:?}: {all:?}");
    }
}

#[test]
fn a_changed_service_is_restarted() {
    let mut found = settled();
    found.service = Is::Different;
    let all = difference(&spec(), &found);
    assert_eq!((all.op(Part::Service), all.op(Part::Running)), (Op::Change, Op::Change));
}

#[test]
fn an_apply_that_did_not_end_makes_the_next_one_restart_the_service() {
    let mut found = settled();
    if let Some(state) = &mut found.state {
        state.unfinished = true;
    }
    assert_eq!(difference(&spec(), &found).op(Part::Running), Op::Change);
}

#[test]
fn a_smaller_plan_changes_slice_and_limit() {
    let mut smaller = spec();
    smaller.limits.disk_mb = 50;
    let mut found = settled();
    found.slice = Is::Different;
    let all = difference(&smaller, &found);
    assert_eq!((all.op(Part::Limit), all.op(Part::Slice), all.op(Part::Running)), (Op::Change, Op::Change, Op::Keep));
}
