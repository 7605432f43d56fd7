//! What customers do, day by day, each by chance of its own.

use super::{catalogue, random::Random, today::Today, world::World};
use crate::{
    checkout,
    payments::{confirm_page, open_payment_page},
    subscriptions::{
        ConfirmedPreview, WantedChange, cancel_at_period_end_of_tenant, change_of_tenant, keep_of_tenant, preview_of_tenant, unschedule_of_tenant,
    },
};
use db::{Caller, testing::killed_after};
use engine::{Error, Result};
use model::{
    actor::Actor,
    billing::{checkout::CheckoutInput, products::BillingCycle},
    ids::{CheckoutId, InvoiceId, SubscriptionId, TenantId},
    money::Currency,
};
use std::collections::BTreeMap;
use stripe_simulator::Card;

/// What a use case answered: done, or an error that a person can read. Anything else is a fault of ours.
pub(super) fn told<T>(what: &str, tally: &mut BTreeMap<String, usize>, result: Result<T>) -> Option<T> {
    let (key, value) = match result {
        Ok(value) => (format!("{what}: done"), Some(value)),
        Err(Error::Api(refused)) => {
            let why = refused.fields.first().map_or(refused.message, |fault| format!("{}: {}", fault.field, fault.message));
            (format!("{what}: {why}"), None)
        }
        Err(other) => panic!("{what}: {other:?}"),
    };
    *tally.entry(key).or_default() += 1;
    value
}

/// How a customer pays what a card did not.
#[derive(Clone, Copy, Debug)]
enum Habit {
    Promptly,
    Late,
    Never,
}

pub(super) struct Customer {
    number: usize,
    random: Random,
    currency: Currency,
    country: &'static str,
    card: Card,
    habit: Habit,
    joins: i64,
    /// An order that was paid, and is not in the books yet.
    ordered: Option<CheckoutId>,
    account: Option<(TenantId, Caller)>,
}

impl Customer {
    pub fn new(seed: u64, number: usize) -> Self {
        let mut random = Random::new(seed, number as u64 + 1);
        let currency = *random.of(&catalogue::CURRENCIES);
        let country = match currency {
            Currency::Eur => *random.of(&["DE", "AT", "FR", "IE"]),
            Currency::Jpy => *random.of(&["JP", "DE"]),
            _ => *random.of(&["KW", "FR"]),
        };
        let card = match random.below(100) {
            0..62 => Card::Good,
            62..74 => Card::Empty,
            74..82 => Card::Lost,
            82..92 => Card::Challenge,
            _ => Card::Refused,
        };
        let habit = match random.below(10) {
            0..6 => Habit::Promptly,
            6..9 => Habit::Late,
            _ => Habit::Never,
        };
        let joins = i64::try_from(random.below(90)).unwrap();
        Self { number, random, currency, country, card, habit, joins, ordered: None, account: None }
    }

    /// An order that is not in the books yet.
    pub fn ordered(&self) -> Option<CheckoutId> {
        self.ordered
    }

    pub async fn act(&mut self, world: &mut World, day: i64, today: &Today, tally: &mut BTreeMap<String, usize>) {
        if day < self.joins {
            return;
        }
        self.look_for_order(world, today).await;
        if self.ordered.is_none() && (self.account.is_none() || self.random.permille(2)) {
            self.order(world, tally).await;
        }
        let Some((tenant, caller)) = self.account.clone() else { return };
        let all = today.accounts.get(&tenant);
        for (invoice, is_due) in all.iter().flat_map(|account| &account.open) {
            self.pay_what_is_open(world, (tenant, &caller), *invoice, *is_due, tally).await;
        }
        for invoice in all.iter().flat_map(|account| &account.to_confirm) {
            self.answer_the_bank(world, (tenant, &caller), *invoice, tally).await;
        }
        for (subscription, is_cancelled) in all.iter().flat_map(|account| &account.live) {
            self.change_something(world, (tenant, &caller), *subscription, *is_cancelled, tally).await;
        }
    }

    /// Whether the order has been carried out, or has expired.
    async fn look_for_order(&mut self, world: &mut World, today: &Today) {
        let Some((status, tenant)) = self.ordered.and_then(|ordered| today.orders.get(&ordered)) else { return };
        if status == "OPEN" || status == "DECLINED" {
            return;
        }
        self.ordered = None;
        if self.account.is_none()
            && let Some(tenant) = *tenant
        {
            let member = world.shop.t.db.user(&format!("owner{}@example.com", self.number), None).await;
            world.shop.t.db.member(tenant, &member, "TENANT_OWNER").await;
            self.account = Some((tenant, member));
        }
    }

    async fn order(&mut self, world: &mut World, tally: &mut BTreeMap<String, usize>) {
        let (plans, add_ons, codes) = (catalogue::plans(self.currency), catalogue::add_ons(self.currency), catalogue::codes(self.currency));
        let chosen = add_ons.iter().filter(|_| self.random.permille(300)).cloned().collect();
        let input = CheckoutInput {
            plan_code: self.random.of(&plans).clone(),
            billing_cycle: self.cycle().as_str().to_owned(),
            email: format!("customer{}@example.com", self.number),
            country: self.country.to_owned(),
            currency: None,
            address: None,
            company_name: None,
            vat_number: None,
            domain: None,
            site_title: Some(format!("Site {}", self.number)),
            is_word_press_plan: None,
            add_ons: chosen,
            coupon_code: self.random.permille(250).then(|| self.random.of(&codes).clone()),
        };
        let tx = world.services().db.public(Actor::Visitor).await.unwrap();
        let Some(session) = told("order", tally, checkout::start(world.services(), tx, input).await) else { return };
        self.ordered = Some(session.checkout_session_id);
        if session.payment_url.starts_with(world.simulator.url()) {
            // Who is declined takes another card; a few leave.
            let is_paid = world.pay(&session.payment_url, self.card).await;
            if !is_paid && self.random.permille(900) {
                world.pay(&session.payment_url, Card::Good).await;
            }
        }
    }

