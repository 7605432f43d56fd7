//! What a change costs: computed for a moment, from what is stored, and from nothing else.

use super::{
    super::{
        price,
        queries::{self, Item, Plan},
    },
    AgreedChange, WantedChange,
    compute::{Change, CouponCharges, compute},
};
use crate::{
    invoices::{self, creditable},
    ledger, payments, products, profiles,
    tax::TaxDecision,
};
use chrono::Duration;
use core_hosting::cloudpods;
use engine::{Error, Result, Services};
use model::{
    Time,
    billing::{
        invoices::{InvoiceLine, InvoiceStatus},
        products::{ProductType, ProductView},
        subscriptions::{ChangeDocument, ChangePreview, SubscriptionStatus},
    },
    hosting::cloudpods::Limits,
    ids::SubscriptionId,
    money::Money,
};
use sqlx::PgConnection;

/// Add-ons of one subscription.
const MAX_ADD_ONS: usize = 20;
/// How many of one add-on.
pub(super) const MAX_QUANTITY: i32 = 100;

/// How long a preview can be confirmed.
pub(in crate::subscriptions) const VALIDITY: Duration = Duration::minutes(10);

/// A change with everything that carrying it out needs.
pub(super) struct Quoted {
    pub preview: ChangePreview,
    /// Net and tax of the unused rest, negative, where it is credited by itself: it was taxed otherwise than what is charged now.
    pub separate: Option<(Money, Money)>,
    /// What is invoiced, with tax; not above zero where there is nothing to invoice.
    pub invoiced: Money,
    pub lines: Vec<InvoiceLine>,
    pub tax: TaxDecision,
    pub agreed: AgreedChange,
    /// What the new charges are, to be kept with the coupon.
    pub charges: Option<CouponCharges>,
}

