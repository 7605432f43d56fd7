//! A job in the middle of its work.

use app_kit::prelude::*;
use model::{
    Time,
    administration::provisioning::{EventLevel, EventView, StepStatus, StepView},
};

fn at(seconds: i64) -> Time {
    Time::from_timestamp(1_794_839_501 + seconds, 204_000_000).unwrap_or_default()
}

/// Ten steps, six begun.
pub(crate) fn steps() -> Vec<StepView> {
    let done = ["Reserve capacity on a server", "Create user and disk", "Set limits", "Create database", "Start PHP 8.3"];
    let mut steps: Vec<StepView> = Vec::new();
    for title in done {
        let seq = steps.len() as i32 + 1;
        steps.push(StepView {
            seq,
            title: title.to_owned(),
            status: StepStatus::Done,
            error: None,
            attempt: 1,
            started_at: Some(at(i64::from(seq))),
            finished_at: Some(at(i64::from(seq) + 1)),
        });
    }
    let rest = [
        ("Install WordPress", StepStatus::Running),
        ("Verify that the site responds", StepStatus::Waiting),
        ("Write to the owner", StepStatus::Waiting),
    ];
    for (title, status) in rest {
        let started_at = (status == StepStatus::Running).then(|| app_kit::time::now() - chrono::TimeDelta::seconds(19));
        steps.push(StepView { seq: steps.len() as i32 + 1, title: title.to_owned(), status, error: None, attempt: 1, started_at, finished_at: None });
    }
    steps
}

/// Lines of every weight.
pub(crate) fn events() -> Vec<EventView> {
    let lines = [
        (EventLevel::Step, "1/8 Reserve capacity on a server"),
        (EventLevel::Info, "ams-web-03 reserved: 2 CPU, 4 GB memory, 60 GB disk"),
        (EventLevel::Step, "2/8 make user and disk"),
        (EventLevel::Info, "user u4211 made"),
        (EventLevel::Info, "subvolume /srv/pods/7f3k2 made, quota 60 GB"),
        (EventLevel::Step, "5/8 start PHP 8.3"),
        (EventLevel::Warn, "first probe refused, php-fpm still loading; next try in 1 s"),
        (EventLevel::Info, "Started php-fpm"),
        (EventLevel::Step, "6/8 install WordPress"),
        (EventLevel::Error, "download of the language pack refused with 503; goes on without it"),
        (EventLevel::Info, "Unpacked core 6.9 (3,412 files, checksum verified)"),
    ];
    lines.iter().zip(1..).map(|((level, message), id)| EventView { id, at: at(id), level: *level, message: (*message).to_owned() }).collect()
}

#[component]
pub(super) fn Job() -> impl IntoView {
    let mut failed = steps();
    failed.truncate(6);
    for (step, status) in failed.iter_mut().zip([
        StepStatus::Undone,
        StepStatus::Undone,
        StepStatus::Undoing,
        StepStatus::Done,
        StepStatus::Failed,
        StepStatus::Waiting,
    ]) {
        step.status = status;
        step.finished_at = Some(at(9));
    }
    failed[4].error = Some("php-fpm is not listening on its socket after 5 attempts.".to_owned());
    failed[4].attempt = 3;
    view! {
        <Panel title="Steps" note=steps_words(&steps())><Steps steps=steps()/></Panel>
        <Panel title="Steps of a job that is rolling back" note=steps_words(&failed)><Steps steps=failed/></Panel>
        <LiveLog events=events() link=Some(Link::Up) status="Line 11 at 14:31:52.204. Step 6 of 8 running for 19 s."/>
    }
}
