//! What must be true of the books, whatever has happened. Everything is computed from outside, from the documents and from what the provider has.

use super::world::World;
use crate::subscriptions::period;
use model::{Time, billing::products::BillingCycle};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What may not be found: a name, and the statement that finds it.
const NEVER: [(&str, &str); 14] = [
    (
        "an invoice is open that owes nothing, or the other way round",
        "select number || ' ' || status || ' ' || open_amount(i) from invoices i
          where kind = 'INVOICE' and (open_amount(i) < 0 or (status = 'OPEN') <> (open_amount(i) > 0))",
    ),
    (
        "more was used of a payment or credit than there is",
        "select e.id::text from ledger_entries e where e.amount < 0 and -e.amount < (select coalesce(sum(a.amount), 0) from ledger_allocations a where a.entry_id = e.id)",
    ),
    (
        "an invoice is not in the ledger as it is on paper",
        "select number from invoices i where total <> 0
            and (select count(*) from ledger_entries e where e.invoice_id = i.id and e.kind in ('CHARGE', 'CREDIT') and e.amount = i.total) <> 1",
    ),
    (
        "a payment is not in the ledger once, or is there and was not made",
        "select p.id::text from payments p
          where (p.status in ('SUCCEEDED', 'RETURNED'))::integer <> (select count(*) from ledger_entries e where e.payment_id = p.id and e.amount = -p.amount)",
    ),
    (
        "the ledger differs from the documents: invoices - credit notes - payments + refunds - write-offs, by account and currency",
        "select tenant_id || ' ' || currency || ' ' || sum(amount) from (
           select tenant_id, currency, amount from ledger_entries
           union all select tenant_id, currency, -total from invoices
           union all select tenant_id, currency, amount from payments where status = 'SUCCEEDED'
           union all select tenant_id, currency, -amount from refunds where status <> 'FAILED'
           union all select tenant_id, currency, -amount from ledger_entries where kind = 'WRITE_OFF') books
          group by tenant_id, currency having sum(amount) <> 0",
    ),
    (
        "what is open less what is credit is not the balance, by account and currency",
        "select tenant_id || ' ' || currency || ' ' || sum(amount) from (
           select tenant_id, currency, amount from ledger_entries
           union all select i.tenant_id, i.currency, -open_amount(i) from invoices i where kind = 'INVOICE'
           union all select e.tenant_id, e.currency, -e.amount - coalesce((select sum(a.amount) from ledger_allocations a where a.entry_id = e.id), 0)
             from ledger_entries e where e.amount < 0) books
          group by tenant_id, currency having sum(amount) <> 0",
    ),
    (
        "an invoice is credited for more than it charged",
        "select i.number from invoices i join invoices c on c.corrects_id = i.id group by i.id, i.number, i.total, i.net
          having -sum(c.total) > i.total or -sum(c.net) > i.net",
    ),
    ("lines, net, tax and total of a document do not add up", "select number from invoices i where total <> net + tax
            or (kind = 'INVOICE' and net <> (select coalesce(sum(l.net), 0) from invoice_lines l where l.invoice_id = i.id))"),
    (
        "numbers of documents have a gap",
        "select series || ' ' || count(*) || ' ' || max(n) from (select regexp_replace(number, '[0-9]+$', '') as series, substring(number from '[0-9]+$')::bigint as n
           from invoices) numbers group by series having count(*) <> max(n) or count(distinct n) <> count(*) or min(n) <> 1",
    ),
    (
        "a suspended subscription's CloudPod serves, or one that is paid for does not",
        "select p.name || ' is ' || p.status || ', its subscription ' || s.status from cloud_pods p join subscriptions s on s.id = p.subscription_id
          where p.status <> case s.status when 'SUSPENDED' then 'SUSPENDED' when 'CANCELLED' then p.status else 'RUNNING' end
             or (s.status = 'CANCELLED' and p.status not in ('DELETING', 'HELD', 'DELETED'))",
    ),
    (
        "something is served that nobody has paid for, beyond the policy",
        "select s.id || ' ' || s.status || ' ' || i.number from subscriptions s join invoices i on i.subscription_id = s.id
          where s.status in ('ACTIVE', 'PAST_DUE', 'TRIALING') and i.status = 'OPEN' and i.due_at + interval '10 days' <= $1
            and open_amount(i) >= case i.currency when 'KWD' then 160 else 50 end
            and not exists (select from payments p where p.invoice_id = i.id and p.status in ('PENDING', 'PROCESSING'))",
    ),
    (
        "something is suspended, and nothing is overdue",
        "select s.id::text from subscriptions s where s.parent_id is null and s.status in ('SUSPENDED', 'PAST_DUE')
            and not exists (select from invoices i where i.subscription_id = s.id and i.status = 'OPEN' and i.due_at <= $1)",
    ),
    (
        "a paid period is over and no other has begun, or its invoice was not issued a week ahead",
        "select s.id || ' ' || s.status || ' ' || s.renews_at from subscriptions s
          where s.parent_id is null and s.status in ('ACTIVE', 'TRIALING')
            and not exists (select from invoices o where o.subscription_id = s.id and o.status = 'OPEN' and o.due_at <= $1
                               and open_amount(o) >= case o.currency when 'KWD' then 160 else 50 end)
            and (s.renews_at <= $1 or (s.cancel_at is null and s.renews_at - interval '7 days' <= $1
                 and not exists (select from invoices i where i.subscription_id = s.id and i.period_start = s.renews_at and i.status <> 'VOID')))",
    ),
    ("an add-on is in another period than its plan, or in another state",
        "select a.id::text from subscriptions a join subscriptions p on p.id = a.parent_id
          where a.status <> 'CANCELLED' and (a.status, a.period_start, a.renews_at, a.billing_cycle) is distinct from (p.status, p.period_start, p.renews_at, p.billing_cycle)"),
];

