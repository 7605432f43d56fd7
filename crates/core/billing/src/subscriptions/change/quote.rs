//! What a change costs: computed for a moment, from what is stored, and from nothing else.

use super::{
    super::{
        period,
        queries::{self, Item, Plan},
    },
    AgreedChange, Price, prorate,
};
use crate::{
    invoices, ledger, payments, products, profiles,
    tax::{self, TaxDecision},
};
use chrono::Duration;
use core_hosting::cloudpods;
use engine::{Error, Result, Services};
use model::{
    Time,
    billing::{
        invoices::{InvoiceLine, InvoiceStatus},
        products::{BillingCycle, ProductView},
        subscriptions::{ChangeLine, ChangePreview, SubscriptionStatus},
    },
    hosting::cloudpods::Limits,
    money::Money,
};
use sqlx::PgConnection;

/// How long a preview can be confirmed.
pub(super) const VALIDITY: Duration = Duration::minutes(10);

/// A change with everything that carrying it out needs.
pub(super) struct Quoted {
    pub preview: ChangePreview,
    pub lines: Vec<InvoiceLine>,
    pub tax: TaxDecision,
    pub agreed: AgreedChange,
}

/// Computes the change of a subscription to this plan and cycle, as of `at`.
pub(super) async fn quote(services: &Services, conn: &mut PgConnection, plan: &Plan, code: &str, cycle: BillingCycle, at: Time) -> Result<Quoted> {
    let product = products::queries::by_code(&mut *conn, code).await?.ok_or_else(|| Error::field("plan_code", "Select a plan."))?.view()?;
    let items = queries::items(&mut *conn, plan.id).await?;
    let own = items.first().ok_or_else(|| anyhow::anyhow!("subscription {} has no plan", plan.id))?;
    let present = products::queries::by_id(&mut *conn, own.product_id).await?.view()?;
    if !products::is_plan(&product) || product.stack != present.stack || product.monthly.currency != plan.currency {
        return Err(Error::field("plan_code", "Select a plan for the same kind of site and currency."));
    }
    let mut obstacles = obstacles(services, &mut *conn, plan, &product, &present, cycle).await?;
    let computed = compute(&mut *conn, plan, &items, &product, cycle, at).await?;
    let buyer = profiles::buyer(&mut *conn, plan.tenant_id).await?;
    let tax_on = |tax_point| tax::decide(&services.settings, &buyer.party.country, buyer.vat_number.as_deref(), tax_point);
    let decision = tax_on(at);
    let rate = decision.rate_bp;
    let rate_then = tax_on(computed.renews_at).rate_bp;
    if invoices::queries::latest_rate(&mut *conn, plan.id).await?.is_some_and(|latest| latest != rate) {
        obstacles.push("The tax rate has changed since your last invoice. Change the plan after the next renewal.".to_owned());
    }
    let money = |minor| Money::new(minor, plan.currency);
    let does_not_fit = || anyhow::anyhow!("the price of a change does not fit");
    let net = computed.lines.iter().try_fold(money(0), |sum, line| sum.plus(line.net)).ok_or_else(does_not_fit)?;
    let tax = net.share(rate).ok_or_else(does_not_fit)?;
    let total = net.plus(tax).ok_or_else(does_not_fit)?;
    let credited = -computed.lines.iter().map(|line| line.net.minor.min(0)).sum::<i64>();
    let (net_paid, tax_paid) = invoices::queries::creditable_total(&mut *conn, plan.id, at).await?;
    if credited > net_paid || -tax.minor > tax_paid {
        obstacles.push("More would be credited than was paid for the running period. Contact support.".to_owned());
    }
    let credit = ledger::credit_of(&mut *conn, plan.tenant_id).await?.into_iter().find(|credit| credit.currency == plan.currency);
    let credit_used = money(credit.map_or(0, |credit| credit.minor).min(total.minor).max(0));
    let due = money((total.minor - credit_used.minor).max(0));
    let method = payments::default_method(services, &mut *conn, plan.tenant_id).await?;
    if due.minor > 0 && method.is_none() {
        obstacles.push("No card can be charged. Pay an invoice with a card to save it.".to_owned());
    }
    let (limits_before, limits_after) = limits(&mut *conn, &items, &present, &product).await?;
    obstacles.extend(cloudpods::usage_above(&mut *conn, plan.id, limits_after).await?);
    let then = computed.net_then.checked_add(money(computed.net_then).share(rate_then).ok_or_else(does_not_fit)?.minor).ok_or_else(does_not_fit)?;
    let preview = ChangePreview {
        at,
        valid_until: at + VALIDITY,
        plan_name: product.name.clone(),
        lines: computed.shown,
        net,
        tax_rate_bp: rate,
        tax,
        total,
        credit_used,
        due,
        method,
        renews_at: computed.renews_at,
        total_then: money(then),
        cycle,
        limits_before,
        limits_after,
        obstacles,
    };
    let agreed = AgreedChange {
        plan_code: product.code,
        cycle,
        at,
        begins_period: cycle != plan.billing_cycle,
        renews_at: preview.renews_at,
        prices: computed.prices,
        limits: limits_after,
    };
    Ok(Quoted { preview, lines: computed.lines, tax: decision, agreed })
}

