//! The sum of an order, in whole minor units.

use super::order;
use db::PublicTx;
use engine::{Error, Result, Services};
use model::{
    billing::{
        checkout::{CheckoutInput, OrderLine, Quote},
        products::{BillingCycle, ProductView},
    },
    money::Money,
};

/// The sum beside the form: looks at plan, cycle, add-ons and country only.
///
/// # Errors
/// On those fields.
pub async fn quote(services: &Services, tx: &mut PublicTx, input: &CheckoutInput) -> Result<Quote> {
    let offered = crate::products::public_list(tx).await?;
    let mut errors = order::Errors::default();
    let choice = order::choose(&offered, input, &mut errors);
    let country = order::country(input, &services.settings, &mut errors);
    match (choice, country) {
        (Some(choice), Some(country)) if errors.is_empty() => {
            Ok(choice.quote(crate::tax::decide(&services.settings, &country, None, services.now()).rate_bp)?)
        }
        _ => Err(errors.into_error()),
    }
}

/// Plan and add-ons, one of each, for one cycle.
///
/// Rounding happens in one place: the tax is computed once, on the sum of the lines, and rounded half away from zero to
/// the minor unit. Lines are whole multiples of a price, so there is nothing to round in them.
///
/// Returns nothing when a product is not sold for this cycle, the currencies differ, or a sum does not fit.
pub fn sum(plan: &ProductView, add_ons: &[&ProductView], cycle: BillingCycle, tax_rate_bp: i32) -> Option<Quote> {
    let mut net = Money::new(0, plan.monthly.currency);
    let mut lines = Vec::with_capacity(1 + add_ons.len());
    for product in std::iter::once(plan).chain(add_ons.iter().copied()) {
        let price = product.price(cycle)?;
        net = net.plus(price)?;
        lines.push(OrderLine {
            code: product.code.clone(),
            description: format!("{}, {}", product.name, paid(cycle)),
            quantity: 1,
            unit_price: price.minor,
            net: price.minor,
        });
    }
    let tax = net.share(tax_rate_bp)?;
    let total = net.plus(tax)?;
    Some(Quote { lines, cycle, net, tax_rate_bp, tax, total })
}

const fn paid(cycle: BillingCycle) -> &'static str {
    match cycle {
        BillingCycle::Monthly => "paid monthly",
        BillingCycle::Yearly => "paid yearly",
    }
}

impl order::Choice<'_> {
    /// The sum of the choice.
    pub(super) fn quote(&self, tax_rate_bp: i32) -> Result<Quote> {
        sum(self.plan, &self.add_ons, self.cycle, tax_rate_bp)
            .ok_or_else(|| Error::field("planCode", "Couldn't calculate this order. Change your selection."))
    }
}
