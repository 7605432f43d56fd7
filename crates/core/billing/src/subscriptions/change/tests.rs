mod add_ons;
mod coupon;
mod damage;
mod ending;
mod other_tax;
mod quantity;
mod schedule;
mod sequences;

use super::*;
use crate::{checkout::tests::Shop, payments::tests::shaky_shop, subscriptions::tests::life::Life};
use chrono::Duration;
use model::{
    billing::{checkout::CheckoutInput, payments::DisputeStatus, products::ProductInput, subscriptions::SubscriptionStatus},
    money::Money,
    permission::ProductsWrite,
};
use proptest::prelude::*;
use serde_json::Value;

/// The worked cases: each was computed with exact fractions, independently of this code.
#[test]
fn parts_of_periods_are_those_of_the_worked_cases() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("cases.json")).unwrap();
    let mut checked = 0;
    for case in &cases {
        let (time, number) = (|name: &str| -> Time { case[name].as_str().unwrap().parse().unwrap() }, |name: &str| case[name].as_i64().unwrap());
        let currency = || case["currency"].as_str().unwrap().parse().unwrap();
        let name = &case["name"];
        let months = i32::try_from(case["interval_months"].as_i64().unwrap_or(1)).unwrap();
        let cycle = |months: i64| if months == 12 { BillingCycle::Yearly } else { BillingCycle::Monthly };
        let start = |n: i32| crate::subscriptions::period::start(time("anchor"), cycle(i64::from(months)), n);
        let running = || {
            let n = (0..200).take_while(|n| start(*n) <= time("at")).last().unwrap();
            (start(n), start(n + 1))
        };
        match case["kind"].as_str().unwrap() {
            "change_now_same_period" => {
                let period = running();
                assert_eq!(period, (time("period_start"), time("period_end")), "{name}");
                let credit = -prorate::share(number("old_price") * number("old_quantity"), time("at"), period).unwrap();
                let charge = prorate::share(number("new_price") * number("new_quantity"), time("at"), period).unwrap();
                let net = Money::new(credit + charge, currency());
                let tax = net.share(i32::try_from(number("tax_rate_bp")).unwrap()).unwrap();
                assert_eq!((credit, charge, net.minor, tax.minor), (number("credit"), number("charge"), number("net"), number("tax")), "{name}");
            }
            "change_of_interval_now" => {
                let credit = -prorate::share(number("old_price"), time("at"), running()).unwrap();
                let net = Money::new(credit + number("new_price"), currency());
                let tax = net.share(i32::try_from(number("tax_rate_bp")).unwrap()).unwrap();
                assert_eq!((credit, net.minor, tax.minor), (number("credit"), number("net"), number("tax")), "{name}");
                let end = crate::subscriptions::period::end(time("at"), cycle(number("new_interval_months")));
                assert_eq!(end, time("new_period_end"), "{name}");
            }
            "periods" => {
                for (n, expected) in case["starts"].as_array().unwrap().iter().enumerate() {
                    assert_eq!(start(i32::try_from(n).unwrap()), expected.as_str().unwrap().parse::<Time>().unwrap(), "{name} {n}");
                }
            }
            other => panic!("unknown kind {other}"),
        }
        checked += 1;
    }
    assert!(checked >= 20, "{checked}");
}

proptest! {
    /// A period cut in two costs what it costs whole, but for the one rounding of each part; and a part never costs more than the whole.
    #[test]
    fn the_parts_of_a_period_add_up(amount in 0_i64..1_000_000_000, whole in 1_i64..40_000_000, cut in 0_i64..40_000_000) {
        let start: Time = "2026-01-31T10:00:00Z".parse().unwrap();
        let cut = cut % (whole + 1);
        let (end, at) = (start + Duration::seconds(whole), start + Duration::seconds(cut));
        let rest = prorate::share(amount, at, (start, end)).unwrap();
        let used = prorate::share(amount, end - Duration::seconds(cut), (start, end)).unwrap();
        prop_assert!((0..=amount).contains(&rest));
        prop_assert!((rest + used - amount).abs() <= 1, "{rest} + {used} of {amount}");
        prop_assert_eq!(prorate::share(-amount, at, (start, end)).unwrap(), -rest, "a credit is the negative of the same computation");
    }
}

