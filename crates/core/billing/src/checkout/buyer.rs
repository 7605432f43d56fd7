//! Who is invoiced: a postal address, and the business, if it is one.

use super::order;
use crate::profiles::{self, StatedNumber};
use db::PublicTx;
use engine::{Result, Services, error::Errors};
use model::billing::checkout::CheckoutInput;

/// What the buyer says about itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Buyer {
    /// Postal address, a line each.
    pub address: Option<String>,
    /// Name of the company.
    pub company: Option<String>,
    /// Its VAT number.
    pub vat: Option<StatedNumber>,
}

impl Buyer {
    /// The VAT number, if VIES has confirmed it.
    pub fn confirmed_number(&self) -> Option<&str> {
        self.vat.as_ref().and_then(StatedNumber::confirmed)
    }
}

/// Checks the VAT number, where one was typed. VIES is asked without a transaction: the caller gets another one in its place.
pub(super) async fn check(services: &Services, tx: PublicTx, input: &CheckoutInput, errors: &mut Errors) -> Result<(PublicTx, Buyer)> {
    let filled = |typed: &Option<String>| typed.as_deref().map(str::trim).filter(|typed| !typed.is_empty()).map(str::to_owned);
    let company = filled(&input.company_name);
    if company.as_ref().is_some_and(|name| name.chars().count() > 200 || name.chars().any(char::is_control)) {
        errors.add("companyName", "Enter a name of at most 200 characters.");
    }
    let address = match profiles::read_address(input.address.as_deref().unwrap_or_default()) {
        Ok(address) => Some(address).filter(|address| !address.is_empty()),
        Err(message) => {
            errors.add("address", message);
            None
        }
    };
    let Some(typed) = filled(&input.vat_number) else { return Ok((tx, Buyer { address, company, vat: None })) };
    // Its own error stands on the country.
    let Some(country) = order::country(input, &services.settings, &mut Errors::default()) else {
        return Ok((tx, Buyer { address, company, vat: None }));
    };
    let caller = tx.caller().clone();
    tx.finish().await?;
    let vat = match profiles::state_number(services, &caller, &typed, &country).await? {
        Ok(vat) => Some(vat),
        Err(message) => {
            errors.add("vatNumber", message);
            None
        }
    };
    Ok((services.db.public(caller).await?, Buyer { address, company, vat }))
}
