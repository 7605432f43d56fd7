//! The parameters of a payment page, and of a charge.

use super::{
    client::Form,
    objects::{CHARGE, REFERENCE},
};
use crate::payments::{ChargeRequest, CustomerDetails, PaymentRequest, PaymentsUnavailable, SetupRequest};
use model::money::{Currency, Money};

/// Stripe closes a page after this long at the latest, in seconds; a little less, so that clocks may differ.
const MAX_LIFETIME: i64 = 24 * 3600 - 120;

/// And no sooner than this.
const MIN_LIFETIME: i64 = 31 * 60;

/// The largest amount in minor units: eight digits.
const MAX_AMOUNT: i64 = 99_999_999;

/// The smallest amount of a payment in minor units: about half a US dollar.
const fn smallest(currency: Currency) -> i64 {
    match currency {
        Currency::Eur | Currency::Usd | Currency::Chf | Currency::Jpy => 50,
        Currency::Gbp => 30,
        Currency::Kwd => 160,
    }
}

/// What Stripe can take of an amount: currencies with three decimals in tens, nothing of too little.
pub(super) fn takes(money: Money) -> Money {
    let whole = takes_refund(money);
    if whole.minor < smallest(money.currency) { Money::new(0, money.currency) } else { whole }
}

/// What Stripe can give back of an amount: currencies with three decimals in tens. It may be as small as it likes.
pub(super) fn takes_refund(money: Money) -> Money {
    let unit = if money.currency.exponent() == 3 { 10 } else { 1 };
    Money::new(money.minor.min(MAX_AMOUNT) / unit * unit, money.currency)
}

/// An amount as Stripe wants it, in minor units.
pub(super) fn amount(money: Money) -> Result<i64, PaymentsUnavailable> {
    if takes(money) == money && money.minor > 0 { Ok(money.minor) } else { Err(PaymentsUnavailable(format!("Stripe does not take {money}"))) }
}

/// A currency as Stripe writes it.
pub(super) fn currency(currency: Currency) -> String {
    currency.as_str().to_ascii_lowercase()
}

/// The parameters of a charge, in the version that it is asked for with. None of them may change without a new version.
pub(super) fn charge_form(request: &ChargeRequest, customer: &str, method: &str) -> Result<Form, PaymentsUnavailable> {
    let mut form: Form = [
        ("amount", amount(request.amount)?.to_string()),
        ("currency", currency(request.amount.currency)),
        ("customer", customer.to_owned()),
        ("payment_method", method.to_owned()),
        ("off_session", "true".to_owned()),
        ("confirm", "true".to_owned()),
        ("allowed_payment_method_types[0]", "card".to_owned()),
        ("description", request.description.clone()),
        (&*format!("metadata[{CHARGE}]"), request.key.clone()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .to_vec();
    if request.version > 1 {
        form.extend(request.labels.pairs().into_iter().map(|(key, value)| (format!("metadata[{key}]"), value)));
    }
    Ok(form)
}

/// The parameters of the page for a request.
pub(super) fn form(request: &PaymentRequest) -> Result<Form, PaymentsUnavailable> {
    let reference = request.reference.to_string();
    let lifetime = request.lifetime.clamp(MIN_LIFETIME, MAX_LIFETIME);
    let mut form: Form = Vec::new();
    let mut add = |key: &str, value: String| form.push((key.to_owned(), value));
    add("mode", "payment".to_owned());
    add("success_url", request.return_url.clone());
    add("cancel_url", request.cancel_url.clone());
    add("client_reference_id", reference.clone());
    add(&format!("metadata[{REFERENCE}]"), reference.clone());
    add(&format!("payment_intent_data[metadata][{REFERENCE}]"), reference);
    for (key, value) in request.labels.pairs() {
        add(&format!("payment_intent_data[metadata][{key}]"), value);
    }
    if let Some(invoice) = &request.labels.invoice {
        add("payment_intent_data[description]", format!("Invoice {invoice}"));
    }
    add("payment_intent_data[setup_future_usage]", "off_session".to_owned());
    add("allowed_payment_method_types[0]", "card".to_owned());
    add("adaptive_pricing[enabled]", "false".to_owned());
    add("expires_at", (request.now + lifetime).to_string());
    customer(request.saved_method.as_deref(), &request.email).into_iter().for_each(|(key, value)| add(key, value));
    for (at, (name, price, quantity)) in items(request)?.into_iter().enumerate() {
        let item = format!("line_items[{at}]");
        add(&format!("{item}[quantity]"), quantity.to_string());
        add(&format!("{item}[price_data][currency]"), currency(request.total.currency));
        add(&format!("{item}[price_data][unit_amount]"), price.to_string());
        add(&format!("{item}[price_data][product_data][name]"), name);
    }
    Ok(form)
}

/// Whose page it is: the customer that Stripe knows, or a new one.
fn customer(saved_method: Option<&str>, email: &str) -> Vec<(&'static str, String)> {
    match saved_method.and_then(|method| method.split_once('/')) {
        Some((customer, _)) => vec![("customer", customer.to_owned())],
        None => vec![("customer_creation", "always".to_owned()), ("customer_email", email.to_owned())],
    }
}

/// The parameters of a page that saves a card.
pub(super) fn setup_form(request: &SetupRequest) -> Form {
    let reference = request.reference.to_string();
    let lifetime = request.lifetime.clamp(MIN_LIFETIME, MAX_LIFETIME);
    let mut form: Form = [
        ("mode", "setup".to_owned()),
        ("success_url", request.return_url.clone()),
        ("cancel_url", request.return_url.clone()),
        ("client_reference_id", reference.clone()),
        ("currency", currency(request.currency)),
        ("allowed_payment_method_types[0]", "card".to_owned()),
        ("expires_at", (request.now + lifetime).to_string()),
        (&*format!("metadata[{REFERENCE}]"), reference.clone()),
        (&*format!("setup_intent_data[metadata][{REFERENCE}]"), reference),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .to_vec();
    form.extend(customer(request.saved_method.as_deref(), &request.email).into_iter().map(|(key, value)| (key.to_owned(), value)));
    form
}

/// Who a customer is. Stripe takes two lines of an address; what is more stands in the second.
pub(super) fn customer_form(details: &CustomerDetails) -> Form {
    let mut lines = details.address.lines().map(str::trim).filter(|line| !line.is_empty());
    let (first, rest) = (lines.next().unwrap_or_default().to_owned(), lines.collect::<Vec<_>>().join(", "));
    [
        ("name", details.name.clone()),
        ("email", details.email.clone()),
        ("address[line1]", first),
        ("address[line2]", rest),
        ("address[country]", details.country.clone()),
        ("metadata[tenant]", details.tenant.to_string()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .to_vec()
}

/// The lines and the tax; the total in one line where they are not all prices.
fn items(request: &PaymentRequest) -> Result<Vec<(String, i64, i32)>, PaymentsUnavailable> {
    let total = amount(request.total)?;
    let net: i64 = request.lines.iter().map(|line| line.unit_price * i64::from(line.quantity)).sum();
    let is_plain = net <= total && request.lines.iter().all(|line| line.unit_price > 0 && line.quantity > 0);
    if !is_plain || request.total.currency.exponent() == 3 {
        let name = request.lines.first().map_or("Total", |line| line.description.as_str());
        return Ok(vec![(name.to_owned(), total, 1)]);
    }
    let mut items: Vec<_> = request.lines.iter().map(|line| (line.description.clone(), line.unit_price, line.quantity)).collect();
    if net < total {
        items.push(("Tax".to_owned(), total - net, 1));
    }
    Ok(items)
}
