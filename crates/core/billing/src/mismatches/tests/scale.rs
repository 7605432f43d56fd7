//! How long one comparison of many CloudPods takes. Not a test of speed: it prints what was measured (docs/PERFORMANCE.md).

use super::*;
use std::time::Instant;

const PODS: i32 = 50_000;

#[tokio::test]
#[ignore = "takes minutes: docs/PERFORMANCE.md says how it is run"]
async fn fifty_thousand_pods_are_compared() {
    let life = Life::begin(DAY, "good").await;
    let mut owner = life.shop.t.db.owner().await;
    for sql in [
        "insert into subscriptions (id, tenant_id, product_id, billing_cycle, price, currency, renews_at, billing_provider)
         select gen_random_uuid(), s.tenant_id, s.product_id, 'MONTHLY', s.price, s.currency, s.renews_at, 'sandbox'
           from (select * from subscriptions limit 1) s, generate_series(2, $1)",
        "insert into cloud_pods (id, tenant_id, subscription_id, server_id, name, plan_code, status, region, primary_domain, stack, observed_state, observed_at)
         select gen_random_uuid(), s.tenant_id, s.id, c.server_id, 'pod', c.plan_code, 'RUNNING', c.region, s.id || '.example', c.stack,
                case when row_number() over () % 1000 = 0 then 'BROKEN' else 'RUNNING' end, c.observed_at
           from subscriptions s, (select * from cloud_pods limit 1) c where s.id <> c.subscription_id limit $1",
        "insert into jobs (id, kind, title, subject_kind, subject_id, subject_name, tenant_id, payload, status, run_after, deadline_at, actor, idempotency_key)
         select gen_random_uuid(), j.kind, j.title, 'cloud_pod', c.id, c.name, c.tenant_id, j.payload, j.status, j.run_after, j.deadline_at, j.actor, c.id::text
           from cloud_pods c, (select * from jobs limit 1) j where c.id <> j.subject_id limit $1",
        "insert into invoices (id, tenant_id, subscription_id, number, status, currency, net, tax, tax_treatment, tax_note, tax_rate_bp, total, buyer, seller, due_at,
                               paid_at, issued_at)
         select gen_random_uuid(), s.tenant_id, s.id, 'X-2027-' || lpad((row_number() over ())::text, 6, '0'), 'PAID', i.currency, 0, 0, 'DOMESTIC', '', 0, 0,
                i.buyer, i.seller, i.due_at, i.paid_at, i.issued_at
           from subscriptions s, (select * from invoices limit 1) i limit $1",
    ] {
        sqlx::query(sql).bind(PODS).execute(&mut owner).await.unwrap();
    }
    sqlx::query("analyze").execute(&mut owner).await.unwrap();
    for what in ["first, with 50 mismatches new", "again"] {
        life.shop.t.clock.advance(Duration::minutes(3));
        let began = Instant::now();
        pass(&life.shop).await;
        println!("{PODS} CloudPods, subscriptions and invoices compared in {:.2} s ({what})", began.elapsed().as_secs_f64());
    }
    assert_eq!(sum_up(&life.shop).await.not_delivered.count, i64::from(PODS - 1) / 1000);
}