proptest! {
    /// Of what was charged for several after a coupon, the rest of those that are left comes back: computed exactly and rounded once, never more.
    #[test]
    fn the_rest_of_what_was_charged_is_rounded_once(
        net in 0_i64..1_000_000_000, off in 0_i64..1000, of in 1_i32..50, left in 1_i32..60, whole in 1_i64..40_000_000, cut in 0_i64..40_000_000,
    ) {
        let start: Time = "2026-01-31T10:00:00Z".parse().unwrap();
        let (end, rest) = (start + Duration::seconds(whole), cut % (whole + 1));
        let discount = (net * off / 1000).max(i64::from(net > 0));
        let charged = crate::coupons::Charged {
            item: SubscriptionId(uuid::Uuid::nil()), quantity: of, net, discount, period_start: start, period_end: end,
        };
        let back = prorate::unused(net, left, Some(&charged), end - Duration::seconds(rest), (start, end)).unwrap();
        if discount > 0 {
            // Twice the exact part is at most one unit away from twice the rounded one.
            let (paid, parts, of) = (i128::from(net - discount), i128::from(left.min(of)), i128::from(of));
            let (exact, whole) = (paid * parts * i128::from(rest), of * i128::from(whole));
            prop_assert!((2 * i128::from(back) * whole - 2 * exact).abs() <= whole, "{} of {}/{}", back, exact, whole);
        }
        prop_assert!((0..=net).contains(&back));
    }
}

/// A larger plan beside the one that was bought: 27.00 a month, twice of everything.
async fn with_larger_plan(card: &str) -> Life {
    with_larger_plan_in(Shop::open().await, card).await
}

async fn with_larger_plan_in(shop: Shop, card: &str) -> Life {
    with_larger_plan_for(shop, card, crate::checkout::tests::anna()).await
}

async fn with_larger_plan_for(shop: Shop, card: &str, input: CheckoutInput) -> Life {
    let life = Life::begin_with(shop, "2027-03-01T08:00:00Z", card, input).await;
    let services = &life.shop.t.services;
    let input = |code: &str, price: &str, memory_mb: i32| ProductInput { monthly: price.to_owned(), ..larger(code, memory_mb) };
    for (code, price, memory_mb) in [("large", "27.00", 1024), ("huge", "900.00", 100_000_000)] {
        let tx = services.db.platform::<ProductsWrite>(&life.admin).await.unwrap();
        products::create(services, tx, input(code, price, memory_mb)).await.unwrap();
    }
    life
}

/// A plan of that stack with so much memory.
fn larger(code: &str, memory_mb: i32) -> ProductInput {
    ProductInput {
        code: code.to_owned(),
        name: code.to_owned(),
        description: String::new(),
        kind: "CLOUDPOD".to_owned(),
        monthly: "27.00".to_owned(),
        yearly: "270.00".to_owned(),
        currency: "EUR".to_owned(),
        trial_days: String::new(),
        setup_fee: String::new(),
        features: String::new(),
        stack: "WORDPRESS".to_owned(),
        runtime: String::new(),
        cpu_millis: 1000,
        memory_mb,
        disk_mb: 20_480,
        tasks: 200,
        sleep_after_minutes: String::new(),
        sleep_is_optional: None,
        sites: String::new(),
        network: String::new(),
        active: Some("on".to_owned()),
    }
}

async fn ask(life: &Life, code: &str, cycle: BillingCycle) -> ChangePreview {
    let services = &life.shop.t.services;
    preview_of_tenant(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), life.subscription, &to(code, cycle)).await.unwrap()
}

/// This plan and cycle, now; add-ons stay.
pub(crate) fn to(code: &str, cycle: BillingCycle) -> WantedChange {
    WantedChange { plan_code: code.to_owned(), cycle, add_ons: None, quantity: None, at_period_end: false }
}

async fn agree(life: &Life, code: &str, preview: &ChangePreview) -> Result<()> {
    agree_to(life, to(code, preview.cycle), preview).await
}

async fn agree_to(life: &Life, wanted: WantedChange, preview: &ChangePreview) -> Result<()> {
    let services = &life.shop.t.services;
    let confirmed =
        ConfirmedPreview { wanted, at: preview.at, total: preview.total.minor, due: preview.due.minor, total_then: preview.total_then.minor };
    change_of_tenant(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), life.subscription, &confirmed).await
}

