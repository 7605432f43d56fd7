//! Billing compared with infrastructure: what it offers to do belongs to billing, hosting and jobs.

mod detail;

use app_administration::provisioning::server_fns::RetryJob;
use app_billing::{
    invoices::server_fns::ReopenInvoice,
    mismatches::server_fns::{
        AcceptMismatch, BookPayment, CheckMismatches, EndMismatchAcceptance, RecheckPod, RecheckSubscription, list_mismatches, read_mismatches,
    },
    subscriptions::server_fns::EndSubscription,
};
use app_hosting::{
    cloudpods::{
        plan::ServerPlan,
        server_fns::{DeletePod, RestartPod, preview_delete, preview_restart},
    },
    suspensions::server_fns::{SuspendPod, preview_suspension},
};
use app_kit::{prelude::*, time};
use chrono::Duration;
use model::{
    billing::{
        mismatches::{ACCEPTED, AtStake, MismatchKind, MismatchRow, MismatchSummary, UnknownServer},
        subscriptions::SubscriptionStatus,
    },
    hosting::suspensions::SuspensionReason,
    ids::MismatchId,
    money::{Money, grouped},
    permission::{BillingManage, CloudpodsDelete, CloudpodsManage, CloudpodsWrite, JobsManage, SubscriptionsDelete},
};

const PATH: &str = "/admin/mismatches";

/// `/admin/mismatches`
#[component]
pub fn MismatchesPage() -> impl IntoView {
    type C = Col<MismatchRow>;
    let viewer = use_viewer();
    let may_check = viewer.as_ref().is_some_and(|viewer| viewer.holds::<BillingManage>());
    let may = May {
        delete_pods: viewer.as_ref().is_some_and(|viewer| viewer.holds::<CloudpodsDelete>()),
        manage_pods: viewer.as_ref().is_some_and(|viewer| viewer.holds::<CloudpodsManage>()),
        restart_pods: viewer.as_ref().is_some_and(|viewer| viewer.holds::<CloudpodsWrite>()),
        retry_jobs: viewer.as_ref().is_some_and(|viewer| viewer.holds::<JobsManage>()),
        end_subscriptions: viewer.as_ref().is_some_and(|viewer| viewer.holds::<SubscriptionsDelete>()),
        reopen_invoices: may_check,
        book_payments: may_check,
        accept: may_check,
    };
    let object = |row: &MismatchRow| (href(row), row.subject.clone(), row.tenant_name.clone().unwrap_or_else(|| "Unknown customer".to_owned()));
    let columns = vec![
        C::name("Object", object),
        C::state("Mismatch", |row| (urgency(row.kind), row.kind.title())),
        C::text("Cause", |row| match &row.accepted {
            Some((until, reason)) => format!("{} Accepted until {}: {reason}", row.message, time::day(*until)),
            None => row.message.clone(),
        }),
        C::ago("Since", "Unknown", |row| Some(row.since)),
        C::number("At stake", |row| match row.cycle {
            Some(cycle) => format!("{} {}", row.amount, cycle.per()),
            None => format!("{} once", row.amount),
        }),
        C::actions(MismatchRow::clone, move |row| actions(row, may)),
    ];
    let figures = fetch(|| (), |()| read_mismatches());
    let request = use_page_request();
    view! {
        <PageHead
            title="Mismatches" note=|| "What is paid for compared with what is running, every 60 s."
            actions=move || view! {
                {move || view! { <LinkButton href=export_href(request.get().state.as_deref()) attr:download="mismatches.csv">"Export CSV"</LinkButton> }}
                {may_check.then(compare_now)}
            }
        />
        <Stack>
            <div class="min-w-0">
                <Load data=figures view={move |summary: Live<MismatchSummary>| view! {
                    <Figures summary/>
                    <div class="mt-4"><StateTabs path=PATH label="Mismatches by kind" states=Signal::derive(move || summary.with(kinds))/></div>
                }}/>
            </div>
            <div class="min-w-0">
                <Listing
                    path=PATH label="Mismatches" data=fetch_list(list_mismatches) columns key=|row| row.id.to_string()
                    help="Each disappears by itself once it no longer holds. Changes under way are not listed."
                    verb="found" at=|row| row.found_at
                    more=More::new(|row: &MismatchRow| row.subject.clone(), move |row| detail::below(row, may))
                    empty=("No mismatches", "Everything that is paid for is running, everything that is running is paid for, and every payment has its invoice.")
                />
            </div>
        </Stack>
    }
    .into_any()
}

