//! What a payment makes: login, customer account, subscriptions, invoice, pod, job and mail, in the caller's transaction.

use super::{
    letters::{NewPod, Welcome},
    queries::{self, Row},
};
use crate::{
    coupons::{self, ChargedTime, ItemCharge},
    documents,
    invoices::{self, Issued, NewInvoice},
    payments::{self, IncomingPayment},
    products, profiles,
    subscriptions::{self, queries::NewSubscription},
    tax::TaxDecision,
};
use core_administration::{accounts, outbox, tenants};
use core_hosting::{cloudpods, domains};
use db::{AuditEvent, SystemTx};
use engine::{Error, Result, Services, mail::duration_words};
use model::{
    Time,
    administration::accounts::{LinkPurpose, UserStatus},
    audit_action::AuditAction,
    billing::{
        checkout::OrderLineKind,
        invoices::{InvoiceLine, Party},
        products::ProductView,
    },
    ids::{CouponId, InvoiceId, SubscriptionId, TenantId, UserId},
    money::{Currency, Money},
};
use uuid::Uuid;
use wire::{DomainName, Email};

/// Carries out a paid order and returns the event to commit with, or why it cannot be carried out; then nothing was written.
pub(super) async fn fulfil(
    services: &Services,
    tx: &mut SystemTx,
    row: &Row,
    provider_ref: &str,
    payment_ref: Option<&str>,
) -> Result<Result<AuditEvent, String>> {
    let sold = match sold(tx, row).await? {
        Ok(sold) => sold,
        Err(reason) => return Ok(Err(reason)),
    };
    let Ok(email) = Email::new(row.email.clone()) else {
        return Ok(Err("invalid customer email".to_owned()));
    };
    let payment_ref = payment_ref.unwrap_or(provider_ref);
    if payments::is_known(tx, &row.provider, payment_ref).await? {
        return Ok(Err(format!("payment {payment_ref} has paid for something else")));
    }
    if row.trial_days > 0 {
        queries::lock_trial(tx.conn(), &row.email).await?;
        if queries::trial_was_had(tx.conn(), &row.email).await? {
            return Ok(Err("the customer has had a free trial since the order".to_owned()));
        }
    }
    if let Some(coupon) = row.coupon_id
        && coupons::is_used_up_by(tx, coupon, &row.email).await?
    {
        return Ok(Err("the customer has used the coupon since the order".to_owned()));
    }
    let now = services.now();
    let (user, status) = accounts::make_or_reuse(tx, now, &row.email).await?;
    let tenant = match owned_account(tx, user, row.currency).await? {
        Some(tenant) => tenant,
        None => make_account(services, tx, user, row).await?,
    };
    let items = subscribe(tx, row, &sold, tenant, provider_ref, now).await?;
    let Some(subscription) = items.first().map(|(_, id)| *id) else { return Ok(Err("nothing was ordered".to_owned())) };

    let asked = DomainName::new(row.domain.clone()).ok();
    let free = domains::is_free_for(tx, tenant, &row.domain).await?;
    let pod = cloudpods::request(
        services,
        tx,
        cloudpods::NewPod {
            tenant,
            subscription,
            plan_code: row.plan_code.clone(),
            stack: sold.stack,
            runtime: sold.plan.runtime,
            limits: sold.add_ons.iter().fold(sold.plan.limits, |sum, add_on| sum.plus(add_on.limits)),
            // Two may have paid for one domain. The second one gets its pod all the same, under a name of ours.
            domain: asked.filter(|_| free),
            site_title: row.site_title.clone().unwrap_or_default(),
            region: None,
            admin_email: row.email.clone(),
        },
    )
    .await?;
    domains::reserve(services, tx, tenant, pod.id, &pod.domain).await?;
    let invoice = invoice(services, tx, row, tenant, subscription, now).await?;
    if let Some(coupon) = row.coupon_id {
        redeem(tx, row, coupon, tenant, &items, invoice.id, now).await?;
    }
    let due = payments::takes(services, Money::new(row.total, row.currency));
    if due.minor > 0 {
        let received =
            IncomingPayment { tenant, invoice: Some(invoice.id), provider: &row.provider, provider_ref: Some(payment_ref), amount: due, at: now };
        // Meanwhile somebody else has booked it: nothing of this is kept.
        payments::receive(tx, &received).await?.ok_or_else(|| Error::conflict(format!("Payment {payment_ref} has paid for something else.")))?;
    }

    let order = Order { services, plan: &sold.plan.name, domain: &pod.domain, row, invoice: &invoice };
    let queued = order.tell(tx, tenant, &email, user, status).await?;
    tx.record(queued);

    queries::set_paid(tx.conn(), row.id, tenant, pod.id, pod.job, provider_ref).await?;
    let paid = AuditEvent::new(AuditAction::CheckoutPaid, "checkout", row.id, &row.plan_code).in_tenant(tenant);
    Ok(Ok(paid.after(serde_json::json!({
        "total": row.quote()?.total.to_string(),
        "invoice": invoice.id,
        "invoice_number": invoice.number,
        "subscription": subscription,
        "cloud_pod": pod.id,
        "job": pod.job,
        "domain": pod.domain,
        "domain_asked": row.domain,
    }))))
}