#[tokio::test]
async fn an_upgrade_is_charged_exactly_as_shown_and_the_pod_gets_its_limits() {
    let life = with_larger_plan("good").await;
    life.until("2027-03-16T20:00:00Z").await;
    let preview = ask(&life, "large", BillingCycle::Monthly).await;
    // Half of March is left: 4.50 back, 13.50 to pay, 19 % of the difference.
    assert_eq!(preview.lines.iter().map(|line| line.net.minor).collect::<Vec<_>>(), [-450, 1350]);
    assert_eq!((preview.net.minor, preview.tax.minor, preview.due.minor, preview.total_then.minor), (900, 171, 1071, 3213));
    assert_eq!((preview.limits_after.memory_mb, preview.obstacles.len()), (1024, 0));
    assert_eq!(preview.before.map(|(total, cycle)| (total.minor, cycle)), Some((1071, BillingCycle::Monthly)));
    agree(&life, "large", &preview).await.unwrap();
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 1071"]);
    let mail = "select concat_ws(' ', recipient, attachment_name, body_text, body_html) from outgoing_mail where template = 'subscription_changed'";
    let mail = life.shop.text(mail).await;
    assert!(mail.starts_with("anna@bakery.example INV-2027-00002.pdf Your subscription was changed"), "{mail}");
    assert!(mail.contains("Its plan is now large.") && mail.matches("€10.71, paid").count() == 2, "in both forms: {mail}");
    let detail = life.detail().await;
    assert_eq!((detail.subscription.product_name.as_str(), detail.total.minor), ("large", 3213));
    assert_eq!(detail.subscription.renews_at.to_rfc3339(), "2027-04-01T08:00:00+00:00", "the period stays");
    life.look().await;
    assert_eq!(
        life.shop
            .text("select concat_ws(' ', memory_mb, is_applied, plan_code) from cloud_pod_quotas q join cloud_pods p on p.id = q.cloud_pod_id")
            .await,
        "1024 t large"
    );
    assert_eq!(life.shop.number("select count(*) from jobs where kind = 'SCALE_CLOUDPOD' and status = 'done'").await, 1);
    assert_eq!(life.visit().await, 200);
    life.until("2027-04-01T08:00:00Z").await;
    assert_eq!(life.invoices().await[2], "INV3 PAID 3213", "the next period costs what was shown");
    life.check_books().await;
}

#[tokio::test]
async fn a_preview_that_is_old_or_no_longer_true_is_refused_and_nothing_is_charged() {
    let life = with_larger_plan("good").await;
    let preview = ask(&life, "large", BillingCycle::Monthly).await;
    let mut cheaper = preview.clone();
    cheaper.due.minor -= 1;
    assert!(agree(&life, "large", &cheaper).await.is_err());
    let mut later = preview.clone();
    later.at += Duration::minutes(1);
    assert!(agree(&life, "large", &later).await.is_err(), "a moment to come");
    life.shop.t.clock.advance(Duration::minutes(10) + Duration::seconds(1));
    assert!(agree(&life, "large", &preview).await.is_err());
    assert_eq!(life.invoices().await, ["INV1 PAID 1071"]);
    assert_eq!(life.detail().await.subscription.product_name, "WordPress");
}

#[tokio::test]
async fn a_card_that_is_declined_leaves_the_plan_as_it_was_and_nothing_to_pay() {
    let life = with_larger_plan("empty").await;
    let preview = ask(&life, "large", BillingCycle::Monthly).await;
    let refused = agree(&life, "large", &preview).await.unwrap_err().into_api();
    assert!(refused.message.contains("declined"), "{}", refused.message);
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 VOID 2142", "CN-1 PAID -2142"]);
    // One mail says so, with the credit note; nobody has got the invoice that it cancels.
    let mails = "select string_agg(concat_ws(' ', template, attachment_name), ', ') from outgoing_mail
                  where template in ('subscription_changed', 'subscription_not_changed', 'credit_note_issued')";
    assert_eq!(life.shop.text(mails).await, "subscription_not_changed CN-2027-00001.pdf");
    let mail = life.shop.text("select body_text from outgoing_mail where template = 'subscription_not_changed'").await;
    assert!(mail.contains("You owe nothing for it.") && mail.contains("INV-2027-00002") && mail.contains("€21.42"), "{mail}");
    life.look().await;
    let detail = life.detail().await;
    assert_eq!((detail.subscription.product_name.as_str(), detail.subscription.status), ("WordPress", SubscriptionStatus::Active));
    assert_eq!(life.shop.text("select concat_ws(' ', memory_mb, reserved_memory_mb, is_applied) from cloud_pod_quotas").await, "512 t");
    assert_eq!(life.shop.number("select count(*) from jobs where kind = 'SCALE_CLOUDPOD'").await, 0);
    life.check_books().await;
}

