//! Random sequences of changes. The sum of all documents is what the calendar says of what was had: each second of each item at its price.

use super::*;
use crate::{
    coupons::tests::{offer, percent},
    subscriptions::period,
    tests::year::random::Random,
};
use model::billing::coupons::CouponInput;

/// Parts of a minor unit in which the calendar's sum is computed: no rounding of it can be seen.
const PARTS: i128 = 1_000_000;

/// What a subscription is, from a moment on.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
struct State {
    anchor: Time,
    period_start: Time,
    renews_at: Time,
    cycle: BillingCycle,
    /// Price of a period of everything, without the coupon.
    net: i64,
}

/// What was had, and since when.
struct Had(Vec<(Time, State)>);

impl Had {
    /// Reads what it is now. `changed` is the moment of a change that was made at once; another one came with its period.
    async fn note(&mut self, life: &Life, changed: Option<Time>) {
        let state: State = sqlx::query_as(
            "select p.anchor, p.period_start, p.renews_at, p.billing_cycle as cycle,
                    (select sum(s.price * s.quantity)::bigint from subscriptions s
                      where (s.id = p.id or s.parent_id = p.id) and s.status <> 'CANCELLED') as net
               from subscriptions p where p.id = $1",
        )
        .bind(life.subscription)
        .fetch_one(&mut life.shop.t.db.owner().await)
        .await
        .unwrap();
        let since = changed.unwrap_or(state.period_start);
        match self.0.last() {
            Some((_, last)) if (last.anchor, last.cycle, last.net) == (state.anchor, state.cycle, state.net) => {}
            _ => self.0.push((since, state)),
        }
    }

    /// What it all costs until then, in parts of a minor unit, of which a coupon takes this many hundredths of a percent.
    fn cost(&self, end: Time, off_bp: i64) -> i128 {
        let mut sum = 0;
        for (at, (since, state)) in self.0.iter().enumerate() {
            let until = self.0.get(at + 1).map_or(end, |(next, _)| *next);
            for number in 0.. {
                let (start, stop) = (period::start(state.anchor, state.cycle, number), period::start(state.anchor, state.cycle, number + 1));
                if start >= until {
                    break;
                }
                let seconds = (stop.min(until) - start.max(*since)).num_seconds().max(0);
                sum += PARTS * i128::from(state.net) * i128::from(10_000 - off_bp) * i128::from(seconds)
                    / (10_000 * i128::from((stop - start).num_seconds()));
            }
        }
        sum
    }
}

/// What a customer wants by chance.
fn wanted(random: &mut Random) -> WantedChange {
    let cycle = if random.permille(250) { BillingCycle::Yearly } else { BillingCycle::Monthly };
    let number = i32::try_from(1 + random.below(3)).unwrap();
    let add_ons = match random.below(4) {
        0 => Some(Vec::new()),
        1 | 2 => Some(vec![("disk-10".to_owned(), number)]),
        _ => None,
    };
    let plan_code = (*random.of(&["wordpress", "large", "odd"])).to_owned();
    WantedChange { plan_code, cycle, add_ons, quantity: None, at_period_end: random.permille(200) }
}

/// A sequence of changes, and the time between them.
async fn sequence(seed: u64, off_percent: i64) {
    let mut random = Random::new(seed, 0);
    let shop = Shop::open().await;
    let mut input = crate::checkout::tests::anna();
    if off_percent > 0 {
        offer(&shop, CouponInput { duration: "FOREVER".to_owned(), ..percent("ALWAYS", &off_percent.to_string()) }).await;
        input.coupon_code = Some("ALWAYS".to_owned());
    }
    let life = crate::subscriptions::tests::damage::only_billing(with_larger_plan_for(shop, "good", input).await);
    let services = &life.shop.t.services;
    let tx = services.db.platform::<ProductsWrite>(&life.admin).await.unwrap();
    let odd = ProductInput { monthly: "13.37".to_owned(), yearly: "133.31".to_owned(), ..larger("odd", 768) };
    products::create(services, tx, odd).await.unwrap();
    let mut had = Had(Vec::new());
    had.note(&life, None).await;
    let (mut roundings, mut made) = (2_i64, 0);
    while made < 10 {
        let pause = 3600 + i64::try_from(random.below(20 * 86_400)).unwrap();
        life.shop.t.clock.advance(Duration::seconds(pause));
        life.look().await;
        had.note(&life, None).await;
        // A change that has just come with its period was made in this second: the next one is after it.
        life.shop.t.clock.advance(Duration::seconds(1));
        let wanted = wanted(&mut random);
        let tx = services.db.tenant(&life.owner, life.tenant).await.unwrap();
        let preview = preview_of_tenant(services, tx, life.subscription, &wanted).await.unwrap();
        let net: i64 = preview.lines.iter().map(|line| line.net.minor).sum();
        assert_eq!(net, preview.net.minor, "seed {seed}");
        assert!(
            preview.due.minor >= 0 && preview.due.minor <= preview.total.minor.max(0) && preview.total_then.minor >= 0,
            "seed {seed}: {preview:?}"
        );
        if !preview.obstacles.is_empty() {
            continue;
        }
        let at_once = (!wanted.at_period_end).then_some(preview.at);
        // Each line is rounded once, and so is what a coupon takes off it.
        roundings += i64::try_from(preview.lines.len()).unwrap() * 2;
        agree_to(&life, wanted, &preview).await.unwrap();
        had.note(&life, at_once).await;
        made += 1;
    }
    // A period has just begun, and the next one is not invoiced yet.
    let end = loop {
        life.shop.t.clock.advance(Duration::days(1));
        life.look().await;
        had.note(&life, None).await;
        let last = life.detail().await.subscription;
        if last.renews_at - services.now() > Duration::days(8) {
            break last.renews_at;
        }
    };
    let periods = life.shop.number("select count(*) from invoice_lines where net < 0 and description like 'Coupon %'").await;
    let charged = i128::from(life.shop.number("select sum(net)::bigint from invoices").await) * PARTS;
    let cost = had.cost(end, off_percent * 100);
    let most = i128::from(roundings + periods) * PARTS / 2;
    assert!((charged - cost).abs() <= most, "seed {seed}: charged {charged}, by the calendar {cost}, {most} may be rounded; {:#?}", had.0);
    let wrong = "select count(*) from invoices i where (kind = 'INVOICE' and (net < 0 or tax < 0 or total < 0 or open_amount(i) < 0))
                     or (kind = 'CREDIT_NOTE' and (net > 0 or tax > 0 or total > 0))";
    assert_eq!(life.shop.number(wrong).await, 0, "seed {seed}: a charge is never negative");
    assert_eq!(life.shop.number("select count(*) from payments where amount <= 0").await, 0, "seed {seed}");
    life.check_books().await;
}

#[tokio::test]
async fn charges_less_credits_of_any_sequence_of_changes_are_what_the_calendar_says() {
    for seed in 1..=4 {
        sequence(seed, 0).await;
    }
}

#[tokio::test]
async fn charges_less_credits_of_any_sequence_of_changes_with_a_coupon_are_what_the_calendar_says_of_the_rest() {
    for (seed, off_percent) in [(11, 20), (12, 33), (13, 100), (14, 7)] {
        sequence(seed, off_percent).await;
    }
}
