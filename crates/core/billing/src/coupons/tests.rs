use super::*;
use crate::checkout::tests::{Made, ONE, Shop, anna, faults, fields, order};
use model::{actor::Actor, billing::checkout::CheckoutInput, permission::CouponsWrite};
use proptest::prelude::*;
use terms::Terms;

/// A coupon of this percentage for the first period.
pub(crate) fn percent(code: &str, percent: &str) -> CouponInput {
    CouponInput {
        code: code.to_owned(),
        percent: percent.to_owned(),
        amount: String::new(),
        currency: String::new(),
        duration: "ONCE".to_owned(),
        periods: String::new(),
        products: String::new(),
        max_redemptions: String::new(),
        once_per_customer: None,
        last_day: String::new(),
    }
}

async fn try_offer(shop: &Shop, input: CouponInput) -> Result<CouponView> {
    let staff = shop.t.db.user(&format!("staff{}@example.com", Uuid::now_v7().simple()), Some("PLATFORM_ADMIN")).await;
    let tx = shop.t.services.db.platform::<CouponsWrite>(&staff).await.unwrap();
    create(&shop.t.services, tx, input).await
}

/// Creates a coupon.
pub(crate) async fn offer(shop: &Shop, input: CouponInput) -> CouponView {
    try_offer(shop, input).await.unwrap()
}

fn with(input: CheckoutInput, code: &str) -> CheckoutInput {
    CheckoutInput { coupon_code: Some(code.to_owned()), ..input }
}

/// What the field of the code says about it.
async fn refusal(shop: &Shop, input: CheckoutInput) -> String {
    let faults = faults(shop.try_start(input).await);
    assert_eq!(fields(&faults), ["couponCode"]);
    faults[0].message.clone()
}

proptest! {
    #[test]
    fn a_coupon_never_takes_more_than_there_is(
        nets in proptest::collection::vec(0_i64..1_000_000_000, 1..6), percent in 1_i32..=10_000, amount in 1_i64..2_000_000_000, is_percent: bool,
    ) {
        let terms = Terms {
            code: "X".to_owned(),
            percent_bp: is_percent.then_some(percent),
            amount: (!is_percent).then_some(amount),
            currency: None,
            periods: None,
            products: Vec::new(),
        };
        let discounts = terms.discounts(nets.iter().map(|net| ("p", *net)), terms.whole_amount());
        for (net, discount) in nets.iter().zip(&discounts) {
            prop_assert!((0..=*net).contains(discount));
            if is_percent {
                // Twice the exact share is at most one unit away from twice the rounded one.
                prop_assert!((i128::from(*discount) * 10_000 - i128::from(*net) * i128::from(percent)).abs() * 2 <= 10_000);
            }
        }
        if !is_percent {
            prop_assert_eq!(discounts.iter().sum::<i64>(), amount.min(nets.iter().sum()));
        }
    }
}

#[tokio::test]
async fn a_code_is_taken_off_each_line_as_the_quote_says_and_stands_on_the_invoice() {
    let shop = Shop::open().await;
    offer(&shop, CouponInput { products: "wordpress".to_owned(), ..percent("spring-33", "33.33") }).await;
    let input = with(CheckoutInput { add_ons: vec!["disk-10".to_owned()], ..anna() }, " Spring-33 ");
    let shown = shop.quote(&input).await.unwrap();
    // 33.33 % of 9.00, and nothing of the add-on's 2.00; 19 % of 8.00.
    assert_eq!(shown.lines.iter().map(|line| line.net).collect::<Vec<_>>(), [900, 200, -300]);
    assert_eq!((shown.net.minor, shown.tax.minor, shown.total.minor), (800, 152, 952));
    assert_eq!(shown.coupon.as_deref(), Some("SPRING-33: 33.33 % off the first period"));
    shop.buy(input).await;
    assert_eq!(shop.text("select concat_ws(' ', net, tax, total, status) from invoices").await, "800 152 952 PAID");
    assert_eq!(shop.text("select description from invoice_lines where net < 0").await, "Coupon SPRING-33: WordPress");
    let mut tx = shop.t.services.db.system("test").await.unwrap();
    let coupon = list(&shop.t.services, &mut tx, &PageRequest::default()).await.unwrap().rows.remove(0);
    let detail = get(&shop.t.services, &mut tx, coupon.id).await.unwrap();
    assert_eq!((detail.coupon.uses, detail.redemptions.len(), detail.redemptions[0].discounted.minor), (1, 1, 300));
}

