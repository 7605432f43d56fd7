//! Orders of domains: looked for with their prices, quoted, and invoiced to the account. Their subscription pays for them year by year; the
//! registration follows what is paid.

mod quote;
mod restore;
#[cfg(test)]
mod tests;

pub use quote::quote;
pub use restore::{order_restore, quote_restore};

use crate::{
    domain_prices::queries::{self as prices, Prices, Row},
    invoices::{self, NewInvoice},
    ledger,
    subscriptions::{queries::NewSubscription, renew, transition},
    tax::TaxDecision,
};
use adapters::{payments::Payments, registrar::AuthCode};
use core_hosting::registrations;
use db::{SystemTx, TenantTx};
use engine::{Error, Result, Services};
use model::{
    Time,
    billing::{
        invoices::{InvoiceLine, Party},
        products::BillingCycle,
    },
    hosting::registrations::{DomainOrderInput, FoundName, NameAvailability, OrderedDomain},
    ids::{InvoiceId, SubscriptionId, TenantId},
    money::Currency,
    permission::{DomainsRead, SubscriptionsWrite},
};
use quote::Wanted;
use uuid::Uuid;

/// Looks for names like the one that was typed, with what they cost this account; for a transfer, for the domain that was typed alone.
///
/// # Errors
/// On field `query`; unavailable when the registry does not respond; a conflict where no domains are sold; `too_many` after too many in an hour.
pub async fn search(services: &Services, tx: TenantTx<DomainsRead>, query: &str, is_transfer: bool) -> Result<Vec<FoundName>> {
    let tenant = tx.tenant();
    tx.finish().await?;
    let sold = on_sale(services, tenant).await?;
    let names = if is_transfer {
        vec![registrations::read_name(services, query, &endings(&sold), "query")?]
    } else {
        registrations::names_for(services, query, &endings(&sold))?
    };
    let offers = registrations::look_up(services, tenant, names).await?;
    let found = |offer: registrations::Offer| {
        let Prices { register, renew, transfer, .. } = sold.iter().find(|row| row.tld == offer.tld)?.prices();
        Some(FoundName { display_name: offer.display_name, name: offer.name, availability: offer.availability, register, renew, transfer })
    };
    Ok(offers.into_iter().filter_map(found).collect())
}

/// What this account can order: in its currency, or in the one that most endings are sold in.
async fn on_sale(services: &Services, tenant: TenantId) -> Result<Vec<Row>> {
    let mut tx = services.db.system_read("registrations").await?;
    let own = invoices::has_currency(tx.conn(), tenant).await?;
    let all = prices::on_sale(tx.conn()).await?;
    tx.finish().await?;
    let count = |currency: Currency| all.iter().filter(|row| row.currency == currency).count();
    let currency = own.or_else(|| all.iter().map(|row| row.currency).max_by_key(|currency| count(*currency)));
    let sold: Vec<Row> = all.into_iter().filter(|row| Some(row.currency) == currency).collect();
    if sold.is_empty() { Err(Error::conflict("No domains are sold in your account's currency.")) } else { Ok(sold) }
}

fn endings(sold: &[Row]) -> Vec<String> {
    sold.iter().map(|row| row.tld.clone()).collect()
}

/// Orders a domain, or its transfer, as it was quoted: invoices it to the account. It is registered once that is paid; the account's card is charged
/// at once.
///
/// # Errors
/// On the fields that are not right; a conflict when it costs another sum than the quote showed, and then nothing is ordered; unavailable when the
/// registry does not respond; `too_many` when it was asked too often in an hour.
pub async fn order(services: &Services, tx: TenantTx<SubscriptionsWrite>, input: &DomainOrderInput) -> Result<OrderedDomain> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let wanted = Wanted::read(services, tenant, &input.domain, input.is_transfer).await?;
    let code = auth_code(input)?;
    registrations::check_holder(&input.holder)?;
    ensure_available(services, tenant, &wanted, code.as_ref()).await?;

    let mut tx = services.db.system(caller).await?;
    // What credit the account has stays so until it is used.
    ledger::lock(tx.conn(), tenant).await?;
    let now = services.now();
    let quoted = quote::compute(services, tx.conn(), tenant, &wanted, now).await?;
    if !quoted.is_as_shown(input) {
        return Err(Error::conflict("The price has changed. Nothing was ordered. Go back and check the new price."));
    }
    let subscription = subscribe(services, &mut tx, tenant, &wanted.row, quoted.line.period_end, now).await?;
    let name_servers = if code.is_some() { Vec::new() } else { registrations::own_name_servers(tx.conn()).await? };
    let placed = registrations::NewOrder { tenant, subscription, name: &wanted.name, code, holder: &input.holder, name_servers };
    let registration = registrations::place(services, &mut tx, placed).await?;
    let sums = Sums { currency: quoted.line.net.currency, lines: std::slice::from_ref(&quoted.line), tax: &quoted.tax, buyer: &quoted.buyer };
    let invoice = invoice(services, &mut tx, (tenant, subscription), &wanted.name, &sums, now).await?;
    tx.commit_progress().await?;
    Ok(OrderedDomain { registration, invoice })
}

