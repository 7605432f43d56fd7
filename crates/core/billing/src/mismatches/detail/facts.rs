//! Desired and observed state of a mismatch, and its likely causes: decisions without I/O.

use super::super::{
    queries::{InvoiceFacts, PodFacts, SubscriptionFacts},
    rules,
};
use chrono::Duration;
use engine::reconcile::LastRun;
use model::{
    Time,
    administration::provisioning::{JobRow, JobStatus},
    billing::mismatches::{MismatchFact, MismatchKind},
    hosting::cloudpods::{DesiredState, PodObservation},
    money::Money,
};

/// A reconciler whose last run is older than this counts as not running.
const NOT_RUN_FOR: Duration = Duration::days(1);

/// What is known of a CloudPod beside what the comparison looks at.
pub(super) struct Seen<'a> {
    pub server: Option<&'a str>,
    pub observed: Option<&'a PodObservation>,
    /// The last comparison with its server's own plan.
    pub plan: Option<&'a LastRun>,
    pub job: Option<&'a JobRow>,
}

/// What a CloudPod should be, by what is paid for.
fn desired(kind: MismatchKind) -> Option<DesiredState> {
    match kind {
        MismatchKind::PaidNotRunning => Some(DesiredState::Running),
        MismatchKind::RunningNotPaid | MismatchKind::SuspendedServing => Some(DesiredState::Suspended),
        MismatchKind::PodWithoutSubscription => Some(DesiredState::Absent),
        _ => None,
    }
}

const fn word(state: DesiredState) -> &'static str {
    match state {
        DesiredState::Running => "Running",
        DesiredState::Suspended => "Suspended",
        DesiredState::Held => "Offline, data kept",
        DesiredState::Absent => "Deleted",
    }
}

fn fact(what: &str, desired: impl Into<String>, observed: impl Into<String>, differs: bool) -> MismatchFact {
    MismatchFact { what: what.to_owned(), desired: desired.into(), observed: observed.into(), differs }
}

/// A CloudPod: its state, the state that was requested, its website, and its server's plan.
pub(super) fn of_pod(kind: MismatchKind, pod: &PodFacts, seen: &Seen<'_>) -> Vec<MismatchFact> {
    let Some(wanted) = desired(kind) else { return Vec::new() };
    let place = seen.server.map(|server| format!(" on {server}")).unwrap_or_default();
    let is_told = wanted == pod.desired_state || (wanted == DesiredState::Absent && pod.desired_state == DesiredState::Held);
    let status = seen.observed.and_then(|observed| observed.http_status);
    let answers = status.is_some_and(|status| (200..400).contains(&status));
    let (website, differs) = match wanted {
        DesiredState::Running => ("Served", status.is_some() && !answers),
        DesiredState::Suspended => ("Neutral page, HTTP 503", answers),
        DesiredState::Held | DesiredState::Absent => ("Not served", answers),
    };
    let (plan, changed) = match seen.plan {
        Some(LastRun { error: Some(_), .. }) => ("Unknown: the last comparison failed".to_owned(), false),
        Some(LastRun { differences, .. }) if !differences.is_empty() => (differences.join("; "), true),
        Some(LastRun { checked_at: Some(_), .. }) => ("As ordered".to_owned(), false),
        _ => ("Unknown: not compared yet".to_owned(), false),
    };
    vec![
        fact("CloudPod", word(wanted), format!("{}{place}", capital(&rules::observed(pod))), true),
        fact("Requested state", word(wanted), word(pod.desired_state), !is_told),
        fact("Website", website, status.map_or_else(|| "Unknown".to_owned(), |status| format!("HTTP {status}")), differs),
        fact("Configuration", "As ordered", plan, changed),
    ]
}

