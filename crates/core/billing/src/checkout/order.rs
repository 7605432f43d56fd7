//! What a visitor has ordered, checked: all fields at once, each error on its field, named as in the request.

use super::{
    buyer::{self, Buyer},
    queries,
};
use crate::{
    coupons::{self, Offer},
    products,
    tax::{self, TaxDecision},
};
use core_administration::accounts;
use core_hosting::domains;
use db::PublicTx;
use engine::{Error, Result, Services, error::Errors, settings::Settings};
use model::{
    billing::{
        checkout::{CheckoutInput, Quote},
        products::{BillingCycle, ProductType, ProductView},
    },
    country,
    hosting::cloudpods::Stack,
    ids::CouponId,
    money::Currency,
    slug::slug,
};
use wire::{DomainName, Email, Title};

/// Add-ons on one order.
const MOST_ADD_ONS: usize = 20;

/// An order that may be paid.
pub(super) struct Order {
    pub plan_code: String,
    pub add_ons: Vec<String>,
    pub quote: Quote,
    pub coupon: Option<CouponId>,
    pub tax: TaxDecision,
    pub email: Email,
    pub country: String,
    pub buyer: Buyer,
    pub domain: DomainName,
    pub site_title: Option<Title>,
}

/// What is bought, without who buys it.
pub(super) struct Choice {
    pub plan: ProductView,
    pub add_ons: Vec<ProductView>,
    pub cycle: BillingCycle,
}

/// Checks everything. Answers with the transaction that the order is to be stored in.
pub(super) async fn check(services: &Services, tx: PublicTx, input: &CheckoutInput) -> Result<(PublicTx, Order)> {
    let mut errors = Errors::default();
    let (mut tx, buyer) = buyer::check(services, tx, input, &mut errors).await?;
    let order = check_rest(services, &mut tx, input, buyer, errors).await?;
    Ok((tx, order))
}

async fn check_rest(services: &Services, tx: &mut PublicTx, input: &CheckoutInput, buyer: Buyer, mut errors: Errors) -> Result<Order> {
    let offered = products::public_list(tx).await?;
    if buyer.vat.is_some() && buyer.company.is_none() {
        errors.add("companyName", "Enter the company's name. It is printed on the invoice.");
    }
    let choice = choose(&offered, input, &mut errors);
    let email = email(input, &mut errors);
    let country = country(input, &services.settings, &mut errors);
    let site_title = site_title(input, &mut errors);
    let domain = match domain(input, &services.settings, &mut errors) {
        Some(Some(domain)) if queries::domain_taken(tx.conn(), domain.as_str()).await? => {
            errors.add("domain", "This domain is not available. Enter another one.");
            None
        }
        domain => domain,
    };
    let offer = coupon(services, tx, input, choice.as_ref(), email.as_ref(), &mut errors).await?;
    let had_trial = had_trial(tx, email.as_ref()).await?;
    match (choice, email, country, site_title, domain) {
        (Some(choice), Some(email), Some(country), Some(site_title), Some(domain)) if errors.is_empty() => {
            let domain = match domain {
                Some(domain) => domain,
                None => free_name(services, site_title.as_ref(), &email)?,
            };
            let tax = tax::decide(&services.settings, &country, buyer.confirmed_number(), services.now());
            Ok(Order {
                plan_code: choice.plan.code.clone(),
                add_ons: choice.add_ons.iter().map(|add_on| add_on.code.clone()).collect(),
                quote: choice.quote(tax.rate_bp, &buyer, offer.as_ref(), had_trial)?,
                coupon: offer.map(|offer| offer.id),
                tax,
                email,
                country,
                buyer,
                domain,
                site_title,
            })
        }
        _ => Err(errors.into_error()),
    }
}

/// Plan, cycle and add-ons, at their prices in the currency of the order.
pub(super) fn choose(offered: &[ProductView], input: &CheckoutInput, errors: &mut Errors) -> Option<Choice> {
    let cycle = input.billing_cycle.to_ascii_uppercase().parse::<BillingCycle>().ok();
    if cycle.is_none() {
        errors.add("billingCycle", "Select MONTHLY or YEARLY.");
    }
    let find = |code: &str, kind: ProductType| offered.iter().find(|product| product.kind == kind && product.code == code);
    let plan = find(&input.plan_code, ProductType::Cloudpod);
    let currency = currency(plan, input, errors);
    let plan = plan.map(|plan| currency.and_then(|currency| plan.in_currency(currency)).unwrap_or_else(|| plan.clone()));
    match (&plan, cycle) {
        (None, _) => errors.add("planCode", "This plan is not available. Select another plan."),
        (Some(plan), Some(cycle)) if plan.price(cycle).is_none() => errors.add("billingCycle", "This plan has no yearly billing."),
        (Some(plan), _) if input.is_word_press_plan == Some(true) && plan.stack != Some(Stack::Wordpress) => {
            errors.add("isWordPressPlan", format!("{} does not run WordPress. Choose another plan.", plan.name));
        }
        _ => {}
    }
    let mut add_ons: Vec<ProductView> = Vec::new();
    if input.add_ons.len() > MOST_ADD_ONS {
        errors.add("addOns", format!("At most {MOST_ADD_ONS} add-ons."));
        return None;
    }
    for code in &input.add_ons {
        let Some(add_on) = find(code, ProductType::Addon) else {
            errors.add("addOns", "An add-on is not available.");
            return None;
        };
        if add_ons.iter().any(|chosen| chosen.code == add_on.code) {
            errors.add("addOns", format!("{} was added twice.", add_on.name));
            return None;
        }
        let Some(currency) = currency else { continue };
        match add_on.in_currency(currency) {
            None => errors.add("addOns", format!("{} is not sold in {currency}.", add_on.name)),
            Some(priced) if cycle.is_some_and(|cycle| priced.price(cycle).is_none()) => {
                errors.add("addOns", format!("{} has no yearly billing.", add_on.name));
            }
            Some(priced) => add_ons.push(priced),
        }
    }
    Some(Choice { plan: plan?, add_ons, cycle: cycle? })
}