/// All that is wrong now.
pub(super) async fn faults(world: &mut World) -> Vec<String> {
    let mut found = Vec::new();
    for (name, sql) in NEVER {
        let query = sqlx::query_scalar::<_, String>(sql);
        let query = if sql.contains("$1") { query.bind(world.now()) } else { query };
        found.extend(query.fetch_all(&mut world.owner).await.unwrap().into_iter().map(|line| format!("{name}: {line}")));
    }
    found.extend(world.mismatches().await.into_iter().map(|line| format!("mismatch: {line}")));
    found.extend(provider(world).await);
    found
}

/// The provider's books and ours: each payment and each refund, and the sums by currency.
async fn provider(world: &mut World) -> Vec<String> {
    let lost: Vec<String> = lost(world).iter().map(|dispute| text(&dispute["payment_intent"])).collect();
    let theirs: BTreeMap<String, i64> = (world.simulator.all("payment_intent").iter())
        .filter(|intent| intent["amount_received"] != 0 && !lost.contains(&text(&intent["id"])))
        .map(|intent| (text(&intent["id"]), intent["amount_received"].as_i64().unwrap()))
        .collect();
    let ours: Vec<(String, i64)> = sqlx::query_as("select provider_ref, amount from payments where provider = 'stripe' and status = 'SUCCEEDED'")
        .fetch_all(&mut world.owner)
        .await
        .unwrap();
    let mut found = differences("payment", theirs, ours);
    let refunds: BTreeMap<String, i64> = (world.simulator.all("refund").iter())
        .filter(|refund| refund["status"] == "succeeded")
        .map(|refund| (text(&refund["id"]), refund["amount"].as_i64().unwrap()))
        .collect();
    let ours: Vec<(String, i64)> =
        sqlx::query_as("select provider_ref, amount from refunds where status = 'SUCCEEDED'").fetch_all(&mut world.owner).await.unwrap();
    found.extend(differences("refund", refunds, ours));
    found
}

/// Disputes by which the provider has given a payment back.
fn lost(world: &World) -> Vec<Value> {
    world.simulator.all("dispute").into_iter().filter(|dispute| dispute["status"] == "lost").collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn differences(what: &str, mut theirs: BTreeMap<String, i64>, ours: Vec<(String, i64)>) -> Vec<String> {
    let mut found = Vec::new();
    for (id, amount) in ours {
        match theirs.remove(&id) {
            Some(taken) if taken == amount => {}
            taken => found.push(format!("{what} {id}: {amount} in our books, {taken:?} in the provider's")),
        }
    }
    found.extend(theirs.into_iter().map(|(id, amount)| format!("{what} {id}: {amount} in the provider's books, not in ours")));
    found
}

/// What the provider has, by currency; taken less given back.
pub(super) fn taken(world: &World) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for intent in world.simulator.all("payment_intent") {
        *sums.entry(text(&intent["currency"])).or_default() += intent["amount_received"].as_i64().unwrap();
    }
    for dispute in lost(world) {
        *sums.entry(text(&dispute["currency"])).or_default() -= dispute["amount"].as_i64().unwrap();
    }
    for refund in world.simulator.all("refund").iter().filter(|refund| refund["status"] == "succeeded") {
        *sums.entry(text(&refund["currency"])).or_default() -= refund["amount"].as_i64().unwrap();
    }
    sums
}

