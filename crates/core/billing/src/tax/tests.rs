use super::*;
use crate::checkout::tests::{Shop, order};
use model::billing::checkout::CheckoutInput;

fn at(day: &str) -> Time {
    format!("{day}T00:00:00Z").parse().unwrap()
}

fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = engine::testing::settings();
    change(&mut settings);
    settings
}

#[test]
fn every_line_of_the_table_is_read_in_order_for_the_27_countries() {
    let read: Vec<_> = rates::lines().map(|line| rates::parse(line).unwrap_or_else(|| panic!("{line}"))).collect();
    assert!(read.windows(2).all(|two| (two[0].country, two[0].from) < (two[1].country, two[1].from)), "sorted, and no day twice");
    assert!(read.iter().all(|rate| country::is_known(rate.country) && (1500..=2700).contains(&rate.rate_bp)), "no rate below the law's least");
    let mut countries: Vec<_> = read.iter().map(|rate| rate.country).collect();
    countries.dedup();
    assert_eq!(countries.len(), 27);
}

#[test]
fn a_rate_is_the_one_of_its_day() {
    let settings = settings(|_| ());
    let rate = |country, day| decide(&settings, country, None, at(day)).rate_bp;
    for (country, day, expected) in [
        ("DE", "2020-06-30", 1900),
        ("DE", "2020-07-01", 1600),
        ("DE", "2020-12-31", 1600),
        ("DE", "2021-01-01", 1900),
        ("FI", "2024-08-31", 2400),
        ("FI", "2024-09-01", 2550),
        ("EE", "2025-06-30", 2200),
        ("EE", "2025-07-01", 2400),
        ("RO", "2025-08-01", 2100),
        ("SK", "2026-11-30", 2300),
        ("MC", "2026-11-30", 2000),
        ("AT", "1999-01-01", 2000),
    ] {
        assert_eq!(rate(country, day), expected, "{country} on {day}");
    }
}

#[test]
fn a_seller_in_the_eu_charges_by_the_customers_country_and_number() {
    let german = settings(|_| ());
    let told = |settings: &Settings, country, number| {
        let told = decide(settings, country, number, at("2026-11-30"));
        (told.treatment, told.rate_bp, told.note.is_empty())
    };
    let number = Some("FR40303265045");
    assert_eq!(told(&german, "DE", None), (TaxTreatment::Domestic, 1900, true));
    assert_eq!(told(&german, "DE", number), (TaxTreatment::Domestic, 1900, true), "at home a number changes nothing");
    assert_eq!(told(&german, "FR", None), (TaxTreatment::OneStopShop, 2000, true));
    assert_eq!(told(&german, "FR", number), (TaxTreatment::ReverseCharge, 0, false));
    assert_eq!(told(&german, "CH", None), (TaxTreatment::OutsideScope, 0, false));
    assert_eq!(told(&german, "US", number), (TaxTreatment::OutsideScope, 0, false));
    let small = settings(|settings| settings.eu_consumers_at_own_rate = true);
    assert_eq!(told(&small, "FR", None), (TaxTreatment::SellerRate, 1900, true));
    assert_eq!(told(&small, "FR", number), (TaxTreatment::ReverseCharge, 0, false));
    for without in ["", "12/345/67890"] {
        let seller = settings(|settings| settings.seller.tax_number = without.to_owned());
        assert_eq!(told(&seller, "FR", number), (TaxTreatment::OneStopShop, 2000, true), "reverse charge needs both numbers");
    }
    assert!(decide(&german, "FR", number, at("2026-11-30")).note.starts_with("Reverse charge"));
}

#[test]
fn a_seller_outside_the_eu_charges_the_configured_rate_at_home_only() {
    let swiss = settings(|settings| {
        settings.seller.country = "CH".to_owned();
        settings.tax_rate_bp = Some(810);
    });
    let told = |country| decide(&swiss, country, Some("FR40303265045"), at("2026-11-30"));
    assert_eq!((told("CH").treatment, told("CH").rate_bp), (TaxTreatment::Domestic, 810));
    assert_eq!((told("FR").treatment, told("FR").rate_bp), (TaxTreatment::OutsideScope, 0));
    assert_eq!(told("FR").note, "No tax: the place of supply is outside Switzerland.");
    assert!(!is_in_table("CH") && is_in_table("DE"));
}

#[tokio::test]
async fn the_invoice_of_an_order_carries_rate_treatment_and_note_of_the_customers_country() {
    let shop = Shop::open().await;
    for country in ["DE", "FR", "CH"] {
        let email = format!("{}@example.com", country.to_lowercase());
        shop.buy(CheckoutInput { country: country.to_owned(), ..order(&email, &format!("{}.example", country.to_lowercase())) }).await;
    }
    let printed =
        "select string_agg(concat_ws(' ', buyer ->> 'country', tax_treatment, tax_rate_bp, tax, left(tax_note, 6)), ', ' order by id) from invoices";
    assert_eq!(shop.text(printed).await, "DE DOMESTIC 1900 171 , FR OSS 2000 180 , CH OUTSIDE_SCOPE 0 0 No VAT");
}

