//! What staff do now and then: credit, refund, record transfers, write off, end a subscription. And what banks do: take back transfers, refunds and
//! disputed payments.

use super::{customers::told, world::World};
use crate::{
    invoices, ledger,
    payments::{self, record_transfer, refund, refunds},
    products::price,
    subscriptions::cancel_now,
};
use model::{
    ids::{InvoiceId, PaymentId, SubscriptionId, TenantId},
    money::{Currency, Money},
};
use serde_json::Value;
use std::collections::BTreeMap;

/// A day at the desk; what happens depends on how many customers there are.
pub(super) async fn work(world: &mut World, customers: usize, tally: &mut BTreeMap<String, usize>) {
    let services = world.services().clone();
    for _ in 0..=customers / 50 {
        if !world.random.permille(350) {
            continue;
        }
        match world.random.below(12) {
            0..6 => credit(world, tally).await,
            6 => {
                let Some((invoice, open)) = any(world, OPEN).await else { continue };
                let amount = match world.random.below(3) {
                    0 => String::new(),
                    1 => price::typed(Money::new((open.minor / 2).max(1), open.currency)),
                    _ => price::typed(Money::new(open.minor + 7, open.currency)),
                };
                let tx = services.db.platform(&world.staff).await.unwrap();
                told("record a transfer", tally, record_transfer(&services, tx, invoice, &amount, "").await);
            }
            7 => take_back(world, tally).await,
            8..10 => {
                let Some((invoice, _)) = any(world, OPEN_LONG).await else { continue };
                let tx = services.db.platform(&world.staff).await.unwrap();
                told("write off", tally, invoices::write_off(&services, tx, invoice, "Not worth a letter.").await);
            }
            10 => {
                let found: Option<(SubscriptionId, String)> =
                    sqlx::query_as(LIVE).bind(chance(world)).fetch_optional(&mut world.owner).await.unwrap();
                let Some((id, name)) = found else { continue };
                let tx = services.db.platform(&world.staff).await.unwrap();
                told("end at once", tally, cancel_now(&services, tx, id, &name).await);
            }
            // The bank of a card sends a refund back.
            _ => {
                let done = world.simulator.all("refund").into_iter().rev().find(|refund| refund["status"] == "succeeded");
                if let Some(id) = done.as_ref().and_then(|refund| refund["id"].as_str()) {
                    world.simulator.fail_refund(id);
                    *tally.entry("a refund comes back".to_owned()).or_default() += 1;
                }
            }
        }
    }
    for _ in 0..=customers / 50 {
        dispute(world, tally);
    }
    // Payments that take days arrive, or do not.
    if world.random.permille(300) {
        let is_paid = world.random.permille(800);
        world.simulator.settle(is_paid);
    }
}

const PAID: &str = "select id, net, currency from invoices where kind = 'INVOICE' and status in ('PAID', 'OPEN') and net > 0 order by issued_at, id";
const OPEN: &str =
    "select i.id, open_amount(i), i.currency from invoices i where kind = 'INVOICE' and status = 'OPEN' and due_at <= $1 order by issued_at, id";
const OPEN_LONG: &str = "select i.id, open_amount(i), i.currency from invoices i
                          where kind = 'INVOICE' and status = 'OPEN' and due_at <= $1 - interval '15 days' order by issued_at, id";
const TRANSFER: &str =
    "select p.id, p.tenant_id, p.invoice_id, i.number, p.amount, p.currency from payments p left join invoices i on i.id = p.invoice_id
                         where p.provider = 'manual' and p.status = 'SUCCEEDED' order by p.created_at desc, p.id limit 1";
const LIVE: &str = "select s.id, p.name from subscriptions s join products p on p.id = s.product_id
                     where s.parent_id is null and s.status <> 'CANCELLED'
                     order by s.started_at, s.id offset ($1 % (select count(*) + 1 from subscriptions where parent_id is null and status <> 'CANCELLED')) limit 1";

