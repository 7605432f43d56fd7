//! Subscriptions of domains: a year each. Registrations follow what of them is paid; what the registry refuses is paid back.

mod queries;

use super::{
    queries::{self as subscriptions, Period, Plan},
    transition::{Transition, transition},
};
use crate::{
    dunning::Terms,
    invoices, ledger,
    payments::{self, Waiting},
};
use chrono::{Duration, Months};
use core_hosting::registrations::{self, Paid, RegistrationOf, Standing};
use db::SystemTx;
use engine::{Error, Result, Services};
use model::{
    Time,
    billing::{invoices::InvoiceStatus, products::ProductType, subscriptions::SubscriptionStatus},
    ids::{InvoiceId, ProductId, SubscriptionId, TenantId},
};
use sqlx::PgConnection;

/// How long before its end the next year of a domain is invoiced, at the least.
const INVOICE_LEAD: Duration = Duration::days(30);
/// How long before its end it is to be paid: the registry renews nothing that has ended.
const PAYMENT_LEAD: Duration = Duration::days(15);

/// When the period after the present one is invoiced.
pub(super) fn invoiced_at(plan: &Plan, terms: &Terms) -> Time {
    let lead = if plan.kind == ProductType::Domain { terms.invoice_lead.max(INVOICE_LEAD) } else { terms.invoice_lead };
    plan.renews_at - lead
}

/// When it is to be paid.
pub(super) fn due_at(plan: &Plan) -> Time {
    if plan.kind == ProductType::Domain { plan.renews_at - PAYMENT_LEAD } else { plan.renews_at }
}

/// Has the registration of a domain follow what is paid, and pays back what the registry has refused. Answers with what is not as it should be,
/// for people.
pub(super) async fn follow(services: &Services, tx: &mut SystemTx, plan: &Plan) -> Result<Vec<String>> {
    let Some(registration) = registrations::of_subscription(tx.conn(), plan.id).await? else {
        return Ok(vec!["No domain belongs to this subscription.".to_owned()]);
    };
    if registration.is_registered() && !registration.is_renewal_refused() {
        registrations::set_auto_renew(tx, &registration, plan.cancel_at.is_none()).await?;
    }
    let now = services.now();
    if let Some(expires_at) = brought_along(plan, &registration, now) {
        move_end(tx, plan, expires_at, now).await?;
        return Ok(Vec::new());
    }
    let paid = paid(tx.conn(), plan).await?;
    match registrations::follow(services, tx, &registration, paid).await? {
        Standing::GoesOn(differences) => return Ok(differences),
        Standing::Unpaid if is_on_its_way(tx.conn(), plan).await? => return Ok(vec!["Its payment is on its way.".to_owned()]),
        Standing::Unpaid => {
            let reason = format!("{} was not paid for in time and was not {}.", registration.name, registration.asked());
            credit_year(services, tx, plan.id, plan.period_start, &reason).await?;
            registrations::cancel_order(services, tx, &registration).await?;
            transition(tx, plan.id, Transition::Cancel, now).await?;
        }
        Standing::Refused(reason) => {
            let reason = format!("{} was not {}. {reason}", registration.name, registration.asked());
            pay_back(services, tx, plan.id, plan.period_start, &reason).await?;
            registration.tell_refused(services, tx, &reason).await?;
            transition(tx, plan.id, Transition::Cancel, now).await?;
        }
        Standing::RenewalRefused(reason) if !ends_by_refusal(plan, &registration, now) => {
            end_renewals(services, tx, plan, &registration, &reason).await?
        }
        Standing::RenewalRefused(_) => {}
        Standing::Left => {
            settle(services, tx, plan, &registration).await?;
            transition(tx, plan.id, Transition::Cancel, now).await?;
        }
    }
    Ok(Vec::new())
}

/// Whether a subscription ends already with the last year that the registry has the domain for. One that its customer has cancelled can have a later
/// end: that of a year which was paid ahead.
fn ends_by_refusal(plan: &Plan, registration: &RegistrationOf, now: Time) -> bool {
    registration.is_beyond(plan.period_start) && plan.cancel_at.is_some_and(|at| at <= plan.renews_at.max(now))
}