/// The currency of the order: the plan's own where none is named.
fn currency(plan: Option<&ProductView>, input: &CheckoutInput, errors: &mut Errors) -> Option<Currency> {
    let typed = input.currency.as_deref().map(str::trim).filter(|typed| !typed.is_empty());
    let Some(typed) = typed else { return plan.map(|plan| plan.monthly.currency) };
    let Ok(currency) = typed.to_ascii_uppercase().parse::<Currency>() else {
        errors.add("currency", "Select a currency.");
        return None;
    };
    if let Some(plan) = plan.filter(|plan| plan.currencies().all(|other| other != currency)) {
        errors.add("currency", format!("{} is not sold in {currency}. Select another currency.", plan.name));
        return None;
    }
    Some(currency)
}

/// The coupon; held for this order where the buyer is known. Something that is bought must be what it is for.
pub(super) async fn coupon(
    services: &Services,
    tx: &mut PublicTx,
    input: &CheckoutInput,
    choice: Option<&Choice>,
    email: Option<&Email>,
    errors: &mut Errors,
) -> Result<Option<Offer>> {
    let Some(typed) = input.coupon_code.as_deref().map(str::trim).filter(|typed| !typed.is_empty()) else { return Ok(None) };
    let offer = match coupons::offer(services, tx, typed, email.map(Email::as_str)).await? {
        Ok(offer) => offer,
        Err(reason) => {
            errors.add("couponCode", reason);
            return Ok(None);
        }
    };
    if let Some(choice) = choice {
        let is_for_one = std::iter::once(&choice.plan).chain(&choice.add_ons).any(|product| offer.terms.is_for(&product.code));
        if !is_for_one {
            errors.add("couponCode", "This code is not for the products of this order.");
        } else if !offer.terms.fits(choice.plan.monthly.currency) {
            errors.add("couponCode", "This code is for another currency.");
        }
    }
    Ok(Some(offer))
}

/// The buyer's country; the seller's where none is named, which is the one with the tax.
pub(super) fn country(input: &CheckoutInput, settings: &Settings, errors: &mut Errors) -> Option<String> {
    let code = match input.country.trim() {
        "" => settings.seller.country.clone(),
        code => code.to_ascii_uppercase(),
    };
    if country::is_known(&code) {
        return Some(code);
    }
    errors.add("country", "Select a country.");
    None
}

/// Whether the buyer has had a trial. There is one for each customer; the same order is then charged from its first period on.
pub(super) async fn had_trial(tx: &mut PublicTx, email: Option<&Email>) -> Result<bool> {
    match email {
        Some(email) => Ok(queries::trial_was_had(tx.conn(), email.as_str()).await?),
        None => Ok(false),
    }
}

/// The address, where it is one.
pub(super) fn typed_email(input: &CheckoutInput) -> Option<Email> {
    accounts::rules::email(&input.email).ok().and_then(|email| Email::new(email).ok())
}

/// Both rules must hold: the login's, and the one of the names that reach a server.
fn email(input: &CheckoutInput, errors: &mut Errors) -> Option<Email> {
    let email = typed_email(input);
    if email.is_none() {
        errors.add("email", "Enter a valid email address.");
    }
    email
}

/// `Some(None)` when one of ours is to be given.
fn domain(input: &CheckoutInput, settings: &Settings, errors: &mut Errors) -> Option<Option<DomainName>> {
    let typed = input.domain.as_deref().unwrap_or_default().trim().to_lowercase();
    if typed.is_empty() {
        return Some(None);
    }
    let domain = match DomainName::new(typed.clone()) {
        Ok(domain) => domain,
        Err(_) if !typed.is_ascii() => {
            errors.add("domain", "Enter this domain in punycode (xn--…).");
            return None;
        }
        Err(refused) => {
            errors.add("domain", format!("Not a domain: {}.", refused.why));
            return None;
        }
    };
    if domains::is_ours(domain.as_str(), settings) {
        errors.add("domain", "This domain is reserved. Enter your own or leave the field empty.");
        return None;
    }
    Some(Some(domain))
}

/// `Some(None)` when the site is to be called after its domain.
fn site_title(input: &CheckoutInput, errors: &mut Errors) -> Option<Option<Title>> {
    match input.site_title.as_deref().map(str::trim) {
        None | Some("") => Some(None),
        Some(title) => match Title::new(title) {
            Ok(title) => Some(Some(title)),
            Err(refused) => {
                errors.add("siteTitle", format!("The title has {}.", refused.why));
                None
            }
        },
    }
}

/// A name below our own domain: readable, and with enough chance in it that nobody has it.
fn free_name(services: &Services, title: Option<&Title>, email: &Email) -> Result<DomainName> {
    let words = title.map_or_else(|| email.as_str().split('@').next().unwrap_or_default(), Title::as_str);
    let label = Some(slug(words, 24)).filter(|label| !label.is_empty()).unwrap_or_else(|| "site".to_owned());
    let chance = hex::encode(engine::secrets::random_bytes::<3>());
    let name = format!("{label}-{chance}.{}", services.settings.base_domain);
    DomainName::new(name).map_err(|refused| Error::Internal(anyhow::anyhow!("base_domain gives no domain: {refused}")))
}