/// Estonia's rate is 24 % today; the period of a renewal begins on another day than its invoice is issued.
#[tokio::test]
async fn a_renewal_has_the_rate_of_the_day_on_which_its_period_begins_and_its_credit_note_the_same() {
    let mut shop = Shop::open().await;
    shop.change(|settings| settings.seller.country = "EE".to_owned());
    shop.t.clock.advance(at("2025-05-28") - shop.t.services.now());
    shop.buy(CheckoutInput { country: "EE".to_owned(), ..order("ee@example.com", "ee.example") }).await;
    assert_eq!(shop.text("select tax_rate_bp::text from invoices").await, "2200");
    // The second period begins on June 28, the third on July 28, and is invoiced a week ahead.
    for day in ["2025-06-21", "2025-06-28", "2025-07-21"] {
        shop.t.clock.advance(at(day) - shop.t.services.now());
        engine::reconcile::run_due(&shop.t.services).await.unwrap();
    }
    let rates = "select string_agg(concat_ws(' ', period_start::date, tax_rate_bp), ', ' order by id) from invoices where kind = 'INVOICE'";
    assert_eq!(shop.text(rates).await, "2025-05-28 2200, 2025-06-28 2200, 2025-07-28 2400");
    let staff = shop.t.db.user("staff@hosting.example", Some("SUPER_ADMIN")).await;
    let last = "select id from invoices where kind = 'INVOICE' order by id limit 1";
    let id = model::ids::InvoiceId(sqlx::query_scalar(last).fetch_one(&mut shop.t.db.owner().await).await.unwrap());
    let tx = shop.t.services.db.platform(&staff).await.unwrap();
    crate::invoices::credit(&shop.t.services, tx, id, "1.00", "A fault of ours.").await.unwrap();
    assert_eq!(
        shop.text("select concat_ws(' ', tax_rate_bp, tax, tax_treatment) from invoices where kind = 'CREDIT_NOTE'").await,
        "2200 -22 DOMESTIC"
    );
}

#[tokio::test]
async fn staff_see_the_rules_and_the_rates_of_today() {
    let mut shop = Shop::open().await;
    let seen = async |shop: &Shop| {
        let mut tx = shop.t.services.db.system("test").await.unwrap();
        overview(&shop.t.services, &mut tx)
    };
    shop.t.clock.advance(at("2026-11-30") - shop.t.services.now());
    let german = seen(&shop).await;
    assert_eq!((german.own_rate_bp, german.is_in_eu, german.has_vat_number, german.rates.len()), (1900, true, true, 27));
    let estonian = german.rates.iter().find(|rate| rate.country == "EE").unwrap();
    assert_eq!((estonian.rate_bp, estonian.since), (2400, at("2025-07-01")));
    shop.change(|settings| {
        settings.seller.country = "CH".to_owned();
        settings.tax_rate_bp = Some(810);
    });
    let swiss = seen(&shop).await;
    assert_eq!((swiss.own_rate_bp, swiss.is_in_eu, swiss.has_vat_number), (810, false, false));
}

#[test]
fn a_card_from_the_eu_keeps_tax_on_what_only_the_address_makes_free_of_it() {
    let german = settings(|_| {});
    let told = |country, number, card| {
        let decision = decide_with_card(&german, country, number, card, at("2026-11-30"));
        (decision.treatment, decision.rate_bp)
    };
    assert_eq!(told("US", None, Some("NL")), (TaxTreatment::OneStopShop, 2100));
    assert_eq!(told("US", None, Some("DE")), (TaxTreatment::Domestic, 1900));
    for card in [None, Some("US"), Some("CH")] {
        assert_eq!(told("US", None, card), (TaxTreatment::OutsideScope, 0));
    }
    assert_eq!(told("US", Some("FR40303265045"), Some("FR")), (TaxTreatment::OutsideScope, 0));
    assert_eq!(told("DE", None, Some("NL")), (TaxTreatment::Domestic, 1900), "the address decides within the EU");
    assert_eq!(told("FR", None, Some("NL")), (TaxTreatment::OneStopShop, 2000));
}

#[tokio::test]
async fn another_country_in_the_profile_does_not_make_the_renewals_of_an_eu_card_free_of_tax() {
    let shop = Shop::open().await;
    shop.buy(order("de@example.com", "de.example")).await;
    let admin = shop.t.db.user("staff@hosting.example", Some("SUPER_ADMIN")).await;
    let tenant = model::ids::TenantId(sqlx::query_scalar("select id from tenants").fetch_one(&mut shop.t.db.owner().await).await.unwrap());
    let moved = model::billing::profiles::ProfileInput {
        name: "Anna".to_owned(),
        address: "1 Main Street".to_owned(),
        country: "US".to_owned(),
        vat_number: String::new(),
        contacts: String::new(),
    };
    let services = &shop.t.services;
    crate::profiles::save(services, services.db.platform(&admin).await.unwrap(), tenant, &moved).await.unwrap();
    for _ in 0..4 {
        shop.t.clock.advance(chrono::Duration::days(8));
        engine::reconcile::run_due(services).await.unwrap();
    }
    let printed = "select string_agg(concat_ws(' ', buyer ->> 'country', tax_treatment, tax_rate_bp), ', ' order by id) from invoices";
    assert_eq!(shop.text(printed).await, "DE DOMESTIC 1900, US OSS 2100", "the sandbox's cards are Dutch");
    let evidence = "select string_agg(concat_ws(' ', e.kind, e.country), ', ' order by e.kind)
                      from tax_evidence e join invoices i on i.id = e.invoice_id where i.buyer ->> 'country' = 'US'";
    assert_eq!(shop.text(evidence).await, "ADDRESS US, CARD NL", "staff see both");
}
