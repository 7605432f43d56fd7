use super::*;
use crate::payments::{PaymentLabels, PaymentReference, ProviderEventKind, SetupReference};
use model::{
    billing::checkout::{OrderLine, OrderLineKind},
    ids::{CardSetupId, CheckoutId, InvoiceId, SubscriptionId, TenantId},
    money::Currency,
};
use serde_json::Value;
use std::sync::Arc;
use stripe_simulator::{Card, Faults, Simulator, SimulatorConfig};

const NOW: i64 = 1_800_000_000;
const KEY: &str = "sk_test_simulated";
const SECRET: &[u8] = b"whsec_simulated";

async fn shop() -> (Stripe, Simulator) {
    let _ = rustls::crypto::ring::default_provider().install_default(); // another test may have been first
    let config =
        SimulatorConfig { key: KEY.to_owned(), webhook_secret: SECRET.to_vec(), webhook_url: None, clock: Arc::new(|| NOW), suffix: String::new() };
    let simulator = Simulator::start("127.0.0.1:0".parse().unwrap(), config).await.unwrap();
    (Stripe::new(reqwest::Client::new(), simulator.url(), KEY, SECRET.to_vec()), simulator)
}

fn request(total: Money) -> PaymentRequest {
    let line = |net| OrderLine {
        code: "plan".to_owned(),
        description: "A plan".to_owned(),
        quantity: 2,
        unit_price: net,
        net: net * 2,
        kind: OrderLineKind::Product,
        after_trial: None,
    };
    PaymentRequest {
        reference: PaymentReference::Checkout(CheckoutId(uuid::Uuid::from_u128(7))),
        total,
        lines: vec![line(total.minor / 3)],
        email: "anna@example.com".to_owned(),
        buyer_token: "never sent".to_owned(),
        return_url: "http://panel.example/back".to_owned(),
        cancel_url: "http://panel.example/cancel".to_owned(),
        saved_method: None,
        labels: PaymentLabels::default(),
        now: NOW,
        lifetime: 3600,
    }
}

fn labels() -> PaymentLabels {
    PaymentLabels {
        tenant: Some(TenantId(uuid::Uuid::from_u128(1))),
        invoice: Some("INV-1".to_owned()),
        subscription: Some(SubscriptionId(uuid::Uuid::from_u128(2))),
    }
}

fn charge(card: &SavedMethod, attempt: i32) -> ChargeRequest {
    ChargeRequest {
        key: format!("{}-{attempt}", InvoiceId(uuid::Uuid::from_u128(9))),
        method_ref: card.provider_ref.clone(),
        amount: Money::new(1071, Currency::Eur),
        description: "Invoice 1".to_owned(),
        labels: labels(),
        attempt,
        age: 0,
        version: CHARGE_VERSION,
    }
}

/// A card that was saved by paying with it.
async fn saved(stripe: &Stripe, simulator: &Simulator, card: Card) -> SavedMethod {
    let page = stripe.open_page(&request(Money::new(1071, Currency::Eur))).await.unwrap();
    let next = simulator.pay(&page.provider_ref, card).unwrap();
    if let Some((_, intent)) = next.split_once("/3ds/") {
        assert!(simulator.answer_bank(intent, true));
    }
    let payment = simulator.objects("payment_intent")[0]["id"].as_str().unwrap().to_owned();
    stripe.saved_method(&payment).await.unwrap().unwrap()
}

#[tokio::test]
async fn the_page_asks_for_the_total_in_every_currency_and_what_stripe_cannot_take_is_refused() {
    for money in [Money::new(1071, Currency::Eur), Money::new(1000, Currency::Jpy), Money::new(12_340, Currency::Kwd)] {
        let (stripe, simulator) = shop().await;
        stripe.open_page(&request(money)).await.unwrap();
        assert_eq!(simulator.objects("checkout.session")[0]["amount_total"], money.minor, "{money}");
    }
    let (stripe, simulator) = shop().await;
    let takes = |minor, currency| stripe.takes(Money::new(minor, currency)).minor;
    assert_eq!([takes(12_345, Currency::Kwd), takes(159, Currency::Kwd), takes(49, Currency::Eur), takes(50, Currency::Jpy)], [12_340, 0, 0, 50]);
    assert!(stripe.open_page(&request(Money::new(12_345, Currency::Kwd))).await.is_err(), "thousandths in tens");
    assert!(stripe.open_page(&request(Money::new(10, Currency::Eur))).await.is_err(), "below the minimum");
    assert!(simulator.objects("checkout.session").is_empty());
}

