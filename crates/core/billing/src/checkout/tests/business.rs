//! Businesses that order.

use super::*;
use adapters::vies::{SimulatedVies, VatQuery, Vies};
use engine::reconcile::run_due;
use model::billing::{checkout::Quote, profiles::VatStatus};

const NUMBER: &str = "FR40303265045";

/// A shop whose VIES is in the test's hands.
async fn shop_with_vies() -> (Shop, Arc<SimulatedVies>) {
    let mut shop = Shop::open().await;
    let vies = Arc::new(SimulatedVies::default());
    shop.t.services = shop.t.services.with::<dyn Vies>(vies.clone());
    (shop, vies)
}

fn business(typed: &str, input: CheckoutInput) -> CheckoutInput {
    CheckoutInput { country: "FR".to_owned(), company_name: Some("Boulangerie SARL".to_owned()), vat_number: Some(typed.to_owned()), ..input }
}

fn sum(quote: &Quote) -> (Option<VatStatus>, i32, i64, i64) {
    (quote.vat, quote.tax_rate_bp, quote.tax.minor, quote.total.minor)
}

const INVOICE: &str = "select concat_ws('|', buyer ->> 'name', buyer ->> 'country', nullif(buyer ->> 'tax_number', ''), tax_treatment, tax, total)
                         from invoices order by id desc limit 1";
const PROFILE: &str =
    "select concat_ws('|', name, country, vat_number, vat_status, vat_checked_at is not null, vat_consultation) from billing_profiles";
const EVIDENCE: &str = "select string_agg(concat_ws(' ', kind, country, nullif(reference, '')), ', ' order by kind) from tax_evidence
                         where invoice_id = (select max(id::text)::uuid from invoices)";

#[tokio::test]
async fn a_business_pays_no_vat_with_its_first_order_and_its_account_begins_with_its_number() {
    let (shop, vies) = shop_with_vies().await;
    let input = business("fr 40 303.265.045", anna());
    // The sum without a number, and with it: nobody types the company's name first.
    let without = CheckoutInput { vat_number: None, ..input.clone() };
    assert_eq!(sum(&shop.quote(&without).await.unwrap()), (None, 2000, 180, 1080));
    let shown = shop.quote(&CheckoutInput { company_name: None, ..input.clone() }).await.unwrap();
    assert_eq!(sum(&shown), (Some(VatStatus::Confirmed), 0, 0, 900));
    let started = shop.start(input).await;
    let mut tx = shop.t.services.db.public(Actor::Visitor).await.unwrap();
    assert_eq!(payment_page(&shop.t.services, &mut tx, started.id, &started.token).await.unwrap().quote, shown);
    assert_eq!(shop.deliver(&shop.paid(started.id, "evt_1").await).await, Outcome::Processed);
    assert_eq!(shop.text(INVOICE).await, format!("Boulangerie SARL|FR|{NUMBER}|REVERSE_CHARGE|0|900"));
    assert!(shop.text("select tax_note from invoices").await.starts_with("Reverse charge"));
    // VIES was asked once, in the seller's name, and its proof is kept with profile and invoice.
    assert_eq!(vies.queries(), [VatQuery { number: NUMBER.to_owned(), requester: Some("DE123456788".to_owned()) }]);
    assert_eq!(shop.text(PROFILE).await, format!("Boulangerie SARL|FR|{NUMBER}|CONFIRMED|t|SIMULATED0000001"));
    assert_eq!(shop.text(EVIDENCE).await, format!("ADDRESS FR, VAT_NUMBER FR {NUMBER} SIMULATED0000001"));
    assert_eq!(shop.text("select name from tenants").await, "Boulangerie SARL");
    let recorded = "select after ->> 'vat_number' from audit_events where action = 'BILLING_PROFILE_UPDATED'";
    assert_eq!(shop.text(recorded).await, NUMBER);
}