#[tokio::test]
async fn a_downgrade_gives_credit_that_pays_for_what_comes_next() {
    let life = with_larger_plan("good").await;
    let up = ask(&life, "large", BillingCycle::Monthly).await;
    agree(&life, "large", &up).await.unwrap();
    life.until("2027-03-16T20:00:00Z").await;
    let down = ask(&life, "wordpress", BillingCycle::Monthly).await;
    assert_eq!((down.net.minor, down.total.minor, down.due.minor), (-900, -1071, 0));
    agree(&life, "wordpress", &down).await.unwrap();
    assert_eq!(life.detail().await.subscription.product_name, "WordPress");
    let mail = "select recipient || ' ' || attachment_name from outgoing_mail where template = 'credit_note_issued'";
    assert_eq!(life.shop.text(mail).await, "anna@bakery.example CN-2027-00001.pdf");
    life.until("2027-04-01T08:00:00Z").await;
    let invoices = life.invoices().await;
    assert_eq!(invoices.last().map(String::as_str), Some("INV3 PAID 1071"), "{invoices:?}");
    assert_eq!(life.shop.number("select count(*) from payments").await, 2, "the credit has paid for it");
    life.check_books().await;
}

#[tokio::test]
async fn another_billing_cycle_begins_a_period_at_once_and_credits_the_rest_of_the_old_one() {
    let life = with_larger_plan("good").await;
    life.until("2027-03-16T20:00:00Z").await;
    let preview = ask(&life, "wordpress", BillingCycle::Yearly).await;
    assert_eq!(preview.lines.iter().map(|line| line.net.minor).collect::<Vec<_>>(), [-450, 9000]);
    agree(&life, "wordpress", &preview).await.unwrap();
    let subscription = life.detail().await.subscription;
    assert_eq!(
        (subscription.period_start.to_rfc3339().as_str(), subscription.renews_at.to_rfc3339().as_str()),
        ("2027-03-16T20:00:00+00:00", "2028-03-16T20:00:00+00:00")
    );
    life.until("2027-05-01T08:00:00Z").await;
    assert_eq!(life.invoices().await.len(), 2, "nothing more is due this year");
    life.check_books().await;
}

#[tokio::test]
async fn a_change_after_the_renewal_was_invoiced_has_that_invoice_credited_and_issued_anew() {
    let life = with_larger_plan("good").await;
    life.until("2027-03-26T08:00:00Z").await;
    let preview = ask(&life, "large", BillingCycle::Monthly).await;
    agree(&life, "large", &preview).await.unwrap();
    life.until("2027-04-01T08:00:00Z").await;
    let invoices = life.invoices().await;
    assert!(invoices.contains(&"INV2 VOID 1071".to_owned()) && invoices.last() == Some(&"INV4 PAID 3213".to_owned()), "{invoices:?}");
    life.check_books().await;
}

