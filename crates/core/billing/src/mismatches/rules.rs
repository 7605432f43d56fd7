//! When billing and infrastructure differ: decisions without I/O.

use super::queries::{InvoiceFacts, PodFacts, SubscriptionFacts};
use chrono::Duration;
use model::{
    Time,
    billing::{mismatches::MismatchKind, subscriptions::SubscriptionStatus},
    hosting::cloudpods::{DesiredState, ObservedState, PodStatus},
    money::Money,
};

/// A job excuses its CloudPod for this long; one that has waited or run for longer is a fault itself.
pub(super) const JOB_GRACE: Duration = Duration::minutes(15);
/// How late the next period of a subscription may begin: its reconciler moves it on within minutes.
const PERIOD_GRACE: Duration = Duration::hours(1);

/// How late a subscription may be suspended: its reconciler does it within minutes.
const SUSPENSION_GRACE: Duration = Duration::days(1);

/// What does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub kind: MismatchKind,
    /// What was found, in a sentence.
    pub message: String,
    /// Minor units.
    pub amount: i64,
    pub since: Time,
}

/// Whether a CloudPod cannot be judged now: its server does not respond, or a job is at work on it. What was found of it stays as it is.
pub(super) fn is_undecided(pod: &PodFacts, now: Time) -> bool {
    !is_leaving(pod.status) && (pod.is_server_silent || pod.busy_since.is_some_and(|since| since > now - JOB_GRACE))
}

/// Its deletion was asked for; the job waits until the grace period is over.
fn is_leaving(status: PodStatus) -> bool {
    matches!(status, PodStatus::Deleting | PodStatus::Held | PodStatus::Deleted)
}

/// What is wrong about a CloudPod that can be judged.
pub(super) fn of_pod(pod: &PodFacts, now: Time) -> Option<Fault> {
    if is_leaving(pod.status) {
        return None;
    }
    let found = |kind, since: Time, message: String| Some(Fault { kind, message, amount: pod.price, since: since.min(now) });
    let is_failed = pod.status == PodStatus::Failed;
    if pod.subscription_status == SubscriptionStatus::Cancelled {
        let ended = pod.cancel_at.unwrap_or(now);
        let message = format!("The subscription ended on {}; the CloudPod is {}.", day(ended), word(pod.status));
        return if is_failed { None } else { found(MismatchKind::PodWithoutSubscription, ended, message) };
    }
    if pod.place >= i64::from(pod.quantity) && !is_failed {
        let message = format!("The subscription is for {}; this CloudPod is number {}.", pod.quantity, pod.place + 1);
        return found(MismatchKind::PodWithoutSubscription, pod.created_at, message);
    }
    if pod.desired_state == DesiredState::Suspended {
        let serves = match pod.status {
            PodStatus::Suspended => pod.observed_state == Some(ObservedState::Running),
            _ => !is_failed,
        };
        let since = pod.suspended_since.unwrap_or(pod.created_at).max(pod.differs_since.unwrap_or(pod.created_at));
        let message = format!("It has a reason to be suspended; the CloudPod is {}.", observed(pod));
        return if serves { found(MismatchKind::SuspendedServing, since, message) } else { None };
    }
    let is_overdue = pod.subscription_status == SubscriptionStatus::Suspended;
    let is_current = matches!(pod.subscription_status, SubscriptionStatus::Active | SubscriptionStatus::Trialing);
    let is_late = is_current && pod.renews_at <= now - PERIOD_GRACE;
    if is_overdue || is_late {
        let serves = matches!(pod.status, PodStatus::Running | PodStatus::Unsuspending);
        let (since, message) = match pod.suspended_at.filter(|_| is_overdue) {
            Some(at) => (at, format!("The subscription was suspended on {} for non-payment; the CloudPod has no reason to be suspended.", day(at))),
            None => (pod.renews_at, format!("The paid period ended on {} and no other has begun.", day(pod.renews_at))),
        };
        return if serves { found(MismatchKind::RunningNotPaid, since, message) } else { None };
    }
    let is_running = pod.status == PodStatus::Running && matches!(pod.observed_state, Some(ObservedState::Running) | None);
    let since = pod.differs_since.or(pod.job_ended_at).unwrap_or(pod.created_at);
    let why = pod.job_error.as_deref().filter(|_| pod.status != PodStatus::Running).map(|error| format!(" Last job: {error}")).unwrap_or_default();
    if is_running {
        None
    } else {
        let subscription = match pod.subscription_status {
            SubscriptionStatus::Trialing => "is in its trial",
            SubscriptionStatus::PastDue => "is past due, but not suspended",
            _ => "is paid",
        };
        found(MismatchKind::PaidNotRunning, since, format!("The subscription {subscription}; the CloudPod is {}.{why}", observed(pod)))
    }
}

