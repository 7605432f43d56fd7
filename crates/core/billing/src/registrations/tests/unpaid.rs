//! Domains whose year is not paid, and that the registry renews by itself.

use super::*;

impl World {
    /// Nobody has paid the year that has begun, and the registry has added it by itself.
    async fn auto_renewed(&self) -> OrderedDomain {
        let ordered = self.ordered().await;
        self.forget_cards().await;
        for days in [29, 1] {
            self.before_renewal(ordered, days).await;
        }
        self.life.shop.t.clock.advance(TimeDelta::days(2));
        self.registry.auto_renew(NAME);
        self.life.look().await;
        self.hours(7).await;
        ordered
    }

    async fn hours(&self, hours: i64) {
        self.life.shop.t.clock.advance(TimeDelta::hours(hours));
        self.life.look().await;
    }

    fn deletions(&self) -> usize {
        self.registry.changes().iter().filter(|line| **line == format!("delete {NAME}")).count()
    }
}

#[tokio::test]
async fn a_year_that_the_registry_adds_unpaid_is_taken_back_and_its_invoice_credited() {
    let world = World::new().await;
    let ordered = world.auto_renewed().await;
    let at = world.view(ordered).await.deletes_at.expect("the day is shown");
    world.life.shop.t.clock.advance(at - TimeDelta::hours(1) - world.services().now());
    world.life.look().await;
    assert_eq!((world.view(ordered).await.row.status, world.deletions()), (RegistrationStatus::Active, 0));
    for _ in 0..3 {
        world.hours(7).await;
    }
    assert_eq!((world.view(ordered).await.row.status, world.deletions(), world.renewals()), (RegistrationStatus::Redemption, 1, 0));
    assert_eq!((world.invoices(ordered).await[1].as_str(), world.status_of(ordered).await), ("VOID 1428", SubscriptionStatus::Cancelled));
    world.life.check_books().await;
}

#[tokio::test]
async fn a_payment_on_the_last_day_keeps_the_domain_and_pays_for_the_year_that_the_registry_has_added() {
    let world = World::new().await;
    let ordered = world.auto_renewed().await;
    let at = world.view(ordered).await.deletes_at.unwrap();
    world.life.shop.t.clock.advance(at - TimeDelta::hours(1) - world.services().now());
    let invoice = world.view(ordered).await.open_invoice.expect("it can still be paid");
    world.life.pay(invoice, "good").await;
    for _ in 0..3 {
        world.hours(7).await;
    }
    assert_eq!((world.view(ordered).await.row.status, world.deletions(), world.renewals()), (RegistrationStatus::Active, 0, 0));
    assert_eq!((world.invoices(ordered).await[1].as_str(), world.view(ordered).await.deletes_at), ("PAID 1428", None));
    world.life.check_books().await;
}

#[tokio::test]
async fn a_domain_is_not_deleted_while_its_customer_may_have_paid_on_the_providers_page() {
    let world = World::new().await;
    let ordered = world.auto_renewed().await;
    let at = world.view(ordered).await.deletes_at.unwrap();
    world.life.shop.t.clock.advance(at - TimeDelta::hours(1) - world.services().now());
    world.life.look().await;
    let open = sqlx::query(
        "insert into payment_sessions (id, tenant_id, invoice_id, amount, currency, provider, token_hash, created_at, expires_at)
         select gen_random_uuid(), tenant_id, id, total, currency, 'slow', decode(repeat('ab', 32), 'hex'), $1, $1 + interval '9 hours'
           from invoices where status = 'OPEN'",
    )
    .bind(world.services().now())
    .execute(&mut world.life.shop.t.db.owner().await)
    .await
    .unwrap();
    assert_eq!(open.rows_affected(), 1);
    world.hours(7).await;
    assert_eq!((world.view(ordered).await.row.status, world.deletions()), (RegistrationStatus::Active, 0));
    for _ in 0..3 {
        world.hours(7).await;
    }
    assert_eq!((world.view(ordered).await.row.status, world.deletions()), (RegistrationStatus::Redemption, 1), "the page has expired");
    world.life.check_books().await;
}

#[tokio::test]
async fn a_domain_whose_payment_is_on_its_way_is_not_deleted() {
    let world = World::new().await;
    let ordered = world.auto_renewed().await;
    let at = world.view(ordered).await.deletes_at.unwrap();
    let done = sqlx::query(
        "insert into payments (id, tenant_id, invoice_id, amount, currency, provider, provider_ref, status, created_at)
         select gen_random_uuid(), tenant_id, id, total, currency, 'slow', 'pi_slow', 'PROCESSING', $1 from invoices where status = 'OPEN'",
    )
    .bind(world.services().now())
    .execute(&mut world.life.shop.t.db.owner().await)
    .await
    .unwrap();
    assert_eq!(done.rows_affected(), 1);
    world.life.shop.t.clock.advance(at - world.services().now());
    for _ in 0..3 {
        world.hours(7).await;
    }
    assert_eq!((world.view(ordered).await.row.status, world.deletions()), (RegistrationStatus::Active, 0));
    let jobs = world.life.shop.number("select count(*) from jobs where kind = 'DELETE_DOMAIN'").await;
    assert_eq!(jobs, 0);
}