fn compare_now() -> AnyView {
    let toast = ("Comparison started", "New results appear when it has finished.".to_owned());
    view! { <ActionButton call=CheckMismatches {} label="Compare now" toast/> }.into_any()
}

/// Each kind with its number; those that are accepted last.
fn kinds(summary: &MismatchSummary) -> Vec<(&'static str, &'static str, u64)> {
    let of = |kind: &MismatchKind| summary.kinds.iter().find(|(of, _)| of == kind).map_or(0, |(_, number)| *number);
    let kinds = MismatchKind::ALL.iter().map(|kind| (kind.as_str(), kind.title(), of(kind).unsigned_abs()));
    kinds.chain([(ACCEPTED, "Accepted", summary.accepted.unsigned_abs())]).collect()
}

fn export_href(state: Option<&str>) -> String {
    const EXPORT: &str = "/api/admin/billing/mismatches/export";
    state.map_or_else(|| EXPORT.to_owned(), |state| format!("{EXPORT}?state={state}"))
}

/// The page of the object.
fn href(row: &MismatchRow) -> String {
    match (row.pod, row.invoice, row.subscription, row.tenant) {
        (Some(pod), ..) => format!("/admin/cloudpods/{pod}"),
        (_, Some(invoice), ..) => format!("/admin/invoices/{invoice}"),
        (.., Some(subscription), _) => format!("/admin/subscriptions/{subscription}"),
        (.., Some(tenant)) => format!("/admin/customers/{tenant}"),
        _ => PATH.to_owned(),
    }
}

/// The customer does not get what is paid for, or the company is not paid for what it gives.
fn urgency(kind: MismatchKind) -> State {
    match kind {
        MismatchKind::PaidNotRunning | MismatchKind::SubscriptionWithoutPod | MismatchKind::SuspendedServing => State::Failing,
        _ => State::Warning,
    }
}

/// What the viewer may do.
#[derive(Clone, Copy)]
struct May {
    delete_pods: bool,
    manage_pods: bool,
    retry_jobs: bool,
    restart_pods: bool,
    end_subscriptions: bool,
    reopen_invoices: bool,
    book_payments: bool,
    accept: bool,
}

/// What puts it right, and what leaves it for a while.
fn actions(row: MismatchRow, may: May) -> AnyView {
    let (id, is_accepted, subject) = (row.id, row.accepted.is_some(), row.subject.clone());
    if is_accepted {
        return may.accept.then(|| view! { <ActionButton call=EndMismatchAcceptance { id } label="End acceptance" size=Size::Small/> }).into_any();
    }
    view! { {action(row, may)}{may.accept.then(|| view! { <Accept id subject/> })} }.into_any()
}

#[component]
fn Accept(id: MismatchId, subject: String) -> impl IntoView {
    let open = RwSignal::new(false);
    let done = Callback::new(move |()| open.set(false));
    let day = |days: i64| time::now().checked_add_signed(Duration::days(days)).unwrap_or_default().format("%Y-%m-%d").to_string();
    let until = day(7);
    view! {
        <Button size=Size::Small on:click=move |_| open.set(true)>"Accept"</Button>
        <Dialog open title=format!("Accept {subject}?")>
            <Form action=AcceptMismatch { id, until: until.clone(), reason: String::new() } on_done=done refetch=true class=tw!("contents")>
                <DialogBody open submit=|| view! { <Submit>"Accept mismatch"</Submit> }>
                    <p>"It is not listed until the end of this day (UTC). If it still holds then, it returns."</p>
                    <Input name="until" kind="date" label="Accept until" min=day(0) max=day(90)/>
                    <Input name="reason" label="Reason"/>
                </DialogBody>
            </Form>
        </Dialog>
    }
}

