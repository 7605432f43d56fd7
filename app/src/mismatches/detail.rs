//! The detail of a mismatch below its row: expected and actual state, the likely cause, the last job, the amount, and the button that resolves it
//! with what that would change.

use super::{May, action};
use app_billing::mismatches::server_fns::read_mismatch;
use app_kit::prelude::*;
use model::{
    Time,
    administration::provisioning::JobRow,
    billing::{
        mismatches::{MismatchDetail, MismatchFact, MismatchKind, MismatchRow},
        subscriptions::SubscriptionStatus,
    },
};

/// The row below an open row. It is fetched anew when the row has changed.
pub(super) fn below(row: Live<MismatchRow>, may: May) -> AnyView {
    let key = move || row.with(|row| (row.id, row.is_busy, row.message.clone()));
    let data = fetch(key, |(id, ..)| read_mismatch(id));
    // Not part of what is fetched here: after the action the list is fetched again, and the row with it.
    let proposed = row.show(MismatchRow::clone, move |row| view! { <Proposed row may/> });
    view! {
        <Grid columns=Columns::Halves>
            <div class="min-w-0"><Load data keep=true view=|detail: MismatchDetail| view! { <Detail detail/> }/></div>
            <div class="min-w-0">{proposed}</div>
        </Grid>
    }
    .into_any()
}

#[component]
fn Detail(detail: MismatchDetail) -> impl IntoView {
    let MismatchDetail { row, facts, causes, job, observed_at, checked_at } = detail;
    let compared = (!facts.is_empty()).then(|| view! { <Compared facts observed_at/> });
    let stake = match row.cycle {
        Some(cycle) => format!("{} {}", row.amount, cycle.per()),
        None => format!("{} once", row.amount),
    };
    let job = job.map(|job| view! { <KeyValue label="Last job"><Job job/></KeyValue> });
    view! {
        {compared}
        <h2 class="mt-3 mb-2 text-13 font-bold">"Cause"</h2>
        <p class="text-13 text-2">{row.message}</p>
        {causes.into_iter().map(|cause| view! { <p class="text-13 text-2 mt-2">{cause}</p> }).collect_view()}
        <div class="mt-3">
            <KeyValues>
                <KeyValue label="Since"><At at=row.since whole=true/></KeyValue>
                <KeyValue label="Last compared"><At at=checked_at whole=true/></KeyValue>
                <KeyValue label="At stake">{stake}</KeyValue>
                {job}
            </KeyValues>
        </div>
    }
}

#[component]
fn Job(job: JobRow) -> impl IntoView {
    let (state, word) = (State::from(job.status), app_kit::state::job_label(job.status));
    view! { <a href=format!("/admin/jobs/{}", job.id)>{job.title}</a>" "<Badge state word/> }
}

/// Lines that differ are tinted, and say so to a screen reader.
#[component]
fn Compared(facts: Vec<MismatchFact>, observed_at: Option<Time>) -> impl IntoView {
    let head = tw!("py-1.75 pr-3 text-left text-12 font-mid text-3 border-b border-line-firm");
    let part = tw!("py-1.75 px-2 text-left align-top font-normal text-3 border-b border-line wrap-anywhere");
    let wanted = tw!("py-1.75 pr-3 text-left align-top border-b border-line wrap-anywhere");
    let seen = tw!("py-1.75 pr-3 text-left align-top font-mid border-b border-line wrap-anywhere");
    view! {
        <h2 class="mb-2 text-13 font-bold">"Expected and actual"</h2>
        <table class="w-full border-collapse text-13" aria-label="Expected and actual">
            <thead>
                <tr>
                    <th scope="col" class=head><span class="sr-only">"Part"</span></th>
                    <th scope="col" class=head>"Expected by billing"</th>
                    <th scope="col" class=head>"Actual"{observed_at.map(|at| view! { ", checked "<At at clock=true/> })}</th>
                </tr>
            </thead>
            <tbody>
                {facts.into_iter().map(|fact| {
                    let (tint, word) = if fact.differs { (tw!("bg-warning-soft"), "differs: ") } else { ("", "") };
                    view! {
                        <tr class=tint>
                            <th scope="row" class=part>{fact.what}</th>
                            <td class=wanted>{fact.desired}</td>
                            <td class=seen><span class="sr-only">{word}</span>{fact.observed}</td>
                        </tr>
                    }
                }).collect_view()}
            </tbody>
        </table>
    }
}

/// What the button would change, and the button.
#[component]
fn Proposed(row: MismatchRow, may: May) -> impl IntoView {
    let (title, lines) = proposal(&row);
    view! {
        <h2 class="mb-2 text-13 font-bold">{title}</h2>
        <Diff label="Proposed change" lines=Signal::stored(lines)/>
        <div class="flex flex-wrap gap-2 mt-3">{action(row, may)}</div>
    }
}

/// The same cases as `action`.
fn proposal(row: &MismatchRow) -> (&'static str, Vec<DiffLine>) {
    let change = |what: &str, before: &str, after: &str| DiffLine::of(what, Some(before.to_owned()), Some(after.to_owned()));
    let same = |what: &str| change(what, "Kept", "Kept");
    match row.kind {
        _ if row.is_busy => ("In progress: a job is queued or running", vec![same("Files and databases")]),
        MismatchKind::PaidNotRunning if row.failed_job.is_some() => {
            ("Proposed: retry the job that failed", vec![change(&row.subject, "Not running", "Running"), same("Files and databases")])
        }
        MismatchKind::PaidNotRunning if row.is_online => {
            ("Proposed: restart", vec![change("Processes and database", "As they are", "Restarted"), same("Files and databases")])
        }
        MismatchKind::RunningNotPaid if row.subscription_status == Some(SubscriptionStatus::Suspended) => (
            "Proposed: suspend for non-payment",
            vec![change(&row.subject, "Running", "Suspended"), change("Website", "Served", "Neutral page, HTTP 503"), same("Files and databases")],
        ),
        MismatchKind::PaidNotRunning | MismatchKind::RunningNotPaid | MismatchKind::SuspendedServing => {
            ("Proposed: check again", vec![change(&row.subject, "As it is", "As billing asks for"), same("Files and databases")])
        }
        MismatchKind::PodWithoutSubscription => (
            "Proposed: delete after the grace period",
            vec![
                change(&row.subject, "Running", "Offline, deleted after the grace period"),
                change("Files and databases", "Kept", "Kept until the grace period ends"),
            ],
        ),
        MismatchKind::SubscriptionWithoutPod => {
            ("Proposed: end the subscription", vec![change(&row.subject, "Active", "Ended"), change("CloudPods", "As they are", "Deleted")])
        }
        MismatchKind::InvoiceWithoutPayment => {
            ("Proposed: open the invoice again", vec![change(&row.subject, "Paid", "Open, due at once"), change("Reminders", "None", "Sent")])
        }
        MismatchKind::PaymentWithoutInvoice => ("Proposed: book the payment", vec![change(&row.subject, "On no invoice", "On its invoice")]),
        MismatchKind::OverdueNotSuspended => {
            ("Proposed: check again", vec![change(&row.subject, "Past due", "Suspended, if it is still unpaid"), same("Files and databases")])
        }
    }
}