/// What keeps a subscription from being changed now, for people.
async fn obstacles(
    services: &Services,
    conn: &mut PgConnection,
    plan: &Plan,
    to: &ProductView,
    from: &ProductView,
    cycle: BillingCycle,
) -> Result<Vec<String>> {
    let mut found = Vec::new();
    match plan.status {
        SubscriptionStatus::Active if plan.cancel_at.is_some() => found.push("This subscription is set to end. Keep it first.".to_owned()),
        SubscriptionStatus::Active => {}
        SubscriptionStatus::PastDue | SubscriptionStatus::Suspended => found.push("An invoice is overdue. Pay it first.".to_owned()),
        SubscriptionStatus::Cancelled => found.push("This subscription has ended.".to_owned()),
    }
    if to.id == from.id && cycle == plan.billing_cycle {
        found.push("This is already the current plan.".to_owned());
    } else if !to.active && to.id != from.id {
        found.push(format!("{} is not on sale.", to.name));
    }
    if payments::next_open(services, &mut *conn, plan.id).await?.is_some_and(|open| open.due_at <= services.now()) {
        found.push("An invoice is due. Change the plan when it is paid.".to_owned());
    }
    if matches!(invoices::of_period(conn, plan.id, plan.renews_at).await?, Some((_, InvoiceStatus::Paid))) {
        found.push("The next period is already paid. Change the plan when it has begun.".to_owned());
    }
    Ok(found)
}

struct Computed {
    lines: Vec<InvoiceLine>,
    shown: Vec<ChangeLine>,
    renews_at: Time,
    net_then: i64,
    prices: Vec<Price>,
}

/// Within a cycle, the plan's rest is credited at the old price and charged at the new one. With another cycle, the rest of everything is
/// credited, and a new period begins.
async fn compute(conn: &mut PgConnection, plan: &Plan, items: &[Item], product: &ProductView, cycle: BillingCycle, at: Time) -> Result<Computed> {
    let running = (plan.period_start, plan.renews_at);
    let begins_period = cycle != plan.billing_cycle;
    let next = if begins_period { (at, period::end(at, cycle)) } else { running };
    let mut computed = Computed { lines: Vec::new(), shown: Vec::new(), renews_at: next.1, net_then: 0, prices: Vec::new() };
    let does_not_fit = || anyhow::anyhow!("the price of a change does not fit");
    let whole = |price: i64, quantity: i32| price.checked_mul(i64::from(quantity)).ok_or_else(does_not_fit);
    let mut charges = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let is_plan = place == 0;
        let to = if is_plan { product.clone() } else { products::queries::by_id(&mut *conn, item.product_id).await?.view()? };
        let price = if is_plan || begins_period {
            to.price(cycle).ok_or_else(|| Error::field("cycle", format!("{} has no price for this billing cycle.", to.name)))?.minor
        } else {
            item.price
        };
        computed.prices.push(Price { subscription: item.id, product: to.id, code: to.code.clone(), minor: price });
        computed.net_then = computed.net_then.checked_add(whole(price, item.quantity)?).ok_or_else(does_not_fit)?;
        if !is_plan && !begins_period {
            continue;
        }
        let credit = -prorate::share(whole(item.price, item.quantity)?, at, running).ok_or_else(does_not_fit)?;
        computed.push(plan, format!("{}, unused", item.product_name), prorate::label(at, running), credit, (at, running.1));
        let charge = if begins_period {
            whole(price, item.quantity)?
        } else {
            prorate::share(whole(price, item.quantity)?, at, running).ok_or_else(does_not_fit)?
        };
        let note = if begins_period { "the whole period".to_owned() } else { prorate::label(at, running) };
        charges.push((to.name, note, charge));
    }
    for (name, note, charge) in charges {
        computed.push(plan, name, note, charge, (at, next.1));
    }
    Ok(computed)
}

impl Computed {
    fn push(&mut self, plan: &Plan, description: String, note: String, minor: i64, (period_start, period_end): (Time, Time)) {
        let net = Money::new(minor, plan.currency);
        self.lines.push(InvoiceLine { description: format!("{description}, {note}"), quantity: 1, unit_price: net, net, period_start, period_end });
        self.shown.push(ChangeLine { description, note, net });
    }
}

/// Limits of a pod before and after: the plan's, and what the add-ons add.
async fn limits(conn: &mut PgConnection, items: &[Item], from: &ProductView, to: &ProductView) -> Result<(Limits, Limits)> {
    let mut added = Limits::default();
    for item in items.iter().skip(1) {
        added = added.plus(products::queries::by_id(&mut *conn, item.product_id).await?.view()?.limits);
    }
    Ok((from.limits.plus(added), to.limits.plus(added)))
}