/// The account that the purchase belongs to: the oldest that the buyer owns and that is invoiced in this currency, or in none yet.
async fn owned_account(tx: &mut SystemTx, user: UserId, currency: Currency) -> Result<Option<TenantId>> {
    for tenant in tenants::owned(tx, user).await? {
        if invoices::has_currency(tx.conn(), tenant).await?.is_none_or(|own| own == currency) {
            return Ok(Some(tenant));
        }
    }
    Ok(None)
}

/// A new account, with what the order says about who is invoiced.
async fn make_account(services: &Services, tx: &mut SystemTx, user: UserId, row: &Row) -> Result<TenantId> {
    let tenant = tenants::make(tx, services.now(), user, &account_name(services, row), &row.country).await?;
    if row.company.is_some() || row.address.is_some() {
        profiles::create(services, tx, tenant, row.company.as_deref(), row.address.as_deref(), row.vat().as_ref()).await?;
    }
    Ok(tenant)
}

struct Sold {
    plan: ProductView,
    stack: model::hosting::cloudpods::Stack,
    add_ons: Vec<ProductView>,
}

/// The products as they are now. One that is no longer offered was still bought.
async fn sold(tx: &mut SystemTx, row: &Row) -> Result<Result<Sold, String>> {
    let Some(plan) = products::queries::by_code(tx.conn(), &row.plan_code).await? else {
        return Ok(Err(format!("plan {} not found", row.plan_code)));
    };
    let plan = plan.view()?;
    let Some(stack) = plan.stack.filter(|_| products::is_plan(&plan)) else {
        return Ok(Err(format!("{} is not a plan", row.plan_code)));
    };
    let found = products::queries::by_codes(tx.conn(), &row.add_ons).await?;
    if found.len() != row.add_ons.len() {
        return Ok(Err("an add-on no longer exists".to_owned()));
    }
    let add_ons: anyhow::Result<Vec<ProductView>> = found.into_iter().map(products::queries::Row::view).collect();
    Ok(Ok(Sold { plan, stack, add_ons: add_ons? }))
}

/// One subscription for the plan and one below it for each add-on, at the prices of the order. Answers with them by their products' codes, the
/// plan first.
async fn subscribe(
    tx: &mut SystemTx,
    row: &Row,
    sold: &Sold,
    tenant: TenantId,
    provider_ref: &str,
    now: Time,
) -> Result<Vec<(String, SubscriptionId)>> {
    let quote = row.quote()?;
    let plan = SubscriptionId(Uuid::now_v7());
    let mut items = Vec::new();
    for product in std::iter::once(&sold.plan).chain(&sold.add_ons) {
        let line = quote.lines.iter().find(|line| line.code == product.code && line.kind == OrderLineKind::Product);
        let line = line.ok_or_else(|| anyhow::anyhow!("checkout {} has no line for {}", row.id, product.code))?;
        let is_plan = product.id == sold.plan.id;
        let new = NewSubscription {
            id: if is_plan { plan } else { SubscriptionId(Uuid::now_v7()) },
            tenant,
            product: product.id,
            cycle: quote.cycle,
            quantity: line.quantity,
            price: Money::new(line.after_trial.unwrap_or(line.unit_price), row.currency),
            is_trial: row.trial_days > 0,
            started_at: now,
            renews_at: row.first_period_end(now),
            provider: &row.provider,
            provider_ref,
            parent: (!is_plan).then_some(plan),
        };
        subscriptions::transition::create(tx, &new, &product.code, &product.name).await?;
        items.push((product.code.clone(), new.id));
    }
    Ok(items)
}

/// The coupon of the order becomes the subscription's, with what it has taken off the first period.
async fn redeem(
    tx: &mut SystemTx,
    row: &Row,
    coupon: CouponId,
    tenant: TenantId,
    items: &[(String, SubscriptionId)],
    invoice: InvoiceId,
    now: Time,
) -> Result<()> {
    let Some((_, plan)) = items.first() else { return Ok(()) };
    let redemption = coupons::redeem(tx, coupon, tenant, *plan, &row.email, now).await?;
    let charge = |(code, item): &(String, SubscriptionId)| {
        let mut charge = ItemCharge { item: *item, quantity: 1, net: 0, discount: 0 };
        for line in row.lines.iter().filter(|line| line.code == *code) {
            match line.kind {
                OrderLineKind::Product => (charge.quantity, charge.net) = (line.quantity, line.net),
                OrderLineKind::Discount => charge.discount -= line.net,
                OrderLineKind::SetupFee => {}
            }
        }
        charge
    };
    let charges: Vec<ItemCharge> = items.iter().map(charge).collect();
    // A coupon begins with the first period that is paid for.
    let time = ChargedTime { start: now, end: row.first_period_end(now), is_whole_period: row.trial_days == 0 };
    coupons::record(tx.conn(), tenant, &redemption, Some(invoice), &charges, &time).await
}