#[tokio::test]
async fn a_saved_card_is_charged_once_for_a_key_also_when_the_answer_is_lost() {
    let (stripe, simulator) = shop().await;
    let card = saved(&stripe, &simulator, Card::Good).await;
    assert_eq!((card.brand.as_str(), card.last4.as_str()), ("Visa", "4242"));
    simulator.set_faults(Faults { lost_answers: 1, ..Faults::default() });
    assert!(stripe.charge(&charge(&card, 1)).await.is_err());
    let first = stripe.charge(&charge(&card, 1)).await.unwrap();
    assert!(matches!(first, Charge::Succeeded { .. }));
    // Stripe has forgotten the key by then.
    let late = ChargeRequest { age: 48 * 3600, ..charge(&card, 1) };
    assert_eq!(stripe.charge(&late).await.unwrap(), first);
    assert_eq!(simulator.objects("payment_intent").len(), 2, "the page's and one more");
    let taken = stripe.taken_since(NOW - 60, None).await.unwrap().payments;
    assert_eq!(taken.iter().map(|payment| payment.purpose.as_deref()).collect::<Vec<_>>()[0], Some(late.key.as_str()));
    assert_eq!(taken[1].purpose, Some(request(late.amount).reference.to_string()));
}

#[tokio::test]
async fn a_charge_whose_answer_was_lost_before_an_upgrade_is_repeated_with_the_parameters_it_was_made_with() {
    let (stripe, simulator) = shop().await;
    let card = saved(&stripe, &simulator, Card::Good).await;
    let before = ChargeRequest { version: 1, ..charge(&card, 1) };
    simulator.set_faults(Faults { lost_answers: 1, ..Faults::default() });
    assert!(stripe.charge(&before).await.is_err());
    let Charge::Succeeded { provider_ref } = stripe.charge(&before).await.unwrap() else { panic!("not charged") };
    let forms = simulator
        .calls()
        .into_iter()
        .filter(|(method, path, _)| method == "POST" && path == "/v1/payment_intents")
        .map(|(.., form)| form)
        .collect::<Vec<_>>();
    assert_eq!((forms.len(), &forms[0]), (2, &forms[1]), "Stripe takes a key with the same parameters only");
    assert!(!forms[0].contains("subscription"), "{}", forms[0]);
    // Its version was not stored: with others Stripe refuses the key, and it is looked for.
    assert_eq!(stripe.charge(&charge(&card, 1)).await.unwrap(), Charge::Succeeded { provider_ref });
    assert_eq!(simulator.objects("payment_intent").len(), 2, "the page's and one more");
}

#[test]
fn the_parameters_of_each_version_of_a_charge_stay_as_they_are() {
    let card = SavedMethod {
        provider_ref: "cus_1/pm_1".to_owned(),
        brand: "Visa".to_owned(),
        last4: "4242".to_owned(),
        expires_month: 1,
        expires_year: 2030,
        country: None,
    };
    let of = |version| {
        let form = page::charge_form(&ChargeRequest { version, ..charge(&card, 1) }, "cus_1", "pm_1").unwrap();
        form.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>()
    };
    let first = [
        "amount=1071",
        "currency=eur",
        "customer=cus_1",
        "payment_method=pm_1",
        "off_session=true",
        "confirm=true",
        "allowed_payment_method_types[0]=card",
        "description=Invoice 1",
        "metadata[charge]=00000000-0000-0000-0000-000000000009-1",
    ];
    assert_eq!(of(1), first);
    let labels = [
        "metadata[tenant]=00000000-0000-0000-0000-000000000001",
        "metadata[invoice]=INV-1",
        "metadata[subscription]=00000000-0000-0000-0000-000000000002",
    ];
    assert_eq!(of(2), [&first[..], &labels[..]].concat());
    assert_eq!(CHARGE_VERSION, 2, "a new version has its parameters written down here");
}

