//! What an order of a domain costs: computed from what is stored now, when it is shown and again when it is placed.

use crate::{
    domain_prices::queries::{Prices, Row},
    ledger, payments, profiles,
    subscriptions::period,
    tax::TaxDecision,
};
use core_hosting::registrations;
use db::TenantTx;
use engine::{Error, Result, Services};
use model::{
    Time,
    billing::{
        invoices::{InvoiceLine, Party},
        products::BillingCycle,
    },
    hosting::registrations::{DomainOrderInput, DomainQuote, HolderInput},
    ids::TenantId,
    money::Money,
    permission::SubscriptionsWrite,
};
use sqlx::PgConnection;

/// What is ordered, and what its ending costs.
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) row: Row,
    pub(super) is_transfer: bool,
}

impl Wanted {
    /// The domain that was typed.
    pub(super) async fn read(services: &Services, tenant: TenantId, domain: &str, is_transfer: bool) -> Result<Self> {
        let sold = super::on_sale(services, tenant).await?;
        let (name, tld) = registrations::read_name(services, domain, &super::endings(&sold), "domain")?;
        let row = sold.into_iter().find(|row| row.tld == tld);
        Ok(Self { name, row: row.ok_or_else(|| Error::field("domain", "We don't register domains with this ending."))?, is_transfer })
    }

    fn price(&self) -> Money {
        let Prices { register, transfer, .. } = self.row.prices();
        if self.is_transfer { transfer } else { register }
    }
}

/// A quote with everything that the order needs.
pub(super) struct Quoted {
    pub(super) shown: DomainQuote,
    pub(super) line: InvoiceLine,
    pub(super) tax: TaxDecision,
    pub(super) buyer: Party,
}

impl Quoted {
    /// Whether the order says what this quote does.
    pub(super) fn is_as_shown(&self, input: &DomainOrderInput) -> bool {
        let DomainQuote { total, due, total_then, .. } = &self.shown;
        (total.minor, due.minor, total_then.minor) == (input.total, input.due, input.total_then)
    }
}

/// What an order of a domain, or of its transfer, costs the open account as of now. The registry is not asked.
///
/// # Errors
/// On field `domain`; a conflict where no domains are sold.
pub async fn quote(services: &Services, tx: TenantTx<SubscriptionsWrite>, domain: &str, is_transfer: bool) -> Result<DomainQuote> {
    let tenant = tx.tenant();
    tx.finish().await?;
    let wanted = Wanted::read(services, tenant, domain, is_transfer).await?;
    let mut tx = services.db.system_read("registrations").await?;
    let quoted = compute(services, tx.conn(), tenant, &wanted, services.now()).await?;
    tx.finish().await?;
    Ok(quoted.shown)
}

/// Computes an order as of `at`.
pub(super) async fn compute(services: &Services, conn: &mut PgConnection, tenant: TenantId, wanted: &Wanted, at: Time) -> Result<Quoted> {
    let does_not_fit = || anyhow::anyhow!("the price of a domain does not fit");
    let end = period::end(at, BillingCycle::Yearly);
    let buyer = profiles::buyer(&mut *conn, tenant).await?;
    let tax = buyer.tax(&services.settings, at);
    let with_tax = |net: Money, rate: i32| net.share(rate).and_then(|tax| net.plus(tax)).ok_or_else(does_not_fit);
    let net = wanted.price();
    let money = |minor| Money::new(minor, net.currency);
    let total = with_tax(net, tax.rate_bp)?;
    let total_then = with_tax(wanted.row.prices().renew, buyer.tax(&services.settings, end).rate_bp)?;
    let credit = ledger::credit_of(&mut *conn, tenant).await?.into_iter().find(|credit| credit.currency == net.currency);
    let credit_used = money(credit.map_or(0, |credit| credit.minor).min(total.minor).max(0));
    let shown = DomainQuote {
        display_name: registrations::display_name(&wanted.name),
        net,
        tax_rate_bp: tax.rate_bp,
        tax: money(total.minor - net.minor),
        total,
        credit_used,
        due: money(total.minor - credit_used.minor),
        method: payments::default_method(services, conn, tenant).await?,
        total_then,
        holder: holder_of(&buyer.party),
    };
    let what = if wanted.is_transfer { "transfer and one year" } else { "registration for one year" };
    let line = InvoiceLine { description: format!("{}, {what}", wanted.name), quantity: 1, unit_price: net, net, period_start: at, period_end: end };
    Ok(Quoted { shown, line, tax, buyer: buyer.party })
}

/// Who is invoiced, as a holder to begin with. Of the postal address the first line is the street, and the last one the postal code and the city.
fn holder_of(party: &Party) -> HolderInput {
    let lines: Vec<&str> = party.address.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let (street, place) = match lines.as_slice() {
        [] => ("", ""),
        [only] => (*only, ""),
        [first, .., last] => (*first, *last),
    };
    let code = place.split_once(' ').filter(|(code, _)| code.chars().any(|one| one.is_ascii_digit()));
    let (postal_code, city) = code.unwrap_or(("", place));
    // Who has a tax number is a company: it wants to name a person as well.
    let is_company = !party.tax_number.is_empty();
    let name = |is_wanted: bool| if is_wanted { party.name.clone() } else { String::new() };
    HolderInput {
        name: name(!is_company),
        organization: name(is_company),
        street: street.to_owned(),
        city: city.trim().to_owned(),
        postal_code: postal_code.to_owned(),
        country: party.country.clone(),
        email: party.email.clone(),
        ..HolderInput::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_of_a_domain_begins_with_who_is_invoiced() {
        let party = |address: &str, tax_number: &str| Party {
            name: "Anna Baker".to_owned(),
            address: address.to_owned(),
            country: "DE".to_owned(),
            email: "anna@bakery.example".to_owned(),
            tax_number: tax_number.to_owned(),
            bank: None,
        };
        let holder = holder_of(&party("Long Street 1\nBack yard\n10115 Berlin", ""));
        assert_eq!([&*holder.name, &*holder.street, &*holder.postal_code, &*holder.city], ["Anna Baker", "Long Street 1", "10115", "Berlin"]);
        assert_eq!([&*holder.country, &*holder.email, &*holder.organization, &*holder.phone], ["DE", "anna@bakery.example", "", ""]);
        let company = holder_of(&party("Quay 2\nPort of Spain", "DE123456789"));
        assert_eq!([&*company.name, &*company.organization, &*company.postal_code, &*company.city], ["", "Anna Baker", "", "Port of Spain"]);
        assert_eq!(holder_of(&party("", "")).street, "");
    }
}