/// The invoice, as the order was shown to the buyer.
async fn invoice(services: &Services, tx: &mut SystemTx, row: &Row, tenant: TenantId, subscription: SubscriptionId, now: Time) -> Result<Issued> {
    let quote = row.quote()?;
    // As the order says, which may be another country or address than the account's.
    let account = profiles::buyer(tx.conn(), tenant).await?.party;
    let tax_number = match row.vat() {
        Some(vat) => vat.number,
        None if account.country == row.country => account.tax_number,
        None => String::new(),
    };
    let address = match &row.address {
        Some(address) => address.clone(),
        None if account.country == row.country => account.address,
        None => String::new(),
    };
    let name = row.company.clone().unwrap_or(account.name);
    let buyer = Party { name, address, country: row.country.clone(), email: row.email.clone(), tax_number, bank: None };
    let period_end = row.first_period_end(now);
    let line = |line: &model::billing::checkout::OrderLine| InvoiceLine {
        description: line.description.clone(),
        quantity: line.quantity,
        unit_price: Money::new(line.unit_price, row.currency),
        net: Money::new(line.net, row.currency),
        period_start: now,
        period_end: if line.kind == OrderLineKind::SetupFee { now } else { period_end },
    };
    let lines: Vec<InvoiceLine> = quote.lines.iter().map(line).collect();
    let new = NewInvoice {
        tenant,
        subscription: Some(subscription),
        checkout: Some(row.id),
        period_start: Some(now),
        currency: row.currency,
        lines: &lines,
        tax: &TaxDecision::new(&services.settings, row.tax_treatment, quote.tax_rate_bp),
        buyer: &buyer,
        seller: &services.settings.seller,
        at: now,
        due_at: now,
    };
    let issued = invoices::issue(tx, &new).await?;
    if issued.total != quote.total {
        return Err(anyhow::anyhow!("invoice {} is for {}, the order was for {}", issued.number, issued.total, quote.total).into());
    }
    if issued.total.minor == 0 {
        invoices::note_if_paid(tx, issued.id, now).await?;
    }
    Ok(issued)
}

/// What the buyer is told about.
struct Order<'a> {
    services: &'a Services,
    plan: &'a str,
    domain: &'a str,
    row: &'a Row,
    invoice: &'a Issued,
}

impl Order<'_> {
    /// Who has never signed in gets the link that lets them; who has, gets none.
    async fn tell(&self, tx: &mut SystemTx, tenant: TenantId, email: &Email, user: UserId, status: UserStatus) -> Result<AuditEvent> {
        let (plan, domain) = (self.plan.to_owned(), self.domain.to_owned());
        let asked = Some(&self.row.domain).filter(|asked| *asked != self.domain).cloned();
        let document = documents::attachment(self.invoice.id, &self.invoice.number);
        let (invoice, total) = (self.invoice.number.clone(), self.row.quote()?.total.to_string());
        let settings = &self.services.settings;
        if status != UserStatus::Invited {
            let letter = NewPod { document, plan, domain, asked, invoice, total, link: format!("{}/sign-in", settings.public_url) };
            return outbox::queue(self.services, tx.conn(), Some(tenant), email, &letter).await;
        }
        let valid = accounts::ACTIVATION_LIFETIME;
        let token = accounts::new_link(tx, self.services.now(), LinkPurpose::Activate, user, valid).await?;
        let link = accounts::link_url(settings, LinkPurpose::Activate, &token);
        let letter = Welcome { document, plan, domain, asked, invoice, total, link, valid: duration_words(valid) };
        outbox::queue(self.services, tx.conn(), Some(tenant), email, &letter).await
    }
}

/// What a new customer account is called: after the company, the site, or its own domain; else the address stands in.
fn account_name(services: &Services, row: &Row) -> String {
    if let Some(company) = &row.company {
        return company.clone();
    }
    let ours = row.domain.ends_with(&format!(".{}", services.settings.base_domain));
    match &row.site_title {
        Some(title) => title.clone(),
        None if !ours => row.domain.trim_start_matches("www.").to_owned(),
        None => String::new(),
    }
}
