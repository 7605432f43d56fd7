//! The life of a subscription: invoiced ahead, charged when due, moved on by the calendar, suspended and terminated when it stays unpaid.

use super::pods;
use crate::{
    dunning::{self, NoticeContext, Terms, rules::Overdue},
    invoices::{self, OpenInvoice, SUBSCRIPTION_BILLING},
    ledger, payments,
    subscriptions::{
        change, domains, ending, period, price_move,
        queries::{self, Period, Plan},
        renew,
        transition::{Transition, transition},
    },
};
use db::SystemTx;
use engine::{
    Result, Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler, touch},
};
use model::{
    Time,
    billing::{dunning::DunningNotice, subscriptions::SubscriptionStatus},
    ids::SubscriptionId,
};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// Most steps of one run. A subscription that nobody looked at for years takes some runs to catch up.
const MAX_STEPS: usize = 40;

/// Does what is due for one subscription, a transaction a step, and says when it is to be checked again.
pub(in crate::subscriptions) struct SubscriptionBilling;

/// What a step has come to.
enum Step {
    /// Something was done; there may be more.
    Again,
    /// Nothing is to be done now; when there is, is asked for.
    Idle { subject: String, differences: Vec<String> },
    /// Nothing will ever be to do.
    Ended,
}

impl Reconciler for SubscriptionBilling {
    const NAME: &'static str = SUBSCRIPTION_BILLING;
    const TITLE: &'static str = "Subscriptions are invoiced and paid";
    const INTERVAL: Duration = Duration::from_secs(6 * 3600);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::plans_to_bill(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let id = SubscriptionId(key);
        for _ in 0..MAX_STEPS {
            match step(services, id).await? {
                Step::Again => {}
                Step::Ended => return Ok(Outcome::Removed),
                Step::Idle { subject, differences } => return Ok(Outcome::Checked { subject, server: None, differences }),
            }
        }
        touch_at(services, id, services.now() + chrono::Duration::seconds(1)).await?;
        Ok(Outcome::ok("Catching up"))
    }
}

async fn touch_at(services: &Services, id: SubscriptionId, at: Time) -> Result<()> {
    let mut tx = services.db.system("subscriptions").await?;
    touch(tx.conn(), SUBSCRIPTION_BILLING, id.0, at).await?;
    Ok(tx.commit_progress().await?)
}

async fn step(services: &Services, id: SubscriptionId) -> Result<Step> {
    let now = services.now();
    let mut tx = services.db.system("subscriptions").await?;
    let Some(plan) = queries::lock_plan(tx.conn(), id).await? else { return Ok(Step::Ended) };
    ledger::lock(tx.conn(), plan.tenant_id).await?;
    let agenda = queries::agenda(tx.conn(), id, plan.renews_at).await?;
    // An answer that is still to come decides about everything else, whatever became of the subscription and of its invoices since.
    if agenda.is_charge_unanswered
        && let Some(charge) = payments::pending_of_subscription(&mut tx, id).await?
    {
        tx.finish().await?;
        payments::execute_charge(services, &charge).await?;
        return Ok(Step::Again);
    }
    if agenda.is_change_pending {
        tx.finish().await?;
        return Ok(match change::settle(services, id).await? {
            change::SettleOutcome::Waits { until } => {
                touch_at(services, id, until).await?;
                Step::Idle { subject: plan.product_name, differences: vec!["A change of plan waits for its payment.".to_owned()] }
            }
            _ => Step::Again,
        });
    }
    if plan.status == SubscriptionStatus::Cancelled {
        let left = pods::end(services, &mut tx, &plan).await?;
        tx.commit_progress().await?;
        return Ok(if left.is_empty() { Step::Ended } else { Step::Idle { subject: plan.product_name, differences: left } });
    }
    if agenda.is_price_unannounced && price_move::notify(services, &mut tx, &plan).await? {
        tx.commit_progress().await?;
        return Ok(Step::Again);
    }
    if plan.cancel_at.is_some_and(|at| at <= now) {
        transition(&mut tx, id, Transition::Cancel, plan.cancel_at.unwrap_or(now)).await?;
        ending::tell_ended(services, &mut tx, &plan).await?;
        tx.commit_progress().await?;
        return Ok(Step::Again);
    }
    if agenda.is_next_invoiced && plan.renews_at <= now {
        let cycle = change::cycle_from(tx.conn(), &plan, plan.renews_at).await?;
        change::begin_period(services, &mut tx, &plan, plan.next_period_as(cycle)).await?;
        tx.commit_progress().await?;
        return Ok(Step::Again);
    }
    let open = payments::next_open(services, tx.conn(), id).await?;
    let overdue = match &open {
        Some(invoice) if invoice.due_at <= now => {
            Some((invoice, dunning::overdue(services, tx.conn(), plan.tenant_id, invoice, plan.suspended_at).await?))
        }
        _ => None,
    };
    let (next, mut tx) = match &overdue {
        Some((invoice, overdue)) => {
            let terms = dunning::terms_at(tx.conn(), id, invoice.issued_at).await?;
            match collect(services, tx, &plan, invoice, overdue, &terms).await? {
                Some(step) => return Ok(step),
                None => (overdue.next_check_at(&terms, now), services.db.system("subscriptions").await?),
            }
        }
        None => {
            let terms = dunning::terms_at(tx.conn(), id, now).await?;
            if !matches!(plan.status, SubscriptionStatus::Active | SubscriptionStatus::Trialing) {
                reinstate(services, &mut tx, &plan).await?;
                tx.commit_progress().await?;
                return Ok(Step::Again);
            }
            let goes_on = plan.cancel_at.is_none_or(|at| at > plan.renews_at);
            if !agenda.is_next_invoiced && goes_on && domains::invoiced_at(&plan, &terms) <= now {
                // Issued late, it is due now: nobody is overdue for what was not invoiced.
                let cycle = change::cycle_from(tx.conn(), &plan, plan.renews_at).await?;
                let due_at = domains::due_at(&plan).max(now);
                renew::issue(services, &mut tx, &plan, (plan.renews_at, plan.next_period_as(cycle).end), due_at).await?;
                tx.commit_progress().await?;
                return Ok(Step::Again);
            }
            let lead = domains::invoiced_at(&plan, &terms);
            let next = [Some(plan.renews_at), Some(lead).filter(|lead| *lead > now), open.map(|invoice| invoice.due_at)].into_iter().flatten().min();
            (next, tx)
        }
    };
    // A period that ends unpaid is not followed by another one until it is paid: its end is nothing to wait for.
    let next = next.into_iter().chain(plan.cancel_at).filter(|at| *at > now).min();
    let differences = pods::follow(services, &mut tx, &plan).await?;
    if let Some(next) = next {
        touch(tx.conn(), SUBSCRIPTION_BILLING, id.0, next).await?;
    }
    tx.commit_progress().await?;
    Ok(Step::Idle { subject: plan.product_name, differences })
}

