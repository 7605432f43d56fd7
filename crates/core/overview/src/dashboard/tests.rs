use super::view;
use chrono::Duration;
use engine::{cached::Cached, testing::TestServices};
use model::{
    administration::servers::SILENT_SECONDS,
    billing::mismatches::MismatchKind,
    ids::TenantId,
    money::{Currency, Money},
    overview::dashboard::{BillingReconciliation, DashboardView, Urgency},
    permission::DashboardRead,
};
use std::sync::Arc;
use uuid::Uuid;

/// The parts, with the figures' cache.
async fn services() -> TestServices {
    let mut t = TestServices::new().await;
    t.services = t.services.with::<Cached<DashboardView>>(Arc::default());
    t
}

/// A company with one plan, one add-on and one server that was seen just now.
struct Company {
    t: TestServices,
    tenant: TenantId,
    plan: Uuid,
    addon: Uuid,
}

impl Company {
    async fn new() -> Self {
        let t = services().await;
        let tenant = t.db.tenant("acme").await;
        let (plan, addon) = (Uuid::now_v7(), Uuid::now_v7());
        for (id, code, kind) in [(plan, "wp", "CLOUDPOD"), (addon, "disk", "ADDON")] {
            sqlx::query("insert into products (id, code, name, type, base_price, currency) values ($1, $2, $2, $3, 900, 'EUR')")
                .bind(id)
                .bind(code)
                .bind(kind)
                .execute(&mut t.db.owner().await)
                .await
                .unwrap();
        }
        Self { t, tenant, plan, addon }
    }

    async fn subscription(&self, product: Uuid, status: &str, cycle: &str, quantity: i32, price: i64, currency: &str) -> Uuid {
        let id = Uuid::now_v7();
        sqlx::query(
            "insert into subscriptions (id, tenant_id, product_id, status, billing_cycle, quantity, price, currency, renews_at, cancel_at, billing_provider)
             values ($1, $2, $3, $4, $5, $6, $7, $8, now(), case when $4 = 'CANCELLED' then now() end, 'sandbox')",
        )
        .bind(id)
        .bind(self.tenant)
        .bind(product)
        .bind(status)
        .bind(cycle)
        .bind(quantity)
        .bind(price)
        .bind(currency)
        .execute(&mut self.t.db.owner().await)
        .await
        .unwrap();
        id
    }

    /// A pod of that state, with the subscription that pays for it.
    async fn pod(&self, paid: &str, status: &str) -> Uuid {
        let subscription = self.subscription(self.plan, paid, "MONTHLY", 1, 900, "EUR").await;
        self.pod_of(subscription, status).await
    }

    async fn pod_of(&self, subscription: Uuid, status: &str) -> Uuid {
        let id = Uuid::now_v7();
        sqlx::query(
            "insert into cloud_pods (id, tenant_id, subscription_id, name, plan_code, status, region, primary_domain, stack)
             values ($1, $2, $3, 'pod-' || lower($4), 'wp', $4, 'fra', $1::text || '.example', 'PHP')",
        )
        .bind(id)
        .bind(self.tenant)
        .bind(subscription)
        .bind(status)
        .execute(&mut self.t.db.owner().await)
        .await
        .unwrap();
        id
    }