#[tokio::test]
async fn of_many_buyers_at_once_one_gets_the_last_of_a_coupon() {
    let shop = Shop::open().await;
    offer(&shop, CouponInput { max_redemptions: "1".to_owned(), ..percent("LAST", "50") }).await;
    let orders: Vec<_> = (0..6).map(|n| with(order(&format!("buyer{n}@example.com"), &format!("site{n}.example")), "LAST")).collect();
    let answers = futures::future::join_all(orders.into_iter().map(|input| shop.try_start(input))).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 5));
    for answer in lost {
        assert_eq!(faults(answer)[0].message, "This code has been used up.");
    }
    // Paid, it stays so; nobody gets it afterwards.
    let winner = won.into_iter().next().unwrap().unwrap();
    let event = shop.paid(winner.id, "evt_last").await;
    shop.deliver(&event).await;
    shop.t.clock.advance(chrono::Duration::days(1));
    assert_eq!(refusal(&shop, with(order("late@example.com", "late.example"), "LAST")).await, "This code has been used up.");
}

#[tokio::test]
async fn an_order_that_can_no_longer_be_paid_holds_no_coupon() {
    let shop = Shop::open().await;
    offer(&shop, CouponInput { max_redemptions: "1".to_owned(), ..percent("LAST", "50") }).await;
    shop.start(with(anna(), "LAST")).await;
    assert_eq!(refusal(&shop, with(order("bob@example.com", "bob.example"), "LAST")).await, "This code has been used up.");
    shop.t.clock.advance(shop.t.services.settings.checkout_lifetime + crate::checkout::PAYMENT_GRACE + chrono::Duration::seconds(1));
    shop.start(with(order("bob@example.com", "bob.example"), "LAST")).await;
}

#[tokio::test]
async fn a_code_that_cannot_be_used_is_refused_on_its_field_with_the_reason() {
    let shop = Shop::open().await;
    assert_eq!(refusal(&shop, with(anna(), "nonsense")).await, "This code is not valid.");
    let day = (shop.t.services.now() + chrono::Duration::days(2)).format("%Y-%m-%d").to_string();
    offer(&shop, CouponInput { last_day: day, ..percent("SHORT", "10") }).await;
    offer(&shop, CouponInput { products: "node".to_owned(), ..percent("NODE", "10") }).await;
    offer(&shop, CouponInput { percent: String::new(), amount: "5".to_owned(), currency: "JPY".to_owned(), ..percent("YEN", "") }).await;
    offer(&shop, CouponInput { once_per_customer: Some("on".to_owned()), ..percent("ONE-EACH", "10") }).await;
    assert_eq!(refusal(&shop, with(anna(), "NODE")).await, "This code is not for the products of this order.");
    assert_eq!(refusal(&shop, with(anna(), "YEN")).await, "This code is for another currency.");
    shop.buy(with(anna(), "ONE-EACH")).await;
    assert!(refusal(&shop, with(order("anna@bakery.example", "second.example"), "ONE-EACH")).await.contains("once per customer"));
    shop.start(with(order("bob@example.com", "bob.example"), "ONE-EACH")).await;
    let ended = offer(&shop, percent("ENDED", "10")).await;
    let staff = shop.t.db.user("staff@example.com", Some("PLATFORM_ADMIN")).await;
    deactivate(shop.t.services.db.platform(&staff).await.unwrap(), ended.id).await.unwrap();
    assert!(deactivate(shop.t.services.db.platform(&staff).await.unwrap(), ended.id).await.is_err(), "it is inactive already");
    assert_eq!(refusal(&shop, with(order("bob@example.com", "bob2.example"), "ENDED")).await, "This code is not valid.");
    shop.t.clock.advance(chrono::Duration::days(3));
    assert_eq!(refusal(&shop, with(order("bob@example.com", "bob3.example"), "SHORT")).await, "This code has expired.");
}

#[tokio::test]
async fn an_order_of_nothing_is_carried_out_at_once_without_a_payment() {
    let shop = Shop::open().await;
    offer(&shop, percent("FREE", "100")).await;
    let tx = shop.t.services.db.public(Actor::Visitor).await.unwrap();
    let session = crate::checkout::start(&shop.t.services, tx, with(anna(), "FREE")).await.unwrap();
    assert!(session.payment_url.starts_with("http://panel.example/checkout/result/"), "{}", session.payment_url);
    assert_eq!(shop.made().await, Made { users: 2, ..ONE }, "and the one who has made the coupon");
    assert_eq!(shop.text("select concat_ws(' ', i.total, i.status, c.status) from invoices i, checkout_sessions c").await, "0 PAID PAID");
    assert_eq!(shop.number("select count(*) from payments").await, 0);
}