/// The button that puts a mismatch right.
fn action(row: MismatchRow, may: May) -> AnyView {
    if row.is_busy {
        return view! { <span class="text-12 text-3">"Job in progress"</span> }.into_any();
    }
    match (row.kind, row.pod) {
        (MismatchKind::PaidNotRunning, _) if row.failed_job.is_some() => row
            .failed_job
            .filter(|_| may.retry_jobs)
            .map(|id| view! { <ActionButton call=RetryJob { id } label="Retry job" size=Size::Small/> })
            .into_any(),
        (MismatchKind::RunningNotPaid, Some(id)) if row.subscription_status == Some(SubscriptionStatus::Suspended) => {
            let what = "Visitors get a neutral page. Its data is kept, and it comes back once the invoice is paid.";
            let ask = Ask::new(format!("Suspend {}?", row.subject), what).label("Suspend CloudPod");
            let call = SuspendPod { id, reason: SuspensionReason::NonPayment, note: String::new() };
            let more = move || view! { <ServerPlan plan=fetch(|| (), move |()| preview_suspension(id))/> };
            may.manage_pods.then(|| view! { <ActionButton call label="Suspend CloudPod" size=Size::Small ask more/> }).into_any()
        }
        (MismatchKind::PaidNotRunning, Some(id)) if row.is_online => {
            let what = "All processes and the database restart. Visitors wait a moment; requests in progress may fail.";
            let ask = Ask::new(format!("Restart {}?", row.subject), what).label("Restart CloudPod");
            let more = move || view! { <ServerPlan plan=fetch(|| (), move |()| preview_restart(id))/> };
            may.restart_pods.then(|| view! { <ActionButton call=RestartPod { id } label="Restart" size=Size::Small ask more/> }).into_any()
        }
        (MismatchKind::PaidNotRunning, Some(id)) => may.manage_pods.then(|| recheck(id)).into_any(),
        (MismatchKind::SuspendedServing, Some(id)) => may.manage_pods.then(|| recheck(id)).into_any(),
        (MismatchKind::RunningNotPaid, Some(id)) => may.manage_pods.then(|| recheck(id)).into_any(),
        (MismatchKind::PodWithoutSubscription, Some(id)) => {
            let what = "It goes offline now. Files and databases are kept for the grace period; until it ends you can cancel the job to restore the CloudPod.";
            let ask = Ask::new(format!("Delete {}?", row.subject), what).typed(row.subject).label("Delete CloudPod");
            let call = DeletePod { id, confirm_name: String::new() };
            let more = move || view! { <ServerPlan plan=fetch(|| (), move |()| preview_delete(id))/> };
            may.delete_pods
                .then(|| view! { <ActionButton call label="Delete CloudPod" kind=Kind::DangerOutline size=Size::Small ask more/> })
                .into_any()
        }
        (MismatchKind::SubscriptionWithoutPod, _) => {
            let what = "It ends at once, with its CloudPods. Payments are not refunded; issue a credit note to add account credit.";
            let ask = Ask::new(format!("End {} now?", row.subject), what).typed(row.subject).label("End subscription");
            row.subscription
                .filter(|_| may.end_subscriptions)
                .map(|id| {
                    let call = EndSubscription { id, confirm_name: String::new(), credit: None, at: None, total: None };
                    view! { <ActionButton call label="End subscription" kind=Kind::DangerOutline size=Size::Small ask/> }
                })
                .into_any()
        }
        (MismatchKind::InvoiceWithoutPayment, _) => {
            let ask = Ask::new(format!("Reopen {}?", row.subject), "It is due at once: the customer's card is charged, and reminders are sent.")
                .label("Reopen invoice");
            row.invoice
                .filter(|_| may.reopen_invoices)
                .map(|id| view! { <ActionButton call=ReopenInvoice { id } label="Reopen invoice" size=Size::Small ask/> })
                .into_any()
        }
        (MismatchKind::OverdueNotSuspended, _) => row
            .subscription
            .filter(|_| may.accept)
            .map(|id| {
                let toast = ("Check started", "The mismatch disappears once it no longer holds.".to_owned());
                view! { <ActionButton call=RecheckSubscription { id } label="Check again" size=Size::Small toast/> }
            })
            .into_any(),
        (MismatchKind::PaymentWithoutInvoice, _) if may.book_payments => view! { <Book row/> }.into_any(),
        _ => ().into_any(),
    }
}

