//! How many renewals a second, with two workers. Not a test of speed: it prints what was measured.

use super::life::Life;
use engine::{Modules, reconcile::run_known};
use futures::future::join_all;
use std::time::Instant;

const SUBSCRIPTIONS: i32 = 100_000;
/// Those that renew now; the others in three weeks.
const DUE: i32 = 3_000;
/// Workers on the machine.
const WORKERS: usize = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: docs/PERFORMANCE.md says how it is run"]
async fn three_thousand_renewals_of_a_hundred_thousand_subscriptions() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    let mut owner = life.shop.t.db.owner().await;
    // A customer, a saved card, a subscription, a CloudPod and its row among those that are looked at, each like the first.
    for sql in [
        "insert into tenants (id, name, slug, billing_email, country)
         select gen_random_uuid(), 'Customer ' || n, 'customer-' || n, 'customer' || n || '@example.com', 'DE' from generate_series(2, $1) n",
        "insert into payment_methods (id, tenant_id, provider, provider_ref, brand, last4, expires_month, expires_year, preferred_at, created_at)
         select gen_random_uuid(), t.id, m.provider, m.provider_ref || t.slug, m.brand, m.last4, m.expires_month, m.expires_year, m.preferred_at, m.created_at
           from tenants t, (select * from payment_methods limit 1) m where t.slug like 'customer-%' limit $1",
        "insert into subscriptions (id, tenant_id, product_id, billing_cycle, price, currency, started_at, anchor, period_start, renews_at, billing_provider)
         select gen_random_uuid(), t.id, s.product_id, 'MONTHLY', s.price, s.currency, s.started_at, s.anchor + late.by, s.period_start + late.by,
                s.renews_at + late.by, s.billing_provider
           from (select id, row_number() over (order by id) as n from tenants where slug like 'customer-%') t, (select * from subscriptions limit 1) s,
                lateral (select case when t.n < $2 then interval '0' else interval '21 days' end as by) late limit $1",
        "insert into cloud_pods (id, tenant_id, subscription_id, server_id, name, plan_code, status, region, primary_domain, stack, observed_state, observed_at)
         select gen_random_uuid(), s.tenant_id, s.id, c.server_id, 'pod', c.plan_code, 'RUNNING', c.region, s.id || '.example', c.stack, 'RUNNING', c.observed_at
           from subscriptions s, (select * from cloud_pods limit 1) c where s.id <> c.subscription_id limit $1",
        "insert into reconciliations (name, key, due_at)
         select 'subscription_billing', s.id, s.renews_at - interval '7 days' from subscriptions s
          where not exists (select from reconciliations r where r.name = 'subscription_billing' and r.key = s.id) limit $1",
    ] {
        let query = sqlx::query(sql).bind(SUBSCRIPTIONS);
        let query = if sql.contains("$2") { query.bind(i64::from(DUE)) } else { query };
        query.execute(&mut owner).await.unwrap();
    }
    sqlx::query("analyze").execute(&mut owner).await.unwrap();
    // Only what billing asks for: no PDF files, and nothing that compares.
    let mut modules = Modules::default().with(core_hosting::register).with(crate::register);
    modules.reconcilers =
        modules.reconcilers.with_pauses(|name, _| (name == "subscription_billing").then_some(std::time::Duration::from_secs(45 * 86_400)));
    let services = life.shop.t.services.clone().with(std::sync::Arc::new(modules));
    let mut whole = 0.0;
    for (what, days) in [("invoices issued a week ahead", 24), ("invoices charged, and periods begun", 7)] {
        life.shop.t.clock.advance(chrono::Duration::days(days));
        let before = life.shop.number("select count(*) from invoices where kind = 'INVOICE'").await;
        let began = Instant::now();
        let workers = [(); WORKERS].map(|()| {
            let services = services.clone();
            tokio::spawn(async move { run_known(&services).await.unwrap() })
        });
        let runs: usize = join_all(workers).await.into_iter().map(Result::unwrap).sum();
        let seconds = began.elapsed().as_secs_f64();
        whole += seconds;
        let issued = life.shop.number("select count(*) from invoices where kind = 'INVOICE'").await - before;
        println!(
            "{DUE} of {SUBSCRIPTIONS} subscriptions: {runs} runs, {issued} new, {what} in {seconds:.1} s: {:.0} a second",
            f64::from(DUE) / seconds
        );
    }
    println!("The whole path: {:.0} invoices a second", f64::from(DUE) / whole);
    assert_eq!(life.shop.number("select count(*) from invoices where kind = 'INVOICE' and status = 'PAID'").await, i64::from(DUE) + 1);
    assert_eq!(life.shop.number("select count(*) from subscriptions where renews_at = '2027-05-01T08:00:00Z'").await, i64::from(DUE));
}