#[tokio::test]
async fn declines_are_hard_or_soft_by_the_table_and_a_bank_that_asks_is_no_decline() {
    for (card, hard) in [(Card::Empty, false), (Card::Lost, true)] {
        let (stripe, simulator) = shop().await;
        let saved = saved(&stripe, &simulator, card).await;
        let Charge::Declined { code, is_hard } = stripe.charge(&charge(&saved, 1)).await.unwrap() else { panic!("not declined") };
        assert_eq!((code.as_str(), is_hard), (card.decline().unwrap(), hard));
    }
    let (stripe, simulator) = shop().await;
    let card = saved(&stripe, &simulator, Card::Challenge).await;
    let Charge::ActionRequired { provider_ref } = stripe.charge(&charge(&card, 1)).await.unwrap() else { panic!("nothing to confirm") };
    let url = stripe.confirm_page(&provider_ref, &card.provider_ref, "http://panel.example/invoice").await.unwrap().unwrap();
    assert_eq!(url, format!("{}/3ds/{provider_ref}", simulator.url()));
    assert!(simulator.answer_bank(&provider_ref, true));
    assert!(matches!(stripe.charge_state(&provider_ref).await.unwrap(), Charge::Succeeded { .. }), "the same payment");
    assert!(matches!(stripe.give_up(&provider_ref).await.unwrap(), Charge::Succeeded { .. }), "paid is paid");
    let Charge::ActionRequired { provider_ref } = stripe.charge(&charge(&card, 2)).await.unwrap() else { panic!("nothing to confirm") };
    assert!(matches!(stripe.give_up(&provider_ref).await.unwrap(), Charge::Declined { is_hard: false, .. }));
    assert_eq!(stripe.confirm_page(&provider_ref, &card.provider_ref, "http://panel.example/").await.unwrap(), None);
}

#[tokio::test]
async fn messages_of_the_other_mode_are_refused_and_unknown_ones_are_ignored() {
    let (stripe, _) = shop().await;
    let read = |livemode: bool| {
        let body = serde_json::json!({"id": "evt_1", "object": "event", "type": "customer.created", "livemode": livemode, "data": {"object": {}}});
        let body = body.to_string().into_bytes();
        let header = signature::sign(SECRET, &body, NOW);
        (stripe.read_webhook(&body, Some(&header), NOW), body)
    };
    assert!(matches!(read(true).0, Err(WebhookRefused::Malformed(_))));
    let (event, body) = read(false);
    assert_eq!(event.unwrap().kind, ProviderEventKind::Other("customer.created".to_owned()));
    assert_eq!(stripe.read_stored(&body).await.unwrap().kind, ProviderEventKind::Other("customer.created".to_owned()));
}

#[tokio::test]
async fn every_parameter_that_is_sent_stands_in_stripes_description() {
    let (stripe, simulator) = shop().await;
    let card = saved(&stripe, &simulator, Card::Challenge).await;
    let another = PaymentRequest {
        reference: PaymentReference::Checkout(CheckoutId(uuid::Uuid::from_u128(8))),
        saved_method: Some(card.provider_ref.clone()),
        labels: labels(),
        ..request(Money::new(2000, Currency::Eur))
    };
    stripe.open_page(&another).await.unwrap();
    for (number, saved_method) in [(10, None), (11, Some(card.provider_ref.clone()))] {
        let setup = SetupRequest {
            reference: SetupReference(CardSetupId(uuid::Uuid::from_u128(number))),
            currency: Currency::Eur,
            email: "anna@example.com".to_owned(),
            return_url: "http://panel.example/cards".to_owned(),
            saved_method,
            now: NOW,
            lifetime: 3600,
        };
        let (first, again) = (stripe.open_setup_page(&setup).await.unwrap(), stripe.open_setup_page(&setup).await.unwrap());
        assert_eq!(first.url, again.url, "once for a reference");
    }
    let details = CustomerDetails {
        tenant: TenantId(uuid::Uuid::from_u128(1)),
        name: "Anna's Bakery".to_owned(),
        email: "anna@example.com".to_owned(),
        address: "Main Street 1\n10115 Berlin".to_owned(),
        country: "DE".to_owned(),
    };
    stripe.update_customer(&card.provider_ref, &details).await.unwrap();
    stripe.update_customer("cus_gone/pm_gone", &details).await.unwrap();
    let Charge::ActionRequired { provider_ref } = stripe.charge(&charge(&card, 1)).await.unwrap() else { panic!("nothing to confirm") };
    stripe.confirm_page(&provider_ref, &card.provider_ref, "http://panel.example/").await.unwrap();
    stripe.give_up(&provider_ref).await.unwrap();
    stripe.sent_since(NOW - 60, None).await.unwrap();
    stripe.taken_since(NOW - 60, Some(&provider_ref)).await.unwrap();
    stripe.charge(&ChargeRequest { age: 48 * 3600, ..charge(&card, 2) }).await.unwrap();
    let paid = stripe.taken_since(NOW - 60, None).await.unwrap().payments[0].provider_ref.clone();
    let refund = |minor, age| RefundRequest {
        key: format!("refund-{minor}"),
        payment_ref: paid.clone(),
        amount: Money::new(minor, Currency::Eur),
        provider_ref: None,
        age,
    };
    let Refund::Succeeded { provider_ref } = stripe.refund(&refund(500, 0)).await.unwrap() else { panic!("not refunded") };
    let again = Refund::Succeeded { provider_ref: provider_ref.clone() };
    assert_eq!(stripe.refund(&refund(500, 48 * 3600)).await.unwrap(), again, "found, although its key is forgotten");
    assert_eq!(stripe.refund(&RefundRequest { provider_ref: Some(provider_ref), ..refund(500, 0) }).await.unwrap(), again);
    assert!(matches!(stripe.refund(&refund(5000, 0)).await.unwrap(), Refund::Failed { .. }), "more than was taken");
    assert_eq!(stripe.refunded(&paid).await.unwrap(), 500);
    simulator.fail_refund(simulator.objects("refund")[0]["id"].as_str().unwrap());
    assert_eq!(stripe.refunded(&paid).await.unwrap(), 0, "it came back");

    let spec: Value = serde_json::from_str(stripe_simulator::DESCRIPTION).unwrap();
    let calls = simulator.calls();
    assert!(calls.len() > 10);
    for (method, path, text) in calls {
        let operation = operation(&spec, &method, &path).unwrap_or_else(|| panic!("{method} {path} is no call of Stripe's"));
        for (key, _) in form_urlencoded::parse(text.as_bytes()) {
            assert!(is_known(&spec, operation, &key), "{method} {path}: {key}");
        }
    }
}