/// Books a payment for what it was taken for, or for another invoice.
#[component]
fn Book(row: MismatchRow) -> impl IntoView {
    let shown = RwSignal::new(false);
    let done = Callback::new(move |_| shown.set(false));
    let (payment_ref, amount) = (StoredValue::new(row.subject), row.amount);
    view! {
        <Button size=Size::Small on:click=move |_| shown.set(true)>"Book payment"</Button>
        <Dialog open=shown title="Book payment">
            <Form action=BookPayment { payment_ref: payment_ref.get_value(), invoice_number: String::new() } on_done=done refetch=true class=tw!("contents")>
                <DialogBody open=shown submit=move || view! { <Submit>{format!("Book {amount}")}</Submit> }>
                    <p>"The payment pays for what it was taken for, or for the invoice that you enter. What is too much becomes account credit."</p>
                    <Input name="invoice_number" label="Invoice number" optional=true help="Leave empty to use what the provider says it is for."/>
                </DialogBody>
            </Form>
        </Dialog>
    }
}

/// Has its reconcilers at it again.
fn recheck(id: model::ids::CloudPodId) -> AnyView {
    let toast = ("Check started", "The mismatch disappears once it no longer holds.".to_owned());
    view! { <ActionButton call=RecheckPod { id } label="Check again" size=Size::Small toast/> }.into_any()
}

fn sum(money: &[Money]) -> String {
    match money {
        [] => "0".to_owned(),
        several => several.iter().map(ToString::to_string).collect::<Vec<_>>().join(" + "),
    }
}

fn count(number: i64) -> String {
    grouped(number.unsigned_abs())
}

fn at_stake(group: &AtStake, recurs: bool) -> String {
    let per = if recurs && !group.money.is_empty() { " a month" } else { "" };
    format!("{}{per}, {}", sum(&group.money), count(group.count))
}

#[component]
fn Figures(summary: Live<MismatchSummary>) -> impl IntoView {
    view! {
        <Facts>
            <Fact label="Open">{summary.show(|summary| (summary.open, summary.oldest), |(open, oldest)| view! {
                {count(open)}{oldest.map(|at| view! { <span class="text-12 text-3">", oldest "<Ago at/></span> })}
            })}</Fact>
            <Fact label="Paid, not delivered">{summary.text(|summary| at_stake(&summary.not_delivered, true))}</Fact>
            <Fact label="Delivered, not paid">{summary.text(|summary| at_stake(&summary.not_paid, true))}</Fact>
            <Fact label="Unmatched payments">{summary.text(|summary| at_stake(&summary.unmatched, false))}</Fact>
            <Fact label="Resolved in 30 days">{summary.text(|summary| count(summary.resolved))}</Fact>
            <Fact label="Last compared">{summary.show(
                |summary| (summary.checked_at, summary.pods, summary.subscriptions, summary.invoices, summary.payments),
                |(at, pods, subscriptions, invoices, payments)| match at {
                    Some(at) => view! {
                        <At at clock=true/>
                        <span class="block text-12 text-3">{format!("{} CloudPods, {} subscriptions, {} invoices paid in 30 days", count(pods), count(subscriptions), count(invoices))}</span>
                        {payments.is_none().then(|| view! { <span class="block text-12 text-3">"Payments not compared: the provider isn't responding."</span> })}
                    }.into_any(),
                    None => "Not yet".into_any(),
                },
            )}</Fact>
        </Facts>
        {summary.show(|summary| summary.unknown.clone(), |servers: Vec<UnknownServer>| servers.into_iter().map(unknown).collect_view())}
    }
}

/// A server whose CloudPods count as neither.
fn unknown(server: UnknownServer) -> AnyView {
    let since = match server.last_seen_at {
        Some(at) => format!("has not responded since {}", full(at)),
        None => "has never responded".to_owned(),
    };
    let words = format!(
        "{} on {} cannot be compared. The server {since}. Their state is unknown, so {} a month cannot be verified.",
        if server.pods == 1 { "1 CloudPod".to_owned() } else { format!("{} CloudPods", count(server.pods)) },
        server.name,
        sum(&server.money),
    );
    let href = format!("/admin/servers/{}", server.id);
    let action = move || view! { <LinkButton href=href.clone() size=Size::Small>"Open server"</LinkButton> };
    view! { <div class="mt-4"><Banner boxed=true action>{words}</Banner></div> }.into_any()
}