    fn cycle(&mut self) -> BillingCycle {
        if self.random.permille(200) { BillingCycle::Yearly } else { BillingCycle::Monthly }
    }

    async fn pay_what_is_open(
        &mut self,
        world: &mut World,
        (tenant, caller): (TenantId, &Caller),
        invoice: InvoiceId,
        is_due: bool,
        tally: &mut BTreeMap<String, usize>,
    ) {
        let often = match (is_due, self.habit) {
            (false, _) => 12,
            (true, Habit::Promptly) => 250,
            (true, Habit::Late) => 50,
            (true, Habit::Never) => 4,
        };
        if !self.random.permille(often) {
            return;
        }
        let mut urls = Vec::new();
        // One in twenty opens two pages, and pays on both.
        for _ in 0..=usize::from(self.random.permille(50)) {
            let tx = world.services().db.tenant(caller, tenant).await.unwrap();
            urls.extend(told("pay an invoice", tally, open_payment_page(world.services(), tx, invoice).await));
        }
        let card = *self.random.of(&[Card::Good, Card::Good, Card::Good, Card::Challenge, Card::Empty, Card::Refused, Card::Slow]);
        for url in urls {
            world.pay(&url, card).await;
        }
    }

    /// A charge that the bank wants to be confirmed.
    async fn answer_the_bank(
        &mut self,
        world: &mut World,
        (tenant, caller): (TenantId, &Caller),
        invoice: InvoiceId,
        tally: &mut BTreeMap<String, usize>,
    ) {
        if self.random.permille(400) {
            let tx = world.services().db.tenant(caller, tenant).await.unwrap();
            if let Some(url) = told("confirm a payment", tally, confirm_page(world.services(), tx, invoice).await) {
                world.answer_bank(&url, self.random.permille(850)).await;
            }
        }
    }

    async fn change_something(
        &mut self,
        world: &mut World,
        (tenant, caller): (TenantId, &Caller),
        id: SubscriptionId,
        is_cancelled: bool,
        tally: &mut BTreeMap<String, usize>,
    ) {
        let services = world.services().clone();
        match self.random.below(1000) {
            0..22 => self.change(world, tenant, caller, id, tally).await,
            22..25 => {
                let tx = services.db.tenant(caller, tenant).await.unwrap();
                told("take a change back", tally, unschedule_of_tenant(&services, tx, id).await);
            }
            25..31 => {
                let tx = services.db.tenant(caller, tenant).await.unwrap();
                told("cancel", tally, cancel_at_period_end_of_tenant(&services, tx, id).await);
            }
            // Who has cancelled thinks better of it; for others there is nothing to take back.
            31..70 if is_cancelled => {
                let tx = services.db.tenant(caller, tenant).await.unwrap();
                told("keep", tally, keep_of_tenant(&services, tx, id).await);
            }
            _ => {}
        }
    }

    async fn change(&mut self, world: &mut World, tenant: TenantId, caller: &Caller, id: SubscriptionId, tally: &mut BTreeMap<String, usize>) {
        let (plans, [disk, sticker]) = (catalogue::plans(self.currency), catalogue::add_ons(self.currency));
        let number = |random: &mut Random| i32::try_from(1 + random.below(3)).unwrap();
        let add_ons = match self.random.below(10) {
            0..5 => None,
            5..7 => Some(Vec::new()),
            7..9 => Some(vec![(disk, number(&mut self.random))]),
            _ => Some(vec![(sticker, number(&mut self.random)), (disk, number(&mut self.random))]),
        };
        let wanted = WantedChange {
            plan_code: self.random.of(&plans).clone(),
            cycle: self.cycle(),
            quantity: None,
            add_ons,
            at_period_end: self.random.permille(350),
        };
        let services = world.services().clone();
        let tx = services.db.tenant(caller, tenant).await.unwrap();
        let Some(preview) = told("preview", tally, preview_of_tenant(&services, tx, id, &wanted).await) else { return };
        if let Some(obstacle) = preview.obstacles.first() {
            *tally.entry(format!("change: {obstacle}")).or_default() += 1;
            return;
        }
        let (total, due, total_then) = (preview.total.minor, preview.due.minor, preview.total_then.minor);
        let confirmed = ConfirmedPreview { wanted, at: preview.at, total, due, total_then };
        let tx = services.db.tenant(caller, tenant).await.unwrap();
        let polls = self.random.below(60);
        if self.random.permille(150) {
            // The panel is gone in the middle of it.
            killed_after(polls, change_of_tenant(&services, tx, id, &confirmed)).await;
            world.counts.kills += 1;
        } else {
            told("change", tally, change_of_tenant(&services, tx, id, &confirmed).await);
        }
    }
}
