//! The first page of a tenant's billing.

use super::{
    parts::{Credit, Documents, Methods, Next, Profile, slug_of},
    server_fns::read_billing_overview,
};
use crate::{
    invoices::parts::{Actions, Download},
    payments::server_fns::PayInvoice,
};
use app_kit::{
    html_only::redirect,
    prelude::*,
    time::{day, use_now},
};
use model::{
    Time,
    billing::{
        invoices::{InvoiceRow, InvoiceView},
        overview::BillingOverview,
    },
    money::Money,
    permission::BillingManage,
};

/// `/t/:slug/billing`
#[component]
pub fn BillingPage() -> impl IntoView {
    let Scope::Tenant(slug) = use_scope() else { return ().into_any() };
    let data = fetch(|| (), move |()| read_billing_overview(slug.clone()));
    view! { <Load data view={move |overview: Live<BillingOverview>| view! { <Overview overview/> }}/> }.into_any()
}

#[component]
fn Overview(overview: Live<BillingOverview>) -> impl IntoView {
    let scope = use_scope();
    let has = scope.clone();
    view! {
        <PageHead title="Billing" note=move || overview.text(summary)/>
        <Grid>
            <Stack>
                <Open overview scope=scope.clone()/>
                <Documents overview scope=scope.clone()/>
                <Profile overview scope/>
            </Stack>
            <Stack>
                <Next overview scope=has.clone()/>
                <Methods overview scope=has/>
                <Credit overview/>
            </Stack>
        </Grid>
    }
}

/// How many invoices are open and overdue, in a sentence.
fn summary(overview: &BillingOverview) -> String {
    let (open, overdue) = (overview.open_count, overview.overdue_count);
    match (open, overdue) {
        (0, _) => "Nothing to pay.".to_owned(),
        (1, 0) => "One invoice is open. It isn\u{2019}t overdue.".to_owned(),
        (1, _) => "One invoice is overdue.".to_owned(),
        (open, 0) => format!("{open} invoices are open, none is overdue."),
        (open, overdue) => format!("{open} invoices are open, {overdue} overdue."),
    }
}

/// The invoice that is due first in full, and the others below it.
#[component]
fn Open(overview: Live<BillingOverview>, scope: Scope) -> impl IntoView {
    overview.show(
        |overview| (overview.open.clone(), overview.open_count),
        move |(mut open, count): (Vec<InvoiceView>, i64)| {
            if open.is_empty() {
                return view! { <Panel title="Open invoices"><p class="text-13 text-2">"No open invoices."</p></Panel> }.into_any();
            }
            let (first, scope) = (open.remove(0), scope.clone());
            let others: Vec<InvoiceRow> = open.into_iter().map(|view| view.invoice).collect();
            let count = count - 1;
            let more = (!others.is_empty()).then(|| view! { <Others rows=others count scope=scope.clone()/> });
            view! { <Stack><First view=first scope/>{more}</Stack> }.into_any()
        },
    )
}