#[tokio::test]
async fn all_faults_of_a_coupon_come_at_once() {
    let shop = Shop::open().await;
    let wrong = CouponInput {
        code: "no spaces".to_owned(),
        amount: "1.00".to_owned(),
        duration: "REPEATING".to_owned(),
        periods: "0".to_owned(),
        products: "wordpress\nnothing".to_owned(),
        max_redemptions: "-1".to_owned(),
        last_day: "2020-01-01".to_owned(),
        ..percent("", "101")
    };
    assert_eq!(fields(&faults(try_offer(&shop, wrong).await)), ["code", "amount", "periods", "products", "max_redemptions", "last_day"]);
    for (field, input) in [
        ("percent", percent("A1", "")),
        ("percent", percent("A1", "0")),
        ("currency", CouponInput { amount: "1.00".to_owned(), ..percent("A1", "") }),
        ("duration", CouponInput { duration: "SOMETIMES".to_owned(), ..percent("A1", "5") }),
    ] {
        assert_eq!(fields(&faults(try_offer(&shop, input).await)), [field]);
    }
    offer(&shop, percent("TWICE", "5")).await;
    assert_eq!(fields(&faults(try_offer(&shop, percent("twice", "5")).await)), ["code"]);
}

#[tokio::test]
async fn codes_cannot_be_guessed_without_limit() {
    let shop = Shop::open().await;
    offer(&shop, percent("RIGHT", "10")).await;
    let asked = async |code: &str| faults(shop.quote(&with(anna(), code)).await)[0].message.clone();
    for _ in 0..30 {
        assert_eq!(asked("SAME").await, "This code is not valid.", "a form that asks again guesses nothing");
    }
    for n in 1..redeem::WRONG_CODES_PER_HOUR {
        assert_eq!(asked(&format!("GUESS-{n}")).await, "This code is not valid.");
    }
    assert_eq!(asked("RIGHT").await, "Too many attempts. Try again later.");
    assert_eq!(refusal(&shop, with(anna(), "RIGHT")).await, "Too many attempts. Try again later.");
    shop.start(anna()).await;
    shop.t.clock.advance(chrono::Duration::minutes(61));
    shop.start(with(order("bob@example.com", "bob.example"), "RIGHT")).await;
}

#[tokio::test]
async fn a_coupon_for_once_counts_the_customer_and_not_the_spelling_of_the_address() {
    let shop = Shop::open().await;
    offer(&shop, CouponInput { once_per_customer: Some("on".to_owned()), ..percent("ONCE", "50") }).await;
    let declined = shop.start(with(anna(), "ONCE")).await;
    sqlx::query("update checkout_sessions set status = 'DECLINED' where id = $1")
        .bind(declined.id)
        .execute(&mut shop.t.db.owner().await)
        .await
        .unwrap();
    let again = || with(order("Anna+2@bakery.example", "second.example"), "ONCE");
    assert!(refusal(&shop, again()).await.contains("once per customer"), "the declined order can still be paid");
    let event = shop.paid(declined.id, "evt_once").await;
    shop.deliver(&event).await;
    shop.t.clock.advance(chrono::Duration::days(1));
    assert!(refusal(&shop, again()).await.contains("once per customer"));
    // An owner of the account under an address of its own.
    let tenant = model::ids::TenantId(sqlx::query_scalar("select id from tenants").fetch_one(&mut shop.t.db.owner().await).await.unwrap());
    let partner = shop.t.db.user("partner@bakery.example", None).await;
    shop.t.db.member(tenant, &partner, "TENANT_OWNER").await;
    assert!(refusal(&shop, with(order("partner@bakery.example", "third.example"), "ONCE")).await.contains("once per customer"));
}

#[tokio::test]
async fn a_coupon_for_once_is_looked_at_again_when_the_order_is_carried_out() {
    let shop = Shop::open().await;
    offer(&shop, CouponInput { once_per_customer: Some("on".to_owned()), ..percent("ONCE", "50") }).await;
    let first = shop.start(with(anna(), "ONCE")).await;
    let second = shop.start(with(order("partner@bakery.example", "second.example"), "ONCE")).await;
    let event = shop.paid(first.id, "evt_1").await;
    assert_eq!(shop.deliver(&event).await, crate::checkout::Outcome::Processed);
    // Both turn out to be one account.
    let tenant = model::ids::TenantId(sqlx::query_scalar("select id from tenants").fetch_one(&mut shop.t.db.owner().await).await.unwrap());
    let partner = shop.t.db.user("partner@bakery.example", None).await;
    shop.t.db.member(tenant, &partner, "TENANT_OWNER").await;
    let event = shop.paid(second.id, "evt_2").await;
    assert!(matches!(shop.deliver(&event).await, crate::checkout::Outcome::Refused(reason) if reason.contains("coupon")));
    assert_eq!(shop.number("select count(*) from coupon_redemptions").await, 1);
}