fn operation<'a>(spec: &'a Value, method: &str, path: &str) -> Option<&'a Value> {
    let steps: Vec<_> = path.split('/').collect();
    let fits = |template: &str| {
        let wanted: Vec<_> = template.split('/').collect();
        wanted.len() == steps.len() && wanted.iter().zip(&steps).all(|(wanted, step)| wanted.starts_with('{') || wanted == step)
    };
    let (_, found) = spec["paths"].as_object()?.iter().find(|(template, _)| fits(template))?;
    found.get(method.to_ascii_lowercase())
}

/// Whether a parameter such as `line_items[0][price_data][currency]` is described.
fn is_known(spec: &Value, operation: &Value, key: &str) -> bool {
    let mut steps = key.split('[').map(|step| step.trim_end_matches(']'));
    let first = steps.next().unwrap();
    let form = &operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]["properties"][first];
    let query = operation["parameters"].as_array().into_iter().flatten().find(|parameter| parameter["name"] == first);
    let start = if form.is_null() { query.map(|parameter| &parameter["schema"]) } else { Some(form) };
    let Some(start) = start else { return false };
    let mut at = vec![start];
    for step in steps {
        at = at.into_iter().flat_map(|schema| below(spec, schema, step)).collect();
    }
    !at.is_empty()
}

/// What stands below a schema, by the name of a key or by being an item.
fn below<'a>(spec: &'a Value, schema: &'a Value, step: &str) -> Vec<&'a Value> {
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        return below(spec, &spec["components"]["schemas"][name], step);
    }
    let choices = schema["anyOf"].as_array().into_iter().flatten();
    let mut found: Vec<_> = choices.flat_map(|choice| below(spec, choice, step)).collect();
    let items = &schema["items"];
    if !items.is_null() && (step.is_empty() || step.parse::<usize>().is_ok()) {
        found.push(items);
    }
    let property = &schema["properties"][step];
    let other = &schema["additionalProperties"];
    found.extend([property, other].into_iter().filter(|schema| schema.is_object()).take(1));
    found
}

#[tokio::test]
async fn an_amount_that_stripe_never_gives_back_fails_and_is_rounded_down_before() {
    let (stripe, _simulator) = shop().await;
    let kwd = |minor| Money::new(minor, Currency::Kwd);
    assert_eq!([1_235, 9, 0].map(|minor| stripe.takes_refund(kwd(minor)).minor), [1_230, 0, 0]);
    assert_eq!(stripe.takes_refund(Money::new(1, Currency::Eur)).minor, 1);
    let request = RefundRequest { key: "a".to_owned(), payment_ref: "pi_1".to_owned(), amount: kwd(1_235), provider_ref: None, age: 0 };
    assert!(matches!(stripe.refund(&request).await, Ok(Refund::Failed { .. })), "it would be asked for for ever");
}