/// The same from our ledger, without transfers.
pub(super) async fn booked(world: &mut World) -> BTreeMap<String, i64> {
    let sums: Vec<(String, i64)> = sqlx::query_as(
        "select lower(e.currency), -sum(e.amount)::bigint from ledger_entries e left join payments p on p.id = e.payment_id
          where e.kind in ('PAYMENT', 'REFUND', 'RETURN') and p.provider is distinct from 'manual' group by 1",
    )
    .fetch_all(&mut world.owner)
    .await
    .unwrap();
    sums.into_iter().collect()
}

/// The same from documents: what was invoiced, less credit notes, less what was written off and is open, plus what is credit, less transfers.
pub(super) async fn documented(world: &mut World) -> BTreeMap<String, i64> {
    let sums: Vec<(String, i64)> = sqlx::query_as(
        "select lower(currency), sum(amount)::bigint from (
           select currency, total as amount from invoices
           union all select i.currency, -open_amount(i) from invoices i where kind = 'INVOICE'
           union all select currency, amount from ledger_entries where kind = 'WRITE_OFF'
           union all select e.currency, -e.amount - coalesce((select sum(a.amount) from ledger_allocations a where a.entry_id = e.id), 0)
             from ledger_entries e where e.amount < 0
           union all select currency, -amount from payments where provider = 'manual' and status = 'SUCCEEDED') documents group by 1",
    )
    .fetch_all(&mut world.owner)
    .await
    .unwrap();
    sums.into_iter().collect()
}

#[derive(sqlx::FromRow)]
struct Noted {
    subscription_id: Uuid,
    status: Option<String>,
    anchor: Time,
    period: i32,
    starts: Time,
    ends: Time,
    cycle: BillingCycle,
    is_change: bool,
    invoices: i64,
}

/// Periods of each plan touch, follow the calendar from their anchor, and are invoiced once. Answers with how many there were.
pub(super) async fn periods(world: &mut World) -> (usize, Vec<String>) {
    let noted: Vec<Noted> = sqlx::query_as(
        "select n.subscription_id, n.status, n.anchor, n.period, n.starts, n.ends, s.cycle,
                exists (select from subscription_changes c where c.subscription_id = n.subscription_id and c.status = 'APPLIED'
                          and (c.agreed->>'begins_period')::boolean and (c.agreed->>'at')::timestamptz = n.starts) as is_change,
                (select count(*) from invoices i where i.subscription_id = n.subscription_id and i.period_start = n.starts
                   and (i.status <> 'VOID' or exists (select from invoices c where c.corrects_id = i.id and c.issued_at >= n.starts))) as invoices
           from proof_periods n
           join lateral (select cycle from proof_periods l where l.subscription_id = n.subscription_id and l.starts = n.starts order by l.seq desc limit 1) s on true
          order by n.subscription_id, n.seq",
    )
    .fetch_all(&mut world.owner)
    .await
    .unwrap();
    let mut found = Vec::new();
    for (at, now) in noted.iter().enumerate() {
        let say = |what: &str| format!("{what}: {} {} to {} ({:?}, {:?})", now.subscription_id, now.starts, now.ends, now.status, now.cycle);
        let is_trial = now.period == 0 && now.status.is_none() && now.ends != period::end(now.starts, now.cycle);
        let by_calendar = (period::start(now.anchor, now.cycle, now.period), period::start(now.anchor, now.cycle, now.period + 1));
        if !is_trial && (now.starts, now.ends) != by_calendar {
            found.push(say("a period is not the calendar's"));
        }
        if now.invoices != 1 && !now.is_change {
            found.push(say(&format!("a period has {} invoices", now.invoices)));
        }
        let Some(before) = at.checked_sub(1).map(|at| &noted[at]).filter(|before| before.subscription_id == now.subscription_id) else { continue };
        let is_late_payment = now.starts > before.ends && matches!(now.status.as_deref(), Some("PAST_DUE" | "SUSPENDED" | "ACTIVE"));
        let touches = now.starts == before.ends || (now.starts, now.ends) == (before.starts, before.ends);
        let is_cut = now.starts < before.ends && now.starts > before.starts && now.is_change;
        if !touches && !is_cut && !(is_late_payment && now.period == 0) {
            found.push(say("a period does not touch the one before"));
        }
    }
    (noted.len(), found)
}