/// The rule of profiles: unconfirmed is printed, and VAT is charged until VIES answers.
#[tokio::test]
async fn while_vies_is_down_an_order_with_a_number_is_charged_vat_and_the_number_is_confirmed_later() {
    let (shop, vies) = shop_with_vies().await;
    vies.set_down(true);
    let input = business(NUMBER, anna());
    assert_eq!(sum(&shop.quote(&input).await.unwrap()), (Some(VatStatus::Pending), 2000, 180, 1080));
    assert_eq!(sum(&shop.quote(&input).await.unwrap()).0, Some(VatStatus::Pending));
    assert_eq!(vies.queries().len(), 1, "not again within a minute");
    shop.buy(input).await;
    assert_eq!(shop.text(INVOICE).await, format!("Boulangerie SARL|FR|{NUMBER}|OSS|180|1080"));
    assert_eq!(shop.text(PROFILE).await, format!("Boulangerie SARL|FR|{NUMBER}|PENDING|f|"));
    vies.set_down(false);
    shop.t.clock.advance(Duration::hours(2));
    run_due(&shop.t.services).await.unwrap();
    assert!(shop.text(PROFILE).await.starts_with(&format!("Boulangerie SARL|FR|{NUMBER}|CONFIRMED|t|SIMULATED")));
}

#[tokio::test]
async fn what_is_wrong_with_a_number_is_said_on_its_field_and_nothing_is_ordered() {
    let (shop, vies) = shop_with_vies().await;
    vies.forget("FR23334175221");
    for (typed, country, says) in [
        ("FR40303265046", "FR", "Check its digits"),
        ("DE136695976", "FR", "is the start of a number of Germany"),
        ("CHE123456788", "CH", "those of EU countries"),
        ("FR23334175221", "FR", "does not know this number"),
    ] {
        let input = CheckoutInput { country: country.to_owned(), ..business(typed, anna()) };
        for faults in [faults(shop.quote(&input).await), faults(shop.try_start(input.clone()).await)] {
            assert_eq!(fields(&faults), ["vatNumber"], "{typed}");
            assert!(faults[0].message.contains(says), "{typed}: {}", faults[0].message);
        }
    }
    let nameless = CheckoutInput { company_name: Some(" ".to_owned()), ..business(NUMBER, anna()) };
    assert_eq!(fields(&faults(shop.try_start(nameless).await)), ["companyName"]);
    assert_eq!(shop.number("select count(*) from checkout_sessions").await, 0);
    // A number that was given just now is known after a while.
    assert_eq!(vies.queries().len(), 2);
    shop.t.clock.advance(Duration::minutes(11));
    assert_eq!(fields(&faults(shop.quote(&business("FR23334175221", anna())).await)), ["vatNumber"]);
    assert_eq!(vies.queries().len(), 3);
}

#[tokio::test]
async fn an_order_under_an_existing_account_is_invoiced_to_the_business_and_changes_no_profile() {
    let (shop, _) = shop_with_vies().await;
    shop.buy(anna()).await;
    shop.buy(business(NUMBER, order("anna@bakery.example", "second.example"))).await;
    assert_eq!(shop.text(INVOICE).await, format!("Boulangerie SARL|FR|{NUMBER}|REVERSE_CHARGE|0|900"));
    assert_eq!(shop.text(EVIDENCE).await, format!("ADDRESS FR, VAT_NUMBER FR {NUMBER} SIMULATED0000001"));
    assert_eq!(shop.number("select count(*) from billing_profiles").await, 0);
    assert_eq!(shop.made().await.tenants, 1);
}

#[tokio::test]
async fn a_peer_has_vies_asked_about_so_many_numbers_an_hour_and_no_more() {
    let (shop, vies) = shop_with_vies().await;
    // Danish numbers that are well-formed: digits weighed by 2, 7, 6, 5, 4, 3, 2, 1 are a multiple of 11.
    let weighed =
        |n: u32| format!("{n:08}").bytes().zip([2, 7, 6, 5, 4, 3, 2, 1]).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum::<u32>();
    let numbers: Vec<u32> = (13_585_628_u32..).filter(|n| weighed(*n) % 11 == 0).take(25).collect();
    let ask = async |n: u32| {
        let input = CheckoutInput { country: "DK".to_owned(), ..business(&n.to_string(), anna()) };
        shop.quote(&input).await.map_err(|error| error.to_string())
    };
    for n in &numbers[..20] {
        assert!(ask(*n).await.is_ok());
    }
    for n in &numbers[20..] {
        assert!(ask(*n).await.is_err(), "{n}");
    }
    assert_eq!(vies.queries().len(), 20);
    assert!(ask(numbers[0]).await.is_ok(), "what VIES has said is still known");
    shop.t.clock.advance(Duration::minutes(61));
    assert!(ask(numbers[24]).await.is_ok());
}