    /// A job of that state, made a minute ago, started 1.5 s later and ended now.
    async fn job(&self, pod: Uuid, status: &str) -> Uuid {
        let id = Uuid::now_v7();
        let now = self.t.services.now();
        sqlx::query(
            "insert into jobs (id, tenant_id, kind, title, idempotency_key, payload, status, error, actor, subject_kind, subject_id, subject_name, attempt, deadline_at,
                               created_at, started_at, finished_at)
             values ($1, $2, 'CREATE_CLOUDPOD', 'Create CloudPod', $1::text, '{}', $3, 'nginx did not answer', '{}', 'cloud_pod', $4, (select name from cloud_pods where id = $4), 1, $5, $6, $7,
                     case when $3 in ('done', 'undone', 'stuck') then $5 end)",
        )
        .bind(id)
        .bind(self.tenant)
        .bind(status)
        .bind(pod)
        .bind(now)
        .bind(now - Duration::minutes(1))
        .bind(now - Duration::milliseconds(58_500))
        .execute(&mut self.t.db.owner().await)
        .await
        .unwrap();
        id
    }

    async fn server(&self, name: &str, status: &str, seen_ago: Option<Duration>) {
        let seen = seen_ago.map(|ago| self.t.services.now() - ago);
        sqlx::query("insert into servers (id, name, region, address, site_address, status, last_seen_at) values ($1, $2, 'fra', $2, $2, $3, $4)")
            .bind(Uuid::now_v7())
            .bind(name)
            .bind(status)
            .bind(seen)
            .execute(&mut self.t.db.owner().await)
            .await
            .unwrap();
    }

    /// An invoice that was paid with ten euros too many, and its credit note, whose refund has failed.
    async fn odd_money(&self) {
        let subscription = self.subscription(self.addon, "ACTIVE", "MONTHLY", 1, 900, "EUR").await;
        let mut owner = self.t.db.owner().await;
        let (invoice, note, payment) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
        for (id, number, kind, total, corrects) in
            [(invoice, "INV-2027-00001", "INVOICE", 900, None), (note, "CN-2027-00001", "CREDIT_NOTE", -400, Some(invoice))]
        {
            sqlx::query(
                "insert into invoices (id, tenant_id, subscription_id, number, status, currency, net, tax, tax_rate_bp, total, buyer, seller, due_at, paid_at,
                                       kind, corrects_id, tax_treatment, tax_note)
                 values ($1, $2, $3, $4, 'PAID', 'EUR', $5, 0, 0, $5, '{}', '{}', now(), now(), $6, $7, 'DOMESTIC', '')",
            )
            .bind(id)
            .bind(self.tenant)
            .bind(subscription)
            .bind(number)
            .bind(i64::from(total))
            .bind(kind)
            .bind(corrects)
            .execute(&mut owner)
            .await
            .unwrap();
        }
        let now = self.t.services.now();
        sqlx::query(
            "insert into payments (id, tenant_id, invoice_id, provider, amount, currency, status, created_at, settled_at, excess)
             values ($1, $2, $3, 'manual', 1900, 'EUR', 'SUCCEEDED', $4, $4, 1000)",
        )
        .bind(payment)
        .bind(self.tenant)
        .bind(invoice)
        .bind(now)
        .execute(&mut owner)
        .await
        .unwrap();
        sqlx::query(
            "insert into refunds (id, tenant_id, credit_note_id, payment_id, amount, currency, status, failure_code, created_at, settled_at)
             values (gen_random_uuid(), $1, $2, $3, 400, 'EUR', 'FAILED', 'lost_or_stolen_card', $4, $4)",
        )
        .bind(self.tenant)
        .bind(note)
        .bind(payment)
        .bind(now)
        .execute(&mut owner)
        .await
        .unwrap();
        sqlx::query(
            "insert into disputes (id, tenant_id, payment_id, provider, provider_ref, amount, currency, reason, status, respond_by, created_at)
             values (gen_random_uuid(), $1, $2, 'stripe', 'dp_1', 1900, 'EUR', 'product_not_received', 'OPEN', '2027-05-07T00:00:00Z', $3)",
        )
        .bind(self.tenant)
        .bind(payment)
        .bind(now)
        .execute(&mut owner)
        .await
        .unwrap();
    }

    /// As a member of staff sees it, through the access check that asks for the permission.
    async fn view(&self) -> DashboardView {
        let staff = self.t.db.user(&format!("{}@panel.example", Uuid::now_v7()), Some("PLATFORM_ADMIN")).await;
        let mut tx = self.t.services.db.platform::<DashboardRead>(&staff).await.unwrap();
        view(&self.t.services, &mut tx).await.unwrap()
    }
}

#[tokio::test]
async fn an_empty_platform_has_nothing_to_say() {
    let t = services().await;
    let staff = t.db.user("ada@panel.example", Some("SUPER_ADMIN")).await;
    let mut tx = t.services.db.platform::<DashboardRead>(&staff).await.unwrap();
    let view = view(&t.services, &mut tx).await.unwrap();
    assert_eq!((view.users, view.customers, view.servers, view.pods), (1, 0, (0, 0), (0, 0)));
    assert_eq!((view.revenue.len(), view.attention.len(), view.recent.len(), view.queue_delay_ms), (0, 0, 0, None));
    assert_eq!(view.money, BillingReconciliation::default());
}