#[component]
fn First(view: InvoiceView, scope: Scope) -> impl IntoView {
    let invoice = view.invoice.clone();
    let href = scope.path(&format!("invoices/{}", invoice.id));
    let bank = view.seller.bank.is_some().then(|| view! { <LinkButton href=href.clone()>"Pay by bank transfer"</LinkButton> });
    let (now, due_at) = (use_now(), invoice.due_at);
    let settled = Money::new(invoice.total.minor - invoice.open.minor - view.credit_used.minor, invoice.total.currency);
    let minus = |amount: Money| Money::new(-amount.minor, amount.currency).to_string();
    let lines = view.lines.iter().map(|line| view! { <SumRow label=line.description.clone() amount=line.net.to_string()/> }).collect_view();
    let credit = (view.credit_used.minor > 0).then(|| view! { <SumRow label="Account credit" amount=minus(view.credit_used)/> });
    let paid = (settled.minor > 0).then(|| view! { <SumRow label="Paid or credited" amount=minus(settled)/> });
    let (net, tax, rate) = (view.net, view.tax, view.tax_rate_bp);
    view! {
        <Panel title="Open invoice" note=format!("Issued {}", day(invoice.issued_at))>
            <Grid columns=Columns::Pairs>
                <div class="min-w-0">
                    <p class="text-20 font-bold num">{invoice.open.to_string()}</p>
                    <p class="text-13 text-2">"Due "<b>{day(due_at)}</b>{move || left(due_at, now.get())}", for "<a href=href>{invoice.number.clone()}</a>"."</p>
                    <div class="flex flex-wrap gap-2 mt-3">
                        <Actions view scope=scope.clone()/>
                        {bank}
                        <Download row=invoice.clone() scope/>
                    </div>
                </div>
                <Sum label="Open invoice">
                    {lines}
                    <SumRow label="Subtotal" amount=net.to_string() kind=SumKind::Part/>
                    <SumRow label=crate::tax_label(rate) amount=tax.to_string()/>
                    <SumRow label="Invoice total" amount=invoice.total.to_string() kind=SumKind::Part/>
                    {credit}
                    {paid}
                    <SumRow label="To pay" amount=invoice.open.to_string() kind=SumKind::Total/>
                </Sum>
            </Grid>
        </Panel>
    }
}

/// The days left until an invoice is due, or the days since.
fn left(due_at: Time, now: Time) -> String {
    match (due_at.date_naive() - now.date_naive()).num_days() {
        0 => ", today".to_owned(),
        1 => ", tomorrow".to_owned(),
        -1 => ", 1 day overdue".to_owned(),
        days @ 2.. => format!(", in {days} days"),
        days => format!(", {} days overdue", -days),
    }
}

/// The other open invoices, each with its button.
#[component]
fn Others(rows: Vec<InvoiceRow>, count: i64, scope: Scope) -> impl IntoView {
    type C = Col<InvoiceRow>;
    let (pages, list) = (scope.clone(), scope.path("invoices?state=OPEN"));
    let slug = slug_of(&scope);
    let may_pay = use_viewer().is_some_and(|viewer| viewer.holds_in::<BillingManage>(&slug));
    let columns = vec![
        C::name("Number", move |row| (pages.path(&format!("invoices/{}", row.id)), row.number.clone(), "")),
        C::day("Due", |row| row.due_at),
        C::number("Open", |row| row.open),
        C::actions(
            |row| (row.id, row.open),
            move |(id, open)| {
                let done = Callback::new(|url: String| redirect(&url));
                view! { <ActionButton call=PayInvoice { slug: slug.clone(), id } label=format!("Pay {open}") size=Size::Small on_done=done/> }
            },
        )
        .when(may_pay),
    ];
    let hidden = count - i64::try_from(rows.len()).unwrap_or(count);
    let rows = Live::new(rows);
    let all = (hidden > 0).then(|| view! { <p class="p-panel text-13 text-2">{format!("{hidden} more. ")}<a href=list>"All open invoices"</a></p> });
    view! {
        <Panel title="Other open invoices" flush=true>
            <Rows label="Other open invoices" columns key=|row| row.id.to_string() rows/>
            {all}
        </Panel>
    }
}

#[cfg(test)]
mod tests {
    use super::left;
    use model::Time;

    #[test]
    fn the_time_left_is_counted_in_days_of_the_calendar() {
        let words = |due: &str, now: &str| left(due.parse::<Time>().unwrap(), now.parse::<Time>().unwrap());
        assert_eq!(words("2026-11-26T10:00:00Z", "2026-11-17T23:00:00Z"), ", in 9 days");
        assert_eq!(words("2026-11-18T00:00:00Z", "2026-11-17T23:59:00Z"), ", tomorrow");
        assert_eq!(words("2026-11-17T00:00:00Z", "2026-11-17T23:59:00Z"), ", today");
        assert_eq!(words("2026-11-16T23:59:00Z", "2026-11-17T00:00:00Z"), ", 1 day overdue");
        assert_eq!(words("2026-11-10T00:00:00Z", "2026-11-17T00:00:00Z"), ", 7 days overdue");
    }
}