/// Computes a change of a subscription, as of `at`.
pub(super) async fn quote(services: &Services, conn: &mut PgConnection, plan: &Plan, wanted: &WantedChange, at: Time) -> Result<Quoted> {
    let cycle = wanted.cycle;
    let product =
        products::queries::by_code(&mut *conn, &wanted.plan_code).await?.ok_or_else(|| Error::field("plan_code", "Select a plan."))?.view()?;
    let items = queries::items(&mut *conn, plan.id).await?;
    let own = items.first().ok_or_else(|| anyhow::anyhow!("subscription {} has no plan", plan.id))?;
    let present = products::queries::by_id(&mut *conn, own.product_id).await?.view()?;
    if !products::is_plan(&product) || product.stack != present.stack {
        return Err(Error::field("plan_code", "Select a plan for the same kind of site."));
    }
    let Some(product) = product.in_currency(plan.currency) else {
        return Err(Error::field("plan_code", format!("{} is not sold in {}. Select another plan.", product.name, plan.currency)));
    };
    let AddOns { added, removed, mut quantities } = add_ons(&mut *conn, plan, &items, wanted).await?;
    let quantity = wanted.quantity.unwrap_or(own.quantity);
    if !(1..=MAX_QUANTITY).contains(&quantity) {
        return Err(Error::field("quantity", format!("Enter a number from 1 to {MAX_QUANTITY}.")));
    }
    let stays = items.len() - 1 - removed.len();
    let mut obstacles = obstacles(services, &mut *conn, plan, &product, &present).await?;
    if quantity > 1 && stays + added.len() > 0 {
        obstacles.push("Add-ons are for a plan with one CloudPod. Remove them, or order the add-ons with a plan of their own.".to_owned());
    }
    let mut more = 0;
    if quantity != own.quantity {
        quantities.push((own.id, quantity));
        let existing = i32::try_from(cloudpods::count_of_subscription(&mut *conn, plan.id).await?.existing).unwrap_or(i32::MAX);
        if quantity < existing {
            obstacles
                .push(format!("There are {existing} CloudPods. Delete {} of them first; then you pay for those that are left.", existing - quantity));
        }
        more = (quantity - existing).max(0);
    }
    if product.id == present.id && cycle == plan.billing_cycle && added.is_empty() && removed.is_empty() && quantities.is_empty() {
        obstacles.push("This is already the current plan.".to_owned());
    }
    let at_period_end = wanted.at_period_end;
    if plan.status == SubscriptionStatus::Trialing && !at_period_end {
        if product.id != present.id && (product.trial_days == 0 || product.setup_fee.minor > 0) {
            obstacles.push(format!("{} can't be had in the free trial. Change to it when the next period begins.", product.name));
        }
        let is_more = |(id, wanted): &(SubscriptionId, i32)| items.iter().any(|item| item.id == *id && item.quantity < *wanted);
        if !added.is_empty() || quantities.iter().any(is_more) {
            obstacles.push("Add-ons can't be added in the free trial. Add them when the next period begins.".to_owned());
        }
        if quantity > own.quantity {
            obstacles.push("CloudPods can't be added in the free trial. Add them when the next period begins.".to_owned());
        }
    }
    let change =
        Change { plan, items: &items, product: &product, added: &added, removed: &removed, quantities: &quantities, cycle, at, at_period_end };
    let computed = compute(&mut *conn, &change).await?;
    let buyer = profiles::buyer(&mut *conn, plan.tenant_id).await?;
    let tax_on = |tax_point| buyer.tax(&services.settings, tax_point);
    let decision = tax_on(at);
    let rate = decision.rate_bp;
    let rate_then = tax_on(computed.renews_at).rate_bp;
    let money = |minor| Money::new(minor, plan.currency);
    let does_not_fit = || anyhow::anyhow!("the price of a change does not fit");
    let sum = |lines: &[InvoiceLine]| lines.iter().try_fold(money(0), |sum, line| sum.plus(line.net)).ok_or_else(does_not_fit);
    let mut lines = computed.lines;
    let net = sum(&lines)?;
    let credited = computed.credited;
    let parts = creditable::credits_of(&mut *conn, plan.id, credited, at).await?;
    let is_separate = parts.iter().any(|part| !part.is_taxed_as(&decision, &buyer.party.country));
    let separate = is_separate.then(|| (money(-credited), money(-parts.iter().map(|part| part.tax).sum::<i64>())));
    if is_separate {
        lines.drain(..computed.credit_lines);
    }
    let charged = sum(&lines)?;
    let charged_tax = charged.share(rate).ok_or_else(does_not_fit)?;
    let invoiced = charged.plus(charged_tax).ok_or_else(does_not_fit)?;
    let tax = match separate {
        Some((_, credited_tax)) => charged_tax.plus(credited_tax).ok_or_else(does_not_fit)?,
        None => charged_tax,
    };
    let total = net.plus(tax).ok_or_else(does_not_fit)?;
    let mut documents = Vec::new();
    if is_separate {
        documents.extend(parts.iter().map(|part| ChangeDocument { net: money(-part.net), tax_rate_bp: part.tax_rate_bp, tax: money(-part.tax) }));
        documents.extend((charged.minor > 0).then_some(ChangeDocument { net: charged, tax_rate_bp: rate, tax: charged_tax }));
    }
    let (net_paid, tax_paid) = creditable::creditable_total(&mut *conn, plan.id, at).await?;
    if credited > net_paid || (!is_separate && -tax.minor > tax_paid) {
        obstacles.push("More would be credited than was paid for the running period. Contact support.".to_owned());
    }
    let credit = ledger::credit_of(&mut *conn, plan.tenant_id).await?.into_iter().find(|credit| credit.currency == plan.currency);
    let credit_used = money(credit.map_or(0, |credit| credit.minor).min(total.minor).max(0));
    let due = money((total.minor - credit_used.minor).max(0));
    let method = payments::default_method(services, &mut *conn, plan.tenant_id).await?;
    if due.minor > 0 && method.is_none() {
        obstacles.push("No card can be charged. Add one under Payment methods, or pay an invoice by card.".to_owned());
    }
    let (limits_before, limits_after) = limits(&mut *conn, &change, &present).await?;
    obstacles.extend(cloudpods::usage_above(&mut *conn, plan.id, limits_after).await?);
    if let Some(stack) = product.stack
        && more > 0
        && !cloudpods::has_room_for_more(services, &mut *conn, plan.id, stack, limits_after, more).await?
    {
        obstacles.push(format!("No server has enough free capacity for {more} more CloudPods of this plan. Contact support."));
    }
    // Those that are not there count as there until they are gone: more would be paid for than are made.
    let pods = cloudpods::count_of_subscription(&mut *conn, plan.id).await?;
    if quantity != own.quantity && pods.in_place < pods.existing {
        obstacles.push("A CloudPod of this plan is being deleted or needs attention. Change the number of CloudPods afterwards.".to_owned());
    }
    let then = computed.net_then.checked_add(money(computed.net_then).share(rate_then).ok_or_else(does_not_fit)?.minor).ok_or_else(does_not_fit)?;
    let before = price::present(&mut *conn, plan.id, plan.billing_cycle, plan.renews_at).await?;
    let before = before.items.iter().try_fold(0_i64, |sum, priced| sum.checked_add(priced.net - priced.discount)).map(money);
    let before = before.and_then(|net| net.plus(net.share(tax_on(plan.renews_at).rate_bp)?)).ok_or_else(does_not_fit)?;
    let begins_period = change.begins_period();
    let preview = ChangePreview {
        at,
        valid_until: at + VALIDITY,
        plan_name: product.name.clone(),
        lines: computed.shown,
        net,
        tax_rate_bp: rate,
        tax,
        documents,
        total,
        credit_used,
        due,
        method,
        renews_at: computed.renews_at,
        total_then: money(then),
        before: Some((before, plan.billing_cycle)),
        coupon: computed.coupon_then,
        cycle,
        limits_before,
        limits_after,
        obstacles,
    };
    let agreed = AgreedChange {
        plan_code: product.code,
        cycle,
        at,
        begins_period,
        renews_at: preview.renews_at,
        prices: computed.prices,
        added: computed.added,
        removed,
        quantities,
        reactivates: false,
        pods: 0,
        credit_notes: Vec::new(),
        limits: limits_after,
    };
    Ok(Quoted { preview, separate, invoiced, lines, tax: decision, agreed, charges: computed.charges })
}