#[tokio::test]
async fn monthly_revenue_is_exact_by_currency() {
    let c = Company::new().await;
    for (status, cycle, quantity, price, currency) in [
        ("ACTIVE", "MONTHLY", 1, 900, "EUR"),
        ("ACTIVE", "MONTHLY", 3, 100, "EUR"),
        // Three twelfths of 10 are 2.5: rounded once, away from zero, and not three times down.
        ("ACTIVE", "YEARLY", 1, 10, "EUR"),
        ("ACTIVE", "YEARLY", 1, 10, "EUR"),
        ("ACTIVE", "YEARLY", 1, 10, "EUR"),
        ("CANCELLED", "MONTHLY", 1, 5_000, "EUR"),
        ("ACTIVE", "YEARLY", 2, 9_007_199_254_740_993, "JPY"),
    ] {
        c.subscription(c.addon, status, cycle, quantity, price, currency).await;
    }
    let revenue = c.view().await.revenue;
    assert_eq!(revenue, [Money::new(1_501_199_875_790_166, Currency::Jpy), Money::new(1_203, Currency::Eur)]);
}

#[tokio::test]
async fn figures_count_what_is_there() {
    let c = Company::new().await;
    c.t.db.user("kim@acme.example", None).await;
    c.server("fra-1", "ACTIVE", Some(Duration::zero())).await;
    c.server("fra-2", "DRAINING", Some(Duration::zero())).await;
    c.server("fra-3", "RETIRED", None).await;
    let pod = c.pod("ACTIVE", "RUNNING").await;
    c.pod("ACTIVE", "FAILED").await;
    c.pod("ACTIVE", "DELETED").await;
    for status in ["queued", "running", "unwinding", "done", "undone", "stuck"] {
        c.job(pod, status).await;
    }
    let view = c.view().await;
    assert_eq!((view.users, view.customers), (2, 1));
    assert_eq!((view.servers, view.pods), ((1, 2), (1, 2)));
    assert_eq!(view.pods_by_status, [("FAILED".to_owned(), 1), ("RUNNING".to_owned(), 1)]);
    assert_eq!((view.jobs_waiting, view.jobs_running, view.jobs_failed_24h), (1, 2, 2));
    assert_eq!((view.queue_delay_ms, view.workers_online), (Some(1_500), 0));
    sqlx::query("insert into apalis.workers (id, worker_type, storage_name, layers, last_seen) values ('w1', 'provisioning', 'x', '', now()), ('w2', 'provisioning', 'x', '', now() - interval '1 minute')")
        .execute(&mut c.t.db.owner().await)
        .await
        .unwrap();
    let kept = c.view().await;
    assert_eq!((kept.workers_online, kept.at), (0, view.at), "they are not counted anew for each who looks");
    c.t.clock.advance(Duration::seconds(5));
    let anew = c.view().await;
    assert_eq!((anew.workers_online, anew.at), (1, c.t.services.now()));
    c.t.clock.advance(Duration::hours(24) + Duration::seconds(1));
    let view = c.view().await;
    assert_eq!((view.jobs_failed_24h, view.queue_delay_ms), (0, None));
}

