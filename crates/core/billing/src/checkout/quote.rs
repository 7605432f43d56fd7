//! The sum of an order, in whole minor units.

use super::{
    buyer::{self, Buyer},
    order,
};
use crate::coupons::{self, Offer};
use db::PublicTx;
use engine::{Error, Result, Services, error::Errors};
use model::{
    billing::{
        checkout::{CheckoutInput, OrderLine, OrderLineKind, Quote, Trial},
        coupons::periods_label,
        products::{BillingCycle, ProductView},
    },
    money::Money,
};

/// The sum beside the form: looks at plan, cycle, add-ons, currency, country, VAT number and coupon only; and at the address, where there is one, for
/// whether its trial was had.
///
/// # Errors
/// On those fields.
pub async fn quote(services: &Services, tx: PublicTx, input: &CheckoutInput) -> Result<Quote> {
    let mut errors = Errors::default();
    let (mut tx, buyer) = buyer::check(services, tx, input, &mut errors).await?;
    let offered = crate::products::public_list(&mut tx).await?;
    let choice = order::choose(&offered, input, &mut errors);
    let country = order::country(input, &services.settings, &mut errors);
    let offer = order::coupon(services, &mut tx, input, choice.as_ref(), None, &mut errors).await?;
    let had_trial = order::had_trial(&mut tx, order::typed_email(input).as_ref()).await?;
    match (choice, country) {
        (Some(choice), Some(country)) if errors.is_empty() => {
            let tax = crate::tax::decide(&services.settings, &country, buyer.confirmed_number(), services.now());
            Ok(choice.quote(tax.rate_bp, &buyer, offer.as_ref(), had_trial)?)
        }
        _ => Err(errors.into_error()),
    }
}

/// Plan and add-ons, one of each, for one cycle; with the plan's trial, nothing of both is charged yet. Who has had a trial is charged at once,
/// and the plan's line says why. Set-up fees are charged with the order, and no coupon is taken off them.
///
/// The tax is computed once, on the sum of the lines, and rounded half away from zero to the minor unit. Lines of products are whole multiples
/// of a price, so there is nothing to round in them; what a percentage takes off is rounded once for each.
///
/// Returns nothing when a product is not sold for this cycle, the currencies differ, or a sum does not fit.
pub(super) fn sum(
    plan: &ProductView,
    add_ons: &[ProductView],
    cycle: BillingCycle,
    tax_rate_bp: i32,
    offer: Option<&Offer>,
    had_trial: bool,
) -> Option<Quote> {
    let is_trial = plan.trial_days > 0 && !had_trial;
    let none = Money::new(0, plan.monthly.currency);
    let (mut after, mut fees) = (none, Vec::new());
    let mut lines = Vec::with_capacity(1 + add_ons.len());
    for product in std::iter::once(plan).chain(add_ons) {
        let price = product.price(cycle)?;
        after = after.plus(price)?;
        let (charged, words) = match (is_trial, product.trial_days > 0) {
            (true, _) => (0, format!("free for {} days", plan.trial_days)),
            (false, true) => (price.minor, format!("{}, free trial already used", paid(cycle))),
            (false, false) => (price.minor, paid(cycle).to_owned()),
        };
        lines.push(OrderLine {
            code: product.code.clone(),
            kind: OrderLineKind::Product,
            description: format!("{}, {words}", product.name),
            quantity: 1,
            unit_price: charged,
            net: charged,
            after_trial: is_trial.then_some(price.minor),
        });
        if product.setup_fee.minor > 0 {
            fees.push(extra(product, OrderLineKind::SetupFee, format!("{}, set-up fee", product.name), product.setup_fee.minor));
        }
    }
    let coupon = offer.map(|Offer { terms, .. }| format!("{}: {} {}", terms.code, terms.value(), periods_label(terms.periods)));
    let discounts = offer.map(|offer| discounts(&lines, plan, add_ons, offer)).unwrap_or_default();
    lines.extend(discounts.into_iter().chain(fees));
    let net = lines.iter().try_fold(none, |sum, line| sum.plus(Money::new(line.net, none.currency)))?;
    let tax = net.share(tax_rate_bp)?;
    let total = net.plus(tax)?;
    let trial = match is_trial {
        true => Some(Trial { days: plan.trial_days, total_after: after.plus(after.share(tax_rate_bp)?)? }),
        false => None,
    };
    Some(Quote { lines, cycle, trial, coupon, net, tax_rate_bp, vat: None, tax, total })
}

/// A line beside that of a product.
fn extra(product: &ProductView, kind: OrderLineKind, description: String, net: i64) -> OrderLine {
    OrderLine { code: product.code.clone(), kind, description, quantity: 1, unit_price: net, net, after_trial: None }
}

/// A line for each product that the coupon takes something off.
fn discounts(lines: &[OrderLine], plan: &ProductView, add_ons: &[ProductView], offer: &Offer) -> Vec<OrderLine> {
    let charges = lines.iter().map(|line| (line.code.as_str(), line.net));
    let discounts = offer.terms.discounts(charges, offer.terms.whole_amount());
    let products = std::iter::once(plan).chain(add_ons);
    products
        .zip(discounts)
        .filter(|(_, discount)| *discount > 0)
        .map(|(product, discount)| extra(product, OrderLineKind::Discount, coupons::label(&offer.terms.code, &product.name), -discount))
        .collect()
}

const fn paid(cycle: BillingCycle) -> &'static str {
    match cycle {
        BillingCycle::Monthly => "paid monthly",
        BillingCycle::Yearly => "paid yearly",
    }
}

impl order::Choice {
    /// The sum of the choice.
    pub(super) fn quote(&self, tax_rate_bp: i32, buyer: &Buyer, offer: Option<&Offer>, had_trial: bool) -> Result<Quote> {
        let quote = sum(&self.plan, &self.add_ons, self.cycle, tax_rate_bp, offer, had_trial)
            .ok_or_else(|| Error::field("planCode", "Couldn't calculate this order. Change your selection."))?;
        Ok(Quote { vat: buyer.vat.as_ref().map(|vat| vat.status), ..quote })
    }
}
