//! Changes of subscriptions that have a coupon.

use super::*;
use crate::{checkout::tests::anna, coupons::tests::offer};
use model::billing::coupons::CouponInput;

pub(super) async fn with_coupon(coupon: CouponInput) -> Life {
    let shop = Shop::open().await;
    let code = coupon.code.clone();
    offer(&shop, coupon).await;
    with_larger_plan_for(shop, "good", CheckoutInput { coupon_code: Some(code), ..anna() }).await
}

pub(super) fn half(duration: &str, periods: &str) -> CouponInput {
    CouponInput { duration: duration.to_owned(), periods: periods.to_owned(), ..crate::coupons::tests::percent("HALF", "50") }
}

fn nets(preview: &ChangePreview) -> Vec<i64> {
    preview.lines.iter().map(|line| line.net.minor).collect()
}

#[tokio::test]
async fn a_change_gives_back_what_was_charged_after_the_coupon_and_the_coupon_is_taken_off_the_new_charge() {
    let life = with_coupon(half("REPEATING", "2")).await;
    life.until("2027-03-16T20:00:00Z").await;
    let up = ask(&life, "large", BillingCycle::Monthly).await;
    // 4.50 was paid for March: half of that comes back, and half of 13.50 is to pay.
    assert_eq!(nets(&up), [-225, 1350, -675]);
    assert_eq!((up.net.minor, up.due.minor, up.total_then.minor), (450, 536, 3213));
    assert_eq!(up.coupon.as_deref(), Some("Coupon HALF is taken off one more period: 50 % off."));
    agree(&life, "large", &up).await.unwrap();
    life.shop.t.clock.advance(Duration::seconds(1));
    let down = ask(&life, "wordpress", BillingCycle::Monthly).await;
    assert_eq!(nets(&down), [-675, 450, -225], "back again it is what was charged a moment ago");
    life.until("2027-05-01T08:00:00Z").await;
    let invoices = life.invoices().await;
    assert_eq!(invoices, ["INV1 PAID 536", "INV2 PAID 536", "INV3 PAID 1607", "INV4 PAID 3213"], "two periods at half the price, then no more");
    life.check_books().await;
}

#[tokio::test]
async fn an_amount_is_taken_off_the_rest_of_a_period_by_its_part() {
    let amount = CouponInput {
        percent: String::new(),
        amount: "5.00".to_owned(),
        currency: "EUR".to_owned(),
        duration: "FOREVER".to_owned(),
        ..crate::coupons::tests::percent("FIVE", "")
    };
    let life = with_coupon(amount).await;
    life.until("2027-03-16T20:00:00Z").await;
    let up = ask(&life, "large", BillingCycle::Monthly).await;
    assert_eq!(nets(&up), [-200, 1350, -250]);
    assert_eq!(up.total_then.minor, 2618, "27.00 less 5.00 each month, with tax");
    agree(&life, "large", &up).await.unwrap();
    life.until("2027-04-01T08:00:00Z").await;
    assert_eq!(life.invoices().await, ["INV1 PAID 476", "INV2 PAID 1071", "INV3 PAID 2618"]);
    life.check_books().await;
}

#[tokio::test]
async fn a_coupon_for_other_products_is_not_taken_off_the_plan_that_it_is_changed_to() {
    let life = with_coupon(CouponInput { products: "wordpress".to_owned(), ..half("FOREVER", "") }).await;
    life.until("2027-03-16T20:00:00Z").await;
    let up = ask(&life, "large", BillingCycle::Monthly).await;
    assert_eq!((nets(&up), up.total_then.minor), (vec![-225, 1350], 3213));
}

/// A sequence of numbers that looks random, from a seed.
struct Seed(u64);

impl Seed {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// For any sequence of changes, charges less credits are what the calendar says, but for the rounding of each line; nothing is negative.
#[tokio::test]
async fn whatever_is_changed_charges_less_credits_are_what_the_calendar_says() {
    for (seed, percent, bp) in [(11_u64, "33.33", 3333_i64), (12, "12.50", 1250), (13, "", 0)] {
        let life = match percent {
            "" => with_larger_plan("good").await,
            percent => with_coupon(CouponInput { percent: percent.to_owned(), duration: "FOREVER".to_owned(), ..half("FOREVER", "") }).await,
        };
        let (start, end): (Time, Time) = ("2027-03-01T08:00:00Z".parse().unwrap(), "2027-04-01T08:00:00Z".parse().unwrap());
        let mut seeds = Seed(seed);
        // What was used so far, and since when which price runs; exact, in parts of a unit.
        let (mut used, mut since, mut price, mut lines) = (0.0_f64, start, 900_i64, 2_u32);
        let cost = |price: i64, from: Time, to: Time| {
            #[expect(clippy::cast_precision_loss, reason = "far below the precision")]
            let (part, whole) = ((to - from).num_seconds() as f64, (end - start).num_seconds() as f64);
            #[expect(clippy::cast_precision_loss, reason = "far below the precision")]
            let price = price as f64 * (10_000 - bp) as f64 / 10_000.0;
            price * part / whole
        };
        for _ in 0..6 {
            life.shop.t.clock.advance(Duration::seconds(i64::try_from(seeds.below(4 * 86_400)).unwrap() + 1));
            let (code, next) = if price == 900 { ("large", 2700) } else { ("wordpress", 900) };
            let preview = ask(&life, code, BillingCycle::Monthly).await;
            assert_eq!(preview.obstacles, Vec::<String>::new(), "seed {seed}");
            agree(&life, code, &preview).await.unwrap();
            used += cost(price, since, preview.at);
            (since, price) = (preview.at, next);
            lines += u32::try_from(preview.lines.len()).unwrap();
            assert!(preview.due.minor >= 0);
        }
        let net = life.shop.number("select sum(net)::bigint from invoices where status <> 'VOID'").await;
        let exact = used + cost(price, since, end);
        #[expect(clippy::cast_precision_loss, reason = "far below the precision")]
        let difference = (net as f64 - exact).abs();
        assert!(difference <= f64::from(lines) * 0.5, "seed {seed}: {net} charged, {exact} used");
        assert_eq!(life.shop.number("select count(*) from invoices where kind = 'INVOICE' and total < 0").await, 0);
        life.check_books().await;
    }
}