fn chance(world: &mut World) -> i64 {
    i64::try_from(world.random.below(1 << 40)).unwrap()
}

async fn any(world: &mut World, sql: &'static str) -> Option<(InvoiceId, Money)> {
    let query = sqlx::query_as(sql);
    let query = if sql.contains("$1") { query.bind(world.now()) } else { query };
    let all: Vec<(InvoiceId, i64, Currency)> = query.fetch_all(&mut world.owner).await.unwrap();
    if all.is_empty() {
        return None;
    }
    let (id, minor, currency) = *world.random.of(&all);
    Some((id, Money::new(minor, currency)))
}

/// Now and then a cardholder disputes a payment of the last weeks that was not refunded, and days later the bank decides.
fn dispute(world: &mut World, tally: &mut BTreeMap<String, usize>) {
    for open in world.simulator.all("dispute").iter().filter(|dispute| dispute["status"] == "needs_response") {
        if world.rare.permille(200) {
            let is_won = world.rare.permille(300);
            world.simulator.decide_dispute(open["id"].as_str().unwrap(), is_won);
            *tally.entry(if is_won { "a dispute is won" } else { "a dispute is lost" }.to_owned()).or_default() += 1;
        }
    }
    if !world.rare.permille(15) {
        return;
    }
    let known = world.now().timestamp() - 3 * 86_400;
    let taken: Vec<Value> = world.simulator.all("refund").into_iter().chain(world.simulator.all("dispute")).collect();
    let free = |intent: &Value| {
        intent["status"] == "succeeded"
            && intent["created"].as_i64().is_some_and(|at| at < known)
            && taken.iter().all(|other| other["payment_intent"] != intent["id"])
    };
    let payments: Vec<Value> = world.simulator.all("payment_intent").into_iter().filter(free).collect();
    let newest = &payments[payments.len().saturating_sub(10)..];
    if newest.is_empty() {
        return;
    }
    let id = world.rare.of(newest)["id"].as_str().unwrap();
    if world.simulator.dispute(id).is_some() {
        *tally.entry("a payment is disputed".to_owned()).or_default() += 1;
    }
}

/// The bank takes the latest transfer back.
async fn take_back(world: &mut World, tally: &mut BTreeMap<String, usize>) {
    let found: Option<(PaymentId, TenantId, Option<InvoiceId>, Option<String>, i64, Currency)> =
        sqlx::query_as(TRANSFER).fetch_optional(&mut world.owner).await.unwrap();
    let Some((payment, tenant, invoice, number, minor, currency)) = found else { return };
    let mut tx = world.services().db.system("test").await.unwrap();
    ledger::lock(tx.conn(), tenant).await.unwrap();
    let invoice = invoice.zip(number.as_deref());
    let done = payments::take_back(&mut tx, tenant, payment, invoice, Money::new(minor, currency), world.now()).await;
    if told("take a transfer back", tally, done).is_some() {
        tx.commit_progress().await.unwrap();
    }
}

/// Credits a part of an invoice or all of it, and refunds half of the credit notes to the card.
async fn credit(world: &mut World, tally: &mut BTreeMap<String, usize>) {
    let services = world.services().clone();
    let Some((invoice, net)) = any(world, PAID).await else { return };
    let amount = if world.random.permille(300) { String::new() } else { price::typed(Money::new((net.minor / 3).max(1), net.currency)) };
    let tx = services.db.platform(&world.staff).await.unwrap();
    let Some(note) = told("credit", tally, invoices::credit(&services, tx, invoice, &amount, "A day offline.").await) else { return };
    if world.random.permille(500) {
        let mut tx = services.db.system("test").await.unwrap();
        let number = refunds(&services, &mut tx, note).await.unwrap().number;
        drop(tx);
        let tx = services.db.platform(&world.staff).await.unwrap();
        told("refund", tally, refund(&services, tx, note, &number).await);
    }
}