#[tokio::test]
async fn what_keeps_a_change_from_being_made_is_said_before_it_is_confirmed() {
    let life = with_larger_plan("good").await;
    let observed =
        serde_json::json!({ "disk_bytes": 3_u64 * 1024 * 1024 * 1024, "memory_bytes": 10, "tasks": 3, "http_status": null, "title": null });
    sqlx::query("update cloud_pods set observed = $1").bind(observed).execute(&mut life.shop.t.db.owner().await).await.unwrap();
    sqlx::query("update products set metadata = jsonb_set(metadata, '{limits,disk_mb}', '2048') where code = 'large'")
        .execute(&mut life.shop.t.db.owner().await)
        .await
        .unwrap();
    let small = ask(&life, "large", BillingCycle::Monthly).await;
    assert!(small.obstacles[0].contains("uses 3072 MB of disk; the plan has 2048 MB"), "{:?}", small.obstacles);
    let services = &life.shop.t.services;
    let options = async || {
        let mut tx = services.db.tenant::<SubscriptionsRead>(&life.owner, life.tenant).await.unwrap();
        options_of_tenant(&mut tx, life.subscription).await.unwrap().too_small
    };
    let shown = options().await;
    assert_eq!(shown.iter().map(|small| (small.code.as_str(), small.is_helped_by_add_ons)).collect::<Vec<_>>(), [("large", true)], "with more disk");
    assert_eq!(shown[0].why, small.obstacles[0], "the card says what the preview says");
    sqlx::query("update products set active = false where code = 'disk-10'").execute(&mut life.shop.t.db.owner().await).await.unwrap();
    assert!(!options().await[0].is_helped_by_add_ons, "no add-on is on sale");
    assert!(agree(&life, "large", &small).await.is_err());
    let same = ask(&life, "wordpress", BillingCycle::Monthly).await;
    assert_eq!(same.obstacles, ["This is already the current plan."]);
    let huge = ask(&life, "huge", BillingCycle::Monthly).await;
    assert!(agree(&life, "huge", &huge).await.unwrap_err().into_api().message.contains("no room"));
    assert_eq!(life.invoices().await, ["INV1 PAID 1071"]);
}