/// What is wrong about the subscription of a plan.
pub(super) fn of_subscription(subscription: &SubscriptionFacts, now: Time) -> Option<Fault> {
    let missing = i64::from(subscription.quantity) - subscription.pods;
    (missing > 0).then(|| Fault {
        kind: MismatchKind::SubscriptionWithoutPod,
        message: format!("The subscription is for {}; it has {}.", plural(i64::from(subscription.quantity), "CloudPod"), subscription.pods),
        amount: subscription.price * missing,
        since: subscription.last_deleted_at.unwrap_or(subscription.started_at).min(now),
    })
}

/// What is wrong about a subscription that is past due: it should have been suspended at this moment, for this invoice.
pub(super) fn of_overdue(subscription: &SubscriptionFacts, suspends_at: Time, invoice: &str, now: Time) -> Option<Fault> {
    (suspends_at + SUSPENSION_GRACE <= now).then(|| Fault {
        kind: MismatchKind::OverdueNotSuspended,
        message: format!("Invoice {invoice} is unpaid. The subscription should have been suspended on {}.", day(suspends_at)),
        amount: subscription.price * i64::from(subscription.quantity),
        since: suspends_at,
    })
}

/// What is wrong about an invoice that is marked as paid.
pub(super) fn of_invoice(invoice: &InvoiceFacts, now: Time) -> Option<Fault> {
    let missing = invoice.total - invoice.covered;
    (missing > 0).then(|| Fault {
        kind: MismatchKind::InvoiceWithoutPayment,
        message: format!("Marked as paid; payments and credit cover {}.", Money::new(invoice.covered, invoice.currency)),
        amount: missing,
        since: invoice.paid_at.min(now),
    })
}

pub(super) fn day(at: Time) -> String {
    at.format("%-d %b %H:%M").to_string()
}

pub(super) fn plural(count: i64, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// As what the CloudPod was seen, with the time; its status where it was not.
pub(super) fn observed(pod: &PodFacts) -> String {
    match (pod.status, pod.observed_state, pod.observed_at) {
        (PodStatus::Running | PodStatus::Suspended, Some(state), Some(at)) => {
            let state = match state {
                ObservedState::Absent => "absent",
                ObservedState::Running => "running",
                ObservedState::Suspended => "suspended",
                ObservedState::Held => "offline",
                ObservedState::Broken => "not responding",
            };
            format!("{state} (checked {})", at.format("%H:%M:%S"))
        }
        (status, ..) => word(status).to_owned(),
    }
}

fn word(status: PodStatus) -> &'static str {
    match status {
        PodStatus::Requested | PodStatus::Provisioning => "still being provisioned",
        PodStatus::Running => "running",
        PodStatus::Failed => "failed",
        PodStatus::Suspending => "still being suspended",
        PodStatus::Suspended => "suspended",
        PodStatus::Unsuspending => "still being unsuspended",
        PodStatus::Deleting | PodStatus::Held | PodStatus::Deleted => "deleted",
    }
}