/// Until when a domain is registered that has brought time along from its former registrar: longer than what was paid for here. Asked before its
/// next year is invoiced, and not again once its subscription has moved.
fn brought_along(plan: &Plan, registration: &RegistrationOf, now: Time) -> Option<Time> {
    let is_first = plan.period == 0 && plan.anchor == plan.period_start && plan.renews_at - INVOICE_LEAD > now;
    let is_here = registration.is_transfer() && registration.is_registered();
    registration.expires_at().filter(|expires_at| is_first && is_here && *expires_at > plan.renews_at)
}

/// The first year of a subscription lasts as long as the domain is registered: nobody pays for years that they have.
async fn move_end(tx: &mut SystemTx, plan: &Plan, end: Time, now: Time) -> Result<()> {
    let anchor = end.checked_sub_months(Months::new(12)).unwrap_or(plan.anchor);
    transition(tx, plan.id, Transition::Period(Period { anchor, number: 0, start: plan.period_start, end }), now).await?;
    if plan.cancel_at == Some(plan.renews_at) {
        transition(tx, plan.id, Transition::CancelAt(Some(end)), now).await?;
    }
    Ok(())
}

/// Whether the money for the first year may still come.
async fn is_on_its_way(conn: &mut PgConnection, plan: &Plan) -> Result<bool> {
    let Some((invoice, _)) = invoices::of_period(&mut *conn, plan.id, plan.period_start).await? else { return Ok(false) };
    Ok(payments::waiting_for(conn, invoice).await? == Some(Waiting::Provider))
}