#[tokio::test]
async fn a_plan_with_fewer_sites_than_a_cloudpod_has_is_not_changed_to() {
    let life = with_larger_plan("good").await;
    let mut owner = life.shop.t.db.owner().await;
    sqlx::query("update products set metadata = jsonb_set(metadata, '{limits,sites}', '1') where code = 'large'").execute(&mut owner).await.unwrap();
    assert_eq!(ask(&life, "large", BillingCycle::Monthly).await.obstacles, [""; 0], "one site is as many as it has");
    sqlx::query(
        "insert into websites (id, tenant_id, cloud_pod_id, name, stack, status, created_at)
         select gen_random_uuid(), tenant_id, id, 'more', 'STATIC', 'FAILED', now() from cloud_pods",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    let fewer = ask(&life, "large", BillingCycle::Monthly).await;
    assert!(fewer.obstacles.len() == 1 && fewer.obstacles[0].ends_with(" has 2 sites; the plan has 1."), "{:?}", fewer.obstacles);
    assert_eq!((fewer.limits_before.sites, fewer.limits_after.sites), (20, 1));
    assert!(agree(&life, "large", &fewer).await.is_err());
}

#[tokio::test]
async fn a_change_whose_payment_has_no_answer_yet_is_made_once_it_comes_and_is_paid_once() {
    let (shop, shaky) = shaky_shop().await;
    let life = with_larger_plan_in(shop, "good").await;
    let preview = ask(&life, "large", BillingCycle::Monthly).await;
    *shaky.lost.lock().unwrap() = 1;
    let waiting = agree(&life, "large", &preview).await.unwrap_err().into_api();
    assert!(waiting.message.contains("waiting for the payment provider"), "{}", waiting.message);
    assert_eq!(life.detail().await.subscription.product_name, "WordPress");
    let services = &life.shop.t.services;
    let tenant = services.db.tenant(&life.owner, life.tenant).await.unwrap();
    assert!(
        crate::subscriptions::cancel_at_period_end_of_tenant(services, tenant, life.subscription).await.is_err(),
        "not while it is being paid for"
    );
    life.shop.t.clock.advance(Duration::minutes(1));
    life.look().await;
    assert_eq!((life.detail().await.subscription.product_name.as_str(), life.invoices().await.len()), ("large", 2));
    let keys = shaky.keys.lock().unwrap().clone();
    assert!(keys.len() == 2 && keys[0] == keys[1], "{keys:?}");
    life.check_books().await;
}

#[tokio::test]
async fn a_change_that_is_paid_after_the_subscription_has_ended_is_credit_and_changes_nothing() {
    let (shop, shaky) = shaky_shop().await;
    let life = with_larger_plan_in(shop, "good").await;
    let preview = ask(&life, "large", BillingCycle::Monthly).await;
    *shaky.lost.lock().unwrap() = 1;
    agree(&life, "large", &preview).await.unwrap_err();
    // Its last pod is deleted meanwhile.
    sqlx::query("update subscriptions set status = 'CANCELLED', cancel_at = $1")
        .bind(life.shop.t.services.now())
        .execute(&mut life.shop.t.db.owner().await)
        .await
        .unwrap();
    life.shop.t.clock.advance(Duration::minutes(1));
    life.look().await;
    assert_eq!(life.shop.text("select status from subscription_changes").await, "FAILED");
    assert_eq!(life.shop.number("select count(*) from payments where status = 'PENDING'").await, 0);
    let credit =
        "select sum(-e.amount)::bigint - coalesce((select sum(amount) from ledger_allocations), 0)::bigint from ledger_entries e where amount < 0";
    assert_eq!(life.shop.number(credit).await, preview.due.minor, "what was paid is the account's");
    life.check_books().await;
}

#[tokio::test]
async fn a_change_back_and_forth_brings_no_money_whatever_moment_is_named() {
    let life = with_larger_plan("good").await;
    life.until("2027-03-10T08:00:00Z").await;
    let old = life.shop.t.services.now();
    life.shop.t.clock.advance(Duration::minutes(9));
    let up = ask(&life, "large", BillingCycle::Monthly).await;
    agree(&life, "large", &up).await.unwrap();
    life.shop.t.clock.advance(Duration::seconds(1));
    let mut down = ask(&life, "wordpress", BillingCycle::Monthly).await;
    let fair = down.clone();
    down.at = old;
    assert!(agree(&life, "wordpress", &down).await.is_err(), "before the last change");
    agree(&life, "wordpress", &fair).await.unwrap();
    assert!(up.total.minor + fair.total.minor >= 0, "{} {}", up.total, fair.total);
    life.check_books().await;
}

#[tokio::test]
async fn what_was_refunded_is_not_credited_again() {
    let life = with_larger_plan("good").await;
    let services = &life.shop.t.services;
    let first = life.latest_invoice().await;
    invoices::credit(services, services.db.platform(&life.admin).await.unwrap(), first, "", "A month for free.").await.unwrap();
    let yearly = ask(&life, "wordpress", BillingCycle::Yearly).await;
    assert!(yearly.obstacles.iter().any(|obstacle| obstacle.contains("More would be credited")), "{:?}", yearly.obstacles);
    assert!(agree(&life, "wordpress", &yearly).await.is_err());
}

#[tokio::test]
async fn what_the_bank_has_taken_back_is_not_credited() {
    let life = with_larger_plan("good").await;
    let services = &life.shop.t.services;
    life.until("2027-03-10T08:00:00Z").await;
    let up = ask(&life, "large", BillingCycle::Monthly).await;
    agree(&life, "large", &up).await.unwrap();
    assert_eq!(ask(&life, "wordpress", BillingCycle::Monthly).await.obstacles, Vec::<String>::new());
    let payment_ref = life.shop.text("select provider_ref from payments order by created_at, id limit 1").await;
    let dispute = async |status| {
        let dispute = adapters::payments::Dispute {
            provider_ref: "dp_1".to_owned(),
            payment_ref: payment_ref.clone(),
            amount: Money::new(1071, model::money::Currency::Eur),
            reason: "fraudulent".to_owned(),
            status,
            respond_by: None,
        };
        let mut tx = services.db.system("test").await.unwrap();
        crate::payments::dispute_changed(services, &mut tx, "sandbox", &dispute).await.unwrap().unwrap();
        tx.commit_progress().await.unwrap();
    };
    for status in [DisputeStatus::Open, DisputeStatus::Lost] {
        dispute(status).await;
        let down = ask(&life, "wordpress", BillingCycle::Monthly).await;
        assert!(down.obstacles.iter().any(|obstacle| obstacle.contains("is disputed")), "{:?}", down.obstacles);
        assert!(agree(&life, "wordpress", &down).await.is_err());
    }
    let mut tx = services.db.system("test").await.unwrap();
    let (net, _) = invoices::creditable::creditable_total(tx.conn(), life.subscription, services.now()).await.unwrap();
    assert_eq!(net, up.net.minor, "what was paid for the change is left");
}
