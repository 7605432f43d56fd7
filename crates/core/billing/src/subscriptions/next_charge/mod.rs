//! What an account is charged next, if nobody changes anything.

mod queries;

use super::{domains, price};
use crate::{dunning, profiles};
use engine::{Result, Services};
use model::{
    billing::overview::{NextCharge, NextChargeItem},
    ids::TenantId,
    money::Money,
};
use sqlx::PgConnection;

/// The periods without an invoice that are due on the next day on which any is. What was invoiced is among the open invoices.
pub(crate) async fn next_charge(services: &Services, conn: &mut PgConnection, tenant: TenantId) -> Result<Option<NextCharge>> {
    let now = services.now();
    let mut plans = queries::plans_to_invoice(&mut *conn, tenant).await?;
    plans.sort_by_key(|plan| (domains::due_at(plan), plan.id.0));
    let Some((due_at, currency)) = plans.first().map(|plan| (domains::due_at(plan).max(now), plan.currency)) else { return Ok(None) };
    plans.retain(|plan| domains::due_at(plan).max(now).date_naive() == due_at.date_naive() && plan.currency == currency);
    let buyer = profiles::buyer(&mut *conn, tenant).await?;
    let does_not_fit = || anyhow::anyhow!("the next charge of account {tenant} does not fit");
    let zero = Money::new(0, currency);
    let mut next = NextCharge { due_at, invoiced_at: due_at, items: Vec::new(), net: zero, tax: zero, total: zero };
    for plan in plans {
        let terms = dunning::terms_at(&mut *conn, plan.id, now).await?;
        next.invoiced_at = next.invoiced_at.min(domains::invoiced_at(&plan, &terms).max(now));
        let price = price::of_period(&mut *conn, &plan, plan.renews_at).await?;
        let net = price.items.iter().try_fold(0_i64, |sum, priced| sum.checked_add(priced.net - priced.discount));
        let net = Money::new(net.ok_or_else(does_not_fit)?, currency);
        // Each has an invoice of its own: tax is rounded for each.
        let tax_rate_bp = buyer.tax(&services.settings, plan.renews_at).rate_bp;
        let tax = net.share(tax_rate_bp).ok_or_else(does_not_fit)?;
        let total = net.plus(tax).ok_or_else(does_not_fit)?;
        next.net = next.net.plus(net).ok_or_else(does_not_fit)?;
        next.tax = next.tax.plus(tax).ok_or_else(does_not_fit)?;
        next.total = next.total.plus(total).ok_or_else(does_not_fit)?;
        next.items.push(NextChargeItem { subscription: plan.id, product_name: plan.product_name, net, tax_rate_bp, tax, total });
    }
    Ok(Some(next))
}