#[tokio::test]
async fn what_needs_a_person_is_named_with_the_page_where_it_is_mended() {
    let c = Company::new().await;
    let failed = c.pod("ACTIVE", "FAILED").await;
    c.job(failed, "undone").await;
    let half = c.pod("ACTIVE", "FAILED").await;
    let stuck = c.job(half, "stuck").await;
    let running = c.pod("ACTIVE", "RUNNING").await;
    let undone = c.job(running, "undone").await;
    c.server("well", "ACTIVE", Some(Duration::seconds(SILENT_SECONDS - 1))).await;
    c.server("silent", "ACTIVE", Some(Duration::seconds(SILENT_SECONDS + 1))).await;
    c.server("changed", "QUARANTINED", Some(Duration::zero())).await;
    c.server("new", "PENDING", None).await;
    sqlx::query("insert into outgoing_mail (id, template, recipient, subject, body_text, body_html, status) select gen_random_uuid(), 'welcome', 'x@y.example', 's', '', '', 'FAILED' from generate_series(1, 3)")
        .execute(&mut c.t.db.owner().await)
        .await
        .unwrap();
    c.odd_money().await;
    let list = c.view().await.attention;
    let told: Vec<_> = list.iter().map(|line| (line.urgency, line.subject.as_str(), line.href.as_str())).collect();
    let href = |page: &str, id: Uuid| format!("/admin/{page}/{id}");
    let server = |name: &str| list.iter().find(|line| line.subject == name).map(|line| line.href.clone()).unwrap();
    assert_eq!(
        told,
        [
            (Urgency::Failing, "pod-failed", href("jobs", stuck).as_str()),
            (Urgency::Failing, "pod-failed", href("cloudpods", failed).as_str()),
            (Urgency::Failing, "changed", server("changed").as_str()),
            (Urgency::Unknown, "silent", server("silent").as_str()),
            (Urgency::Warning, "pod-running", href("jobs", undone).as_str()),
            (Urgency::Warning, "acme", list[5].href.as_str()),
            (Urgency::Warning, "acme", list[6].href.as_str()),
            (Urgency::Warning, "acme", list[7].href.as_str()),
            (Urgency::Warning, "Email log", "/admin/outbox?state=FAILED"),
        ]
    );
    assert_eq!(
        list[5].message,
        "The cardholder disputes €19.00 of invoice INV-2027-00001 (product not received). Answer at the payment provider until 7 May 2027."
    );
    let mut odd = [list[6].message.as_str(), list[7].message.as_str()];
    odd.sort_unstable();
    assert_eq!(
        odd,
        [
            "The refund of €4.00 for CN-2027-00001 failed. The amount is account credit again.",
            "€10.00 more was paid than invoice INV-2027-00001 needed. It is account credit."
        ]
    );
    assert!(list[5].href.starts_with("/admin/invoices/"));
    assert!(server("silent").starts_with("/admin/servers/"));
    assert_eq!(list[0].message, "Create CloudPod could not be rolled back: nginx did not answer.");
    assert_eq!(list[8].message, "3 emails failed in the last 24 hours.");
    c.t.clock.advance(Duration::hours(25));
    let later = c.view().await.attention;
    assert!(later.iter().all(|line| line.subject != "Email log" && line.subject != "pod-running"), "{later:?}");
    assert!(later.iter().any(|line| line.href == href("jobs", stuck)), "what is stuck stays until somebody has mended it");
}

#[tokio::test]
async fn the_findings_of_the_comparison_are_one_line_and_one_panel_that_lead_to_their_page() {
    let c = Company::new().await;
    c.pod("CANCELLED", "RUNNING").await;
    let before = c.view().await;
    assert_eq!((before.attention, before.money), (vec![], BillingReconciliation::default()), "what the comparison has not found is not shown");
    let now = c.t.services.now();
    sqlx::query("insert into mismatch_scans (checked_at, pods, subscriptions, invoices) values ($1, 3, 2, 1)")
        .bind(now)
        .execute(&mut c.t.db.owner().await)
        .await
        .unwrap();
    let soon = now + Duration::days(1);
    for (object, confirmed, cleared, accepted) in [
        ("a", Some(now), None, None),
        ("b", Some(now), None, None),
        ("new", None, None, None),
        ("over", Some(now), Some(now), None),
        ("known", Some(now), None, Some(soon)),
    ] {
        sqlx::query(
            "insert into mismatches (id, kind, object, tenant_id, subject, message, amount, currency, since, found_at, checked_at, confirmed_at, cleared_at,
                                     accepted_until, accepted_reason)
             values (gen_random_uuid(), 'SUBSCRIPTION_WITHOUT_POD', $1, $2, 'WordPress', '', 900, 'EUR', $3, $3, $3, $4, $5, $6,
                     case when $6 is null then null else 'x' end)",
        )
        .bind(object)
        .bind(c.tenant)
        .bind(now)
        .bind(confirmed)
        .bind(cleared)
        .bind(accepted)
        .execute(&mut c.t.db.owner().await)
        .await
        .unwrap();
    }
    c.t.clock.advance(Duration::seconds(5));
    let DashboardView { attention: list, money, .. } = c.view().await;
    let found = vec![(MismatchKind::SubscriptionWithoutPod, 2)];
    assert_eq!(money, BillingReconciliation { checked_at: Some(now), pods: 3, subscriptions: 2, mismatches: found });
    assert_eq!(list.len(), 1, "{list:?}");
    assert_eq!((list[0].message.as_str(), list[0].href.as_str(), list[0].since), ("Missing CloudPod (2).", "/admin/mismatches", Some(now)));
}