/// Credits what nobody has paid, and pays back what was not delivered: years that the registry does not have the domain for.
async fn settle(services: &Services, tx: &mut SystemTx, plan: &Plan, registration: &RegistrationOf) -> Result<()> {
    let reason = format!("{} is not registered for this time.", registration.name);
    for start in [plan.renews_at, plan.period_start] {
        match invoices::of_period(tx.conn(), plan.id, start).await? {
            Some((invoice, InvoiceStatus::Open)) => {
                invoices::credit_rest(services, tx, invoice, &reason).await?;
            }
            Some((_, InvoiceStatus::Paid)) if !registration.is_beyond(start) => {
                pay_back(services, tx, plan.id, start, &reason).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// The year that the registry has refused is paid back; the subscription ends with the one before.
async fn end_renewals(services: &Services, tx: &mut SystemTx, plan: &Plan, registration: &RegistrationOf, reason: &str) -> Result<()> {
    let reason = format!("{} was not {}. {reason}", registration.name, registration.asked());
    pay_back(services, tx, plan.id, plan.renews_at, &reason).await?;
    if registration.is_beyond(plan.period_start) {
        transition(tx, plan.id, Transition::CancelAt(Some(plan.renews_at.max(services.now()))), services.now()).await?;
    } else {
        // It was for the year that has begun meanwhile.
        pay_back(services, tx, plan.id, plan.period_start, &reason).await?;
        transition(tx, plan.id, Transition::Cancel, services.now()).await?;
    }
    registration.tell_refused(services, tx, &reason).await
}

/// The subscription of a domain has ended. What was not delivered is paid back, as soon as that is certain. Answers with what that waits for, for
/// people.
pub(super) async fn end(services: &Services, tx: &mut SystemTx, plan: &Plan) -> Result<Vec<String>> {
    let Some(registration) = registrations::of_subscription(tx.conn(), plan.id).await? else { return Ok(Vec::new()) };
    let so_far = paid(tx.conn(), plan).await?;
    if !registrations::end_subscription(services, tx, &registration, so_far).await? {
        return Ok(vec![format!("A job of {} has not ended.", registration.name)]);
    }
    settle(services, tx, plan, &registration).await?;
    // What was paid back just now is paid no more.
    let left = paid(tx.conn(), plan).await?;
    registrations::note_paid(tx, &registration, left).await?;
    Ok(Vec::new())
}

/// The subscription that a deleted domain had.
pub(crate) struct Former {
    plan: Plan,
    /// What it is for.
    pub(crate) product: ProductId,
    /// Until when the domain is paid.
    pub(crate) paid_until: Time,
}

impl Former {
    /// Whether it has ended.
    pub(crate) fn is_ended(&self) -> bool {
        self.plan.status == SubscriptionStatus::Cancelled
    }
}

/// The subscription that a deleted domain had, to look at.
pub(crate) async fn former(conn: &mut PgConnection, id: SubscriptionId) -> Result<Former> {
    let plan = subscriptions::plan_by_id(&mut *conn, id).await?;
    read_former(conn, plan.ok_or_else(|| Error::not_found("Subscription"))?).await
}

/// The same, locked, with the ledger of its account.
pub(crate) async fn lock_former(conn: &mut PgConnection, id: SubscriptionId, tenant: TenantId) -> Result<Former> {
    let plan = subscriptions::lock_plan(&mut *conn, id).await?;
    ledger::lock(&mut *conn, tenant).await?;
    read_former(conn, plan.filter(|plan| plan.tenant_id == tenant).ok_or_else(|| Error::not_found("Subscription"))?).await
}

async fn read_former(conn: &mut PgConnection, plan: Plan) -> Result<Former> {
    let product = queries::product(&mut *conn, plan.id).await?;
    let paid_until = match paid(conn, &plan).await? {
        Paid::Until(until) => until,
        Paid::Nothing => plan.period_start,
    };
    Ok(Former { plan, product, paid_until })
}

/// A deleted domain is paid for by another subscription from now on: this one ends, what nobody has paid of it is credited, and what was not
/// delivered is paid back.
pub(crate) async fn end_former(services: &Services, tx: &mut SystemTx, former: &Former) -> Result<()> {
    if let Some(waits) = end(services, tx, &former.plan).await?.into_iter().next() {
        return Err(Error::conflict(format!("{waits} Try again in a few minutes.")));
    }
    transition(tx, former.plan.id, Transition::Cancel, services.now()).await
}

/// A domain that the registry has refused to renew does not go on, nor one whose next year was paid back.
pub(super) async fn ensure_renewable(tx: &mut SystemTx, plan: &Plan) -> Result<()> {
    let registration = registrations::of_subscription(tx.conn(), plan.id).await?;
    let Some(registration) = registration else { return Ok(()) };
    let ahead = invoices::of_period(tx.conn(), plan.id, plan.renews_at).await?;
    let is_paid_back = matches!(ahead, Some((_, InvoiceStatus::Paid))) && !queries::is_paid(tx.conn(), plan.id, plan.renews_at).await?;
    if registration.is_renewal_refused() || is_paid_back {
        return Err(Error::conflict("The registry has refused to renew this domain. Contact support."));
    }
    Ok(())
}

/// What of a domain's subscription is paid and was not credited since.
async fn paid(conn: &mut PgConnection, plan: &Plan) -> Result<Paid> {
    let is_first = plan.period == 0;
    Ok(if queries::is_paid(&mut *conn, plan.id, plan.renews_at).await? {
        Paid::Until(plan.next_period().end)
    } else if queries::is_paid(&mut *conn, plan.id, plan.period_start).await? {
        Paid::Until(plan.renews_at)
    } else if is_first {
        Paid::Nothing
    } else {
        Paid::Until(plan.period_start)
    })
}

/// Credits what the year that begins then has left; returns the credit note.
async fn credit_year(services: &Services, tx: &mut SystemTx, id: SubscriptionId, start: Time, reason: &str) -> Result<Option<InvoiceId>> {
    match invoices::of_period(tx.conn(), id, start).await? {
        Some((invoice, _)) => invoices::credit_rest(services, tx, invoice, reason).await,
        None => Ok(None),
    }
}

/// The same, and sends it back to the card that has paid.
async fn pay_back(services: &Services, tx: &mut SystemTx, id: SubscriptionId, start: Time, reason: &str) -> Result<()> {
    match credit_year(services, tx, id, start, reason).await? {
        Some(credit_note) => payments::refund_by_itself(services, tx, credit_note).await,
        None => Ok(()),
    }
}
