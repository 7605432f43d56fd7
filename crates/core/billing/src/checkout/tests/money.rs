use super::*;
use crate::products::price;
use model::{
    billing::products::{BillingCycle, ProductType, ProductView},
    hosting::cloudpods::{Limits, Stack},
    ids::ProductId,
    money::{Currency, Money},
};
use proptest::prelude::*;

fn product(minor: i64, currency: Currency) -> ProductView {
    ProductView {
        id: ProductId(uuid::Uuid::nil()),
        code: "p".to_owned(),
        name: "P".to_owned(),
        description: String::new(),
        kind: ProductType::Cloudpod,
        monthly: Money::new(minor, currency),
        yearly: None,
        trial_days: 0,
        setup_fee: Money::new(0, currency),
        features: Vec::new(),
        stack: Some(Stack::Static),
        runtime: None,
        limits: Limits::default(),
        active: true,
        other_prices: Vec::new(),
    }
}

fn currency() -> impl Strategy<Value = Currency> {
    proptest::sample::select(Currency::ALL)
}

proptest! {
    #[test]
    fn a_price_is_read_as_it_is_written(minor in 0..=price::HIGHEST, currency in currency()) {
        let money = Money::new(minor, currency);
        prop_assert_eq!(price::parse(&price::typed(money), currency), Ok(money));
    }

    #[test]
    fn no_other_form_is_read_as_a_price(text in "\\PC{0,12}", currency in currency()) {
        if let Ok(money) = price::parse(&text, currency) {
            let plain = text.trim().trim_start_matches('0');
            let typed = price::typed(money);
            let short = typed.split('.').next().unwrap().trim_start_matches('0');
            prop_assert!(plain == typed.trim_start_matches('0') || plain == short, "{:?} read as {}", text, typed);
        }
    }

    #[test]
    fn a_sum_adds_up_and_its_tax_is_rounded_once(
        prices in proptest::collection::vec(0..=price::HIGHEST, 1..20), rate in 0..=10_000_i32, currency in currency(),
    ) {
        let products: Vec<ProductView> = prices.iter().map(|minor| product(*minor, currency)).collect();
        let quote = quote::sum(&products[0], &products[1..], BillingCycle::Monthly, rate, None, false).unwrap();
        prop_assert_eq!(quote.net.minor, prices.iter().sum::<i64>());
        prop_assert_eq!(quote.lines.iter().map(|line| line.net).sum::<i64>(), quote.net.minor);
        prop_assert_eq!(quote.total.minor, quote.net.minor + quote.tax.minor);
        // Twice the exact tax is at most one minor unit away from twice the rounded one.
        let exact = i128::from(quote.net.minor) * i128::from(rate);
        prop_assert!((i128::from(quote.tax.minor) * 10_000 - exact).abs() * 2 <= 10_000);
    }
}

#[test]
fn figures_in_another_form_are_refused_with_the_right_one() {
    for text in ["", " ", "9,00", "9.0", "9.000", "1,290.40", "-1.00", "+1.00", "1e3", "€9.00", "9.00 EUR", ".50", "9.", "0x10", "９.00", "NaN"] {
        let message = price::parse(text, Currency::Eur).unwrap_err();
        assert!(message.contains("9.00"), "{text:?}: {message}");
    }
    assert!(price::parse("9.00", Currency::Jpy).unwrap_err().contains("whole amount"));
    assert!(price::parse("9.00", Currency::Kwd).unwrap_err().contains("3 decimals"));
    assert!(price::parse("99999999999999999999", Currency::Eur).unwrap_err().contains("at most"));
    assert_eq!(price::parse(" 9 ", Currency::Eur), Ok(Money::new(900, Currency::Eur)));
}

#[test]
fn half_a_cent_goes_away_from_zero() {
    let one = |minor, rate| quote::sum(&product(minor, Currency::Eur), &[], BillingCycle::Monthly, rate, None, false).unwrap().tax.minor;
    assert_eq!((one(50, 100), one(49, 100), one(900, 1900), one(0, 1900)), (1, 0, 171, 0));
}

#[test]
fn currencies_are_not_added_up() {
    let (euro, yen) = (product(900, Currency::Eur), product(900, Currency::Jpy));
    assert_eq!(quote::sum(&euro, &[yen], BillingCycle::Monthly, 0, None, false), None);
    assert_eq!(quote::sum(&euro, &[], BillingCycle::Yearly, 0, None, false), None);
}

#[tokio::test]
async fn the_sum_beside_the_form_is_the_sum_that_is_paid() {
    let shop = Shop::open().await;
    let input = CheckoutInput { add_ons: vec!["disk-10".to_owned()], billing_cycle: "YEARLY".to_owned(), ..anna() };
    let mut tx = shop.t.services.db.public(Actor::Visitor).await.unwrap();
    let half = CheckoutInput { email: String::new(), domain: Some("?".to_owned()), ..input.clone() };
    let shown = shop.quote(&half).await.unwrap();
    assert_eq!((shown.net.minor, shown.tax.minor, shown.total.minor), (11_000, 2_090, 13_090));
    let started = shop.start(input.clone()).await;
    let view = payment_page(&shop.t.services, &mut tx, started.id, &started.token).await.unwrap();
    assert_eq!(view.quote, shown);
    let abroad = shop.quote(&CheckoutInput { country: "fr".to_owned(), ..input }).await.unwrap();
    assert_eq!((abroad.tax.minor, abroad.total.minor, abroad.tax_rate_bp), (2_200, 13_200, 2000));
}