/// Gets an overdue invoice paid, or goes on to what follows. Nothing when there is nothing to do now.
async fn collect(
    services: &Services,
    mut tx: SystemTx,
    plan: &Plan,
    invoice: &OpenInvoice,
    overdue: &Overdue,
    terms: &Terms,
) -> Result<Option<Step>> {
    let (now, id) = (services.now(), plan.id);
    // Credit that has come in since the invoice was issued goes before any card.
    if ledger::use_credit(tx.conn(), plan.tenant_id, invoice.id, plan.currency, now).await? > 0 {
        invoices::note_if_paid(&mut tx, invoice.id, now).await?;
        tx.commit_progress().await?;
        return Ok(Some(Step::Again));
    }
    if overdue.is_on_its_way() {
        tx.finish().await?;
        return Ok(None);
    }
    if overdue.given_up_at(terms).is_some_and(|at| at <= now) {
        tx.finish().await?;
        payments::give_up(services, invoice.id).await?;
        return Ok(Some(Step::Again));
    }
    if overdue.next_attempt(terms).is_some_and(|at| at <= now) {
        let methods = payments::usable(services, tx.conn(), plan.tenant_id).await?;
        if let Some(method) = methods.get(overdue.next_method()) {
            let amount = payments::to_charge(services, tx.conn(), id, invoice).await?;
            payments::create_charge(&mut tx, services, plan.tenant_id, invoice.id, *method, amount).await?;
            tx.commit_progress().await?;
            return Ok(Some(Step::Again));
        }
    }
    let suspends_now = plan.status == SubscriptionStatus::PastDue && overdue.suspends_at(terms) <= now;
    let terminates_now = plan.status == SubscriptionStatus::Suspended && overdue.terminates_at(terms) <= now;
    let change = match plan.status {
        SubscriptionStatus::Active if overdue.has_failed() => Some(Transition::Status(SubscriptionStatus::PastDue)),
        _ if suspends_now => Some(Transition::Status(SubscriptionStatus::Suspended)),
        _ if terminates_now => Some(Transition::Cancel),
        _ => None,
    };
    if let Some(change) = change {
        if terminates_now {
            let about = notified(plan, invoice, overdue, terms);
            dunning::notify(services, &mut tx, DunningNotice::Terminated, &about).await?;
        }
        transition(&mut tx, id, change, now).await?;
        tx.commit_progress().await?;
        return Ok(Some(Step::Again));
    }
    if let Some(notice) = overdue.notice(terms, now)
        && dunning::notify(services, &mut tx, notice, &notified(plan, invoice, overdue, terms)).await?
    {
        tx.commit_progress().await?;
        return Ok(Some(Step::Again));
    }
    tx.finish().await?;
    Ok(None)
}

fn notified<'a>(plan: &'a Plan, invoice: &'a OpenInvoice, overdue: &Overdue, terms: &Terms) -> NoticeContext<'a> {
    NoticeContext {
        tenant: plan.tenant_id,
        invoice: invoice.id,
        number: &invoice.number,
        amount: invoice.open.money().to_string(),
        product: &plan.product_name,
        suspends_at: overdue.suspends_at(terms),
        terminates_at: overdue.terminates_at(terms),
    }
}

/// Nothing is overdue any more. Where the unpaid period ended meanwhile, the next one begins with the payment.
async fn reinstate(services: &Services, tx: &mut SystemTx, plan: &Plan) -> Result<()> {
    let now = services.now();
    transition(tx, plan.id, Transition::Status(SubscriptionStatus::Active), now).await?;
    if plan.status == SubscriptionStatus::Suspended
        && let Some(since) = plan.suspended_at
        && let Some((invoice, number, paid)) = renew::paid_since(tx, plan.id, since).await?
    {
        let about = NoticeContext {
            tenant: plan.tenant_id,
            invoice,
            number: &number,
            amount: paid.to_string(),
            product: &plan.product_name,
            suspends_at: now,
            terminates_at: now,
        };
        dunning::notify(services, tx, DunningNotice::Reinstated, &about).await?;
    }
    if plan.renews_at <= now {
        let end = period::end(now, change::cycle_from(tx.conn(), plan, now).await?);
        renew::issue(services, tx, plan, (now, end), now).await?;
        change::begin_period(services, tx, plan, Period { anchor: now, number: 0, start: now, end }).await?;
    }
    Ok(())
}