/// What keeps a subscription from being changed now, for people.
async fn obstacles(services: &Services, conn: &mut PgConnection, plan: &Plan, to: &ProductView, from: &ProductView) -> Result<Vec<String>> {
    let mut found = Vec::new();
    match plan.status {
        SubscriptionStatus::Active | SubscriptionStatus::Trialing if plan.cancel_at.is_some() => {
            found.push("This subscription is set to end. Keep it first.".to_owned())
        }
        SubscriptionStatus::Active | SubscriptionStatus::Trialing => {}
        SubscriptionStatus::PastDue | SubscriptionStatus::Suspended => found.push("An invoice is overdue. Pay it first.".to_owned()),
        SubscriptionStatus::Cancelled => found.push("This subscription has ended.".to_owned()),
    }
    if !to.active && to.id != from.id {
        found.push(format!("{} is not on sale.", to.name));
    }
    if payments::next_open(services, &mut *conn, plan.id).await?.is_some_and(|open| open.due_at <= services.now()) {
        found.push("An invoice is due. Change the plan when it is paid.".to_owned());
    }
    if creditable::is_disputed(&mut *conn, plan.id, services.now()).await? {
        found.push("A payment of this subscription is disputed. Contact support.".to_owned());
    }
    if matches!(invoices::of_period(conn, plan.id, plan.renews_at).await?, Some((_, InvoiceStatus::Paid))) {
        found.push("The next period is already paid. Change the plan when it has begun.".to_owned());
    }
    Ok(found)
}

/// What happens to add-ons.
struct AddOns {
    added: Vec<(ProductView, i32)>,
    removed: Vec<SubscriptionId>,
    /// Those that stay, in another number.
    quantities: Vec<(SubscriptionId, i32)>,
}

/// Add-ons that are new, those that end, and those of which there are more or fewer.
async fn add_ons(conn: &mut PgConnection, plan: &Plan, items: &[Item], wanted: &WantedChange) -> Result<AddOns> {
    let mut change = AddOns { added: Vec::new(), removed: Vec::new(), quantities: Vec::new() };
    let Some(list) = &wanted.add_ons else { return Ok(change) };
    if list.len() > MAX_ADD_ONS || list.iter().any(|(_, quantity)| !(1..=MAX_QUANTITY).contains(quantity)) {
        return Err(Error::field("add_ons", format!("At most {MAX_ADD_ONS} add-ons, and 1 to {MAX_QUANTITY} of each.")));
    }
    for item in items.iter().skip(1) {
        match list.iter().find(|(code, _)| *code == item.product_code) {
            None => change.removed.push(item.id),
            Some((_, quantity)) if *quantity != item.quantity => change.quantities.push((item.id, *quantity)),
            Some(_) => {}
        }
    }
    for (code, quantity) in list.iter().filter(|(code, _)| items.iter().skip(1).all(|item| item.product_code != *code)) {
        let found = products::queries::by_code(&mut *conn, code).await?.map(products::queries::Row::view).transpose()?;
        let found = found.filter(|found| found.kind == ProductType::Addon && found.active).and_then(|found| found.in_currency(plan.currency));
        let product = found.ok_or_else(|| Error::field("add_ons", "An add-on is not available."))?;
        if product.price(wanted.cycle).is_none() {
            return Err(Error::field("add_ons", format!("{} has no price for this billing cycle.", product.name)));
        }
        if change.added.iter().any(|(other, _)| other.id == product.id) {
            return Err(Error::field("add_ons", format!("{} was added twice.", product.name)));
        }
        change.added.push((product, *quantity));
    }
    Ok(change)
}

/// Limits of a pod before and after: the plan's, and what the add-ons add.
async fn limits(conn: &mut PgConnection, change: &Change<'_>, from: &ProductView) -> Result<(Limits, Limits)> {
    let times = |sum: Limits, adds: Limits, quantity: i32| (0..quantity).fold(sum, |sum, _| sum.plus(adds));
    let (mut before, mut after) = (from.limits, change.product.limits);
    for item in change.items.iter().skip(1) {
        let adds = products::queries::by_id(&mut *conn, item.product_id).await?.view()?.limits;
        before = times(before, adds, item.quantity);
        if !change.removed.contains(&item.id) {
            after = times(after, adds, change.quantity(item));
        }
    }
    Ok((before, change.added.iter().fold(after, |sum, (add_on, quantity)| times(sum, add_on.limits, *quantity))))
}
