//! What is sold, in three currencies: three plans of one stack, an add-on, and one that is too cheap for a card.

use crate::{coupons, products};
use db::Caller;
use engine::Services;
use model::{
    billing::{coupons::CouponInput, products::ProductInput},
    money::Currency,
};

/// Currencies without, with two, and with three decimals.
pub(super) const CURRENCIES: [Currency; 3] = [Currency::Eur, Currency::Jpy, Currency::Kwd];

/// Plans, the smallest first. Where a product has a price for each currency, these become one.
pub(super) fn plans(currency: Currency) -> [String; 3] {
    ["small", "medium", "large"].map(|size| format!("{size}-{}", currency.as_str().to_lowercase()))
}

/// Add-ons.
pub(super) fn add_ons(currency: Currency) -> [String; 2] {
    ["disk", "sticker"].map(|name| format!("{name}-{}", currency.as_str().to_lowercase()))
}

/// Codes of coupons that fit orders in this currency.
pub(super) fn codes(currency: Currency) -> [String; 3] {
    ["FIFTH", "ALLFREE", "LESS"].map(|code| if code == "LESS" { format!("LESS-{currency}") } else { code.to_owned() })
}

/// Puts everything on sale.
pub(super) async fn load(services: &Services, staff: &Caller) {
    for currency in CURRENCIES {
        // A month and a year of each plan, of the two add-ons, and what the smallest plan costs to set up.
        let prices = match currency {
            Currency::Jpy => [("301", "3010"), ("907", "9070"), ("1999", "19990"), ("203", "2030"), ("35", "350"), ("499", "")],
            Currency::Kwd => [("1.005", "10.050"), ("3.333", "33.330"), ("7.777", "77.770"), ("0.255", "2.550"), ("0.035", "0.350"), ("0.505", "")],
            _ => [("3.01", "30.10"), ("9.07", "90.70"), ("19.99", "199.90"), ("2.03", "20.30"), ("0.35", "3.50"), ("4.99", "")],
        };
        let (plans, add_ons) = (plans(currency), add_ons(currency));
        for (at, code) in plans.iter().enumerate() {
            let size = 1 << at;
            let input = ProductInput {
                trial_days: if at == 1 { "14".to_owned() } else { String::new() },
                setup_fee: if at == 0 { prices[5].0.to_owned() } else { String::new() },
                ..product(code, currency, prices[at], size)
            };
            products::ensure(services, input).await.unwrap();
        }
        for (at, code) in add_ons.iter().enumerate() {
            let input = ProductInput { kind: "ADDON".to_owned(), stack: String::new(), tasks: 0, ..product(code, currency, prices[3 + at], 1) };
            products::ensure(services, input).await.unwrap();
        }
        let less = match currency {
            Currency::Jpy => "150",
            Currency::Kwd => "1.003",
            _ => "2.90",
        };
        coupon(services, staff, &codes(currency)[2], ("", less), ("REPEATING", "3"), currency.as_str()).await;
    }
    coupon(services, staff, "FIFTH", ("20", ""), ("FOREVER", ""), "").await;
    coupon(services, staff, "ALLFREE", ("100", ""), ("ONCE", ""), "").await;
}

fn product(code: &str, currency: Currency, (monthly, yearly): (&str, &str), size: i32) -> ProductInput {
    ProductInput {
        code: code.to_owned(),
        name: code.to_owned(),
        description: String::new(),
        kind: "CLOUDPOD".to_owned(),
        monthly: monthly.to_owned(),
        yearly: yearly.to_owned(),
        currency: currency.as_str().to_owned(),
        trial_days: String::new(),
        setup_fee: String::new(),
        features: String::new(),
        stack: "STATIC".to_owned(),
        runtime: String::new(),
        cpu_millis: 100 * size,
        memory_mb: 64 * size,
        disk_mb: 256 * size,
        tasks: 32,
        sleep_after_minutes: String::new(),
        sleep_is_optional: None,
        sites: String::new(),
        network: String::new(),
        active: Some("on".to_owned()),
    }
}

async fn coupon(services: &Services, staff: &Caller, code: &str, (percent, amount): (&str, &str), (duration, periods): (&str, &str), currency: &str) {
    let input = CouponInput {
        code: code.to_owned(),
        percent: percent.to_owned(),
        amount: amount.to_owned(),
        currency: currency.to_owned(),
        duration: duration.to_owned(),
        periods: periods.to_owned(),
        products: String::new(),
        max_redemptions: String::new(),
        once_per_customer: None,
        last_day: String::new(),
    };
    coupons::create(services, services.db.platform(staff).await.unwrap(), input).await.unwrap();
}