/// The likely causes, the likeliest first.
pub(super) fn causes_of_pod(kind: MismatchKind, pod: &PodFacts, seen: &Seen<'_>) -> Vec<String> {
    let mut causes = Vec::new();
    if let (true, Some(server)) = (pod.is_server_silent, seen.server) {
        causes.push(format!("{server} is not responding."));
    }
    if let Some(job) = seen.job {
        let error = pod.job_error.as_deref().map_or_else(|| ".".to_owned(), |error| format!(": {error}"));
        match job.status {
            JobStatus::Stuck | JobStatus::Undone => causes.push(format!("Its last job failed{error}")),
            JobStatus::Queued => causes.push(format!("Its last job has waited for a worker since {}.", rules::day(job.created_at))),
            JobStatus::Running | JobStatus::Unwinding => {
                causes.push(format!("Its last job has been in progress since {}.", rules::day(job.created_at)))
            }
            JobStatus::Done => {}
        }
    }
    if let Some(wanted) = desired(kind).filter(|wanted| *wanted != pod.desired_state && pod.desired_state != DesiredState::Held) {
        causes.push(format!(
            "The change was never requested: the CloudPod is still set to \u{201c}{}\u{201d}, not \u{201c}{}\u{201d}.",
            word(pod.desired_state),
            word(wanted)
        ));
    }
    if let Some(error) = seen.plan.and_then(|run| run.error.as_deref()) {
        causes.push(format!("The comparison with its server failed: {error}"));
    }
    if causes.is_empty() {
        causes.push("No job has failed. Its state has changed on the server, on its own or by hand.".to_owned());
    }
    causes
}

/// A subscription that has too few CloudPods.
pub(super) fn of_missing(subscription: &SubscriptionFacts) -> (Vec<MismatchFact>, Vec<String>) {
    let count = |number: i64| rules::plural(number, "CloudPod");
    let cause = match subscription.last_deleted_at {
        Some(at) => format!("One of its CloudPods was deleted on {}, but the subscription still pays for it.", rules::day(at)),
        None => "None of its CloudPods was deleted: those that are missing were never ordered.".to_owned(),
    };
    (vec![fact("CloudPods", count(i64::from(subscription.quantity)), count(subscription.pods), true)], vec![cause])
}

/// A subscription that should have been suspended at the moment that is given.
pub(super) fn of_overdue(since: Time, run: Option<&LastRun>, now: Time) -> (Vec<MismatchFact>, Vec<String>) {
    let checked = run.and_then(|run| run.checked_at);
    let cause = match (run.and_then(|run| run.error.as_deref()), checked) {
        (Some(error), _) => format!("Billing of this subscription fails: {error}"),
        (None, Some(at)) if at > now - NOT_RUN_FOR => {
            format!("Billing of this subscription last ran on {} and has not suspended it.", rules::day(at))
        }
        (None, Some(at)) => format!("Billing of this subscription has not run since {}.", rules::day(at)),
        (None, None) => "Billing of this subscription has never run.".to_owned(),
    };
    (vec![fact("Subscription", format!("Suspended since {}", rules::day(since)), "Past due, CloudPods running", true)], vec![cause])
}

/// An invoice that is marked as paid.
pub(super) fn of_invoice(invoice: &InvoiceFacts) -> (Vec<MismatchFact>, Vec<String>) {
    let money = |minor| Money::new(minor, invoice.currency).to_string();
    let facts = vec![
        fact("Invoice", "Open", format!("Paid since {}", rules::day(invoice.paid_at)), true),
        fact("Payments and credit", money(invoice.total), money(invoice.covered), true),
    ];
    (facts, vec!["It was marked as paid, or one of its payments was reversed, without an entry in the ledger.".to_owned()])
}

/// A payment that is on no invoice.
pub(super) fn of_payment(amount: Money, purpose: Option<&str>) -> (Vec<MismatchFact>, Vec<String>) {
    let taken_for = purpose.map_or_else(|| "Unknown".to_owned(), str::to_owned);
    let cause = match purpose {
        Some(_) => "The provider\u{2019}s webhook did not arrive or could not be processed.",
        None => "It refers to no order or invoice of this panel: it was created elsewhere.",
    };
    (
        vec![
            fact("Payment", format!("{amount} on an invoice"), "On no invoice", true),
            fact("Purpose", "An order or an invoice", taken_for, purpose.is_none()),
        ],
        vec![cause.to_owned()],
    )
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