/// The subscription that pays for a domain year by year, from `renews_at` on at the price of a renewal.
async fn subscribe(services: &Services, tx: &mut SystemTx, tenant: TenantId, row: &Row, renews_at: Time, now: Time) -> Result<SubscriptionId> {
    let id = SubscriptionId(Uuid::now_v7());
    let new = NewSubscription {
        id,
        tenant,
        product: row.product_id,
        cycle: BillingCycle::Yearly,
        quantity: 1,
        price: row.prices().renew,
        is_trial: false,
        started_at: now,
        renews_at,
        provider: services.part::<dyn Payments>().name(),
        provider_ref: &id.to_string(),
        parent: None,
    };
    transition::create(tx, &new, &row.code, &row.name).await?;
    Ok(id)
}

/// What an order is invoiced with.
struct Sums<'a> {
    currency: Currency,
    lines: &'a [InvoiceLine],
    tax: &'a TaxDecision,
    buyer: &'a Party,
}

/// Invoices the order of the domain `name`, due at once; account credit is used first, and the account is written to.
async fn invoice(
    services: &Services,
    tx: &mut SystemTx,
    (tenant, subscription): (TenantId, SubscriptionId),
    name: &str,
    sums: &Sums<'_>,
    now: Time,
) -> Result<InvoiceId> {
    let new = NewInvoice {
        tenant,
        subscription: Some(subscription),
        checkout: None,
        period_start: Some(now),
        currency: sums.currency,
        lines: sums.lines,
        tax: sums.tax,
        buyer: sums.buyer,
        seller: &services.settings.seller,
        at: now,
        due_at: now,
    };
    let issued = invoices::issue(tx, &new).await?;
    invoices::use_credit(tx, tenant, &issued, now).await?;
    renew::tell(services, tx, tenant, name, &issued, now).await?;
    Ok(issued.id)
}

/// The code of the current registrar, for a transfer.
fn auth_code(input: &DomainOrderInput) -> Result<Option<AuthCode>> {
    match input.auth_code.trim() {
        _ if !input.is_transfer => Ok(None),
        "" => Err(Error::field("auth_code", "Enter the authorization code. Ask your current registrar for it.")),
        // Registries take no longer ones, and no other characters.
        code if code.len() > 64 || !code.bytes().all(|byte| matches!(byte, b' '..=b'~')) => {
            Err(Error::field("auth_code", "Enter the code as your current registrar shows it: at most 64 letters, digits and signs."))
        }
        code => Ok(Some(AuthCode::new(code))),
    }
}

async fn ensure_available(services: &Services, tenant: TenantId, wanted: &Wanted, code: Option<&AuthCode>) -> Result<()> {
    if let Some(code) = code {
        return registrations::check_transfer(services, tenant, &wanted.name, code).await;
    }
    let found = registrations::look_up(services, tenant, vec![(wanted.name.clone(), wanted.row.tld.clone())]).await?;
    let wrong = |message: &str| Err(Error::field("domain", message));
    match found.first().map(|offer| offer.availability) {
        Some(NameAvailability::Available) => Ok(()),
        Some(NameAvailability::Taken) => wrong("This domain is taken."),
        Some(NameAvailability::Premium) => wrong("The registry asks a special price for this name; it can't be ordered here."),
        Some(NameAvailability::Unknown) | None => wrong("The registry did not answer for this name. Try again later."),
    }
}
