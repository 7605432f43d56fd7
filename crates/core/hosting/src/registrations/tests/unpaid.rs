//! Domains that the registry renews by itself although nobody has paid for that.

use super::*;

impl World {
    /// The domain has ended, the registry has renewed it by itself, and that was seen. And when it had ended.
    pub(super) async fn auto_renewed() -> (Self, Time) {
        let world = Self::registered().await;
        let end = world.expires_at().await;
        world.follow(Paid::Until(end)).await;
        world.pass(end - world.services().now() + TimeDelta::days(1)).await;
        world.registry.auto_renew(NAME);
        world.pass(TimeDelta::hours(7)).await;
        (world, end)
    }

    /// The same on the day on which it is deleted: with the job that does that.
    pub(super) async fn to_be_deleted() -> (Self, Time, JobId) {
        let (world, end) = Self::auto_renewed().await;
        world.pass(TimeDelta::days(15)).await;
        let job = world.deletion().await.expect("its deletion is started");
        (world, end, job)
    }

    async fn deletion(&self) -> Option<JobId> {
        sqlx::query_scalar("select id from jobs where subject_id = $1 and kind = 'DELETE_DOMAIN' and status in ('queued', 'running')")
            .bind(self.id)
            .fetch_optional(&mut self.bench.services.db.owner().await)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn an_unpaid_year_is_told_to_account_and_staff_once_shown_with_its_day_and_taken_back_then() {
    let (world, end) = World::auto_renewed().await;
    let at = world.view().await.deletes_at.expect("the day is shown");
    assert!(at >= end + TimeDelta::days(12) && at <= end + TimeDelta::days(15), "{at}");
    for _ in 0..3 {
        world.pass(TimeDelta::days(1)).await;
    }
    assert_eq!((world.mails("domain_deletion").await, world.mails("domain_unpaid").await), (1, 1), "each is told once");
    assert_eq!(world.deletion().await, None, "not before its day");
    world.pass(at - world.services().now()).await;
    let job = world.deletion().await.expect("its deletion is started");
    world.registry.set_fault(Some(Fault::AnswerLost));
    assert_eq!(world.finish(job).await, JobStatus::Done);

    let view = world.view().await;
    assert_eq!((view.row.status, world.changes(&format!("delete {NAME}"))), (RegistrationStatus::Redemption, 1));
    assert!(view.row.expires_at.is_some_and(|at| at <= end) && view.deletes_at.is_none() && view.restorable_until.is_some());
    assert_eq!(world.follow(Paid::Until(end)).await, Standing::Left, "its subscription ends");
    world.pass(TimeDelta::hours(7)).await;
    assert_eq!((world.view().await.row.status, world.changes(&format!("delete {NAME}"))), (RegistrationStatus::Redemption, 1));
}

#[tokio::test]
async fn a_payment_that_arrives_before_the_registry_is_asked_keeps_the_domain() {
    let (world, end, job) = World::to_be_deleted().await;
    world.follow(Paid::Until(end + TimeDelta::days(365))).await;
    assert_eq!(world.finish(job).await, JobStatus::Done);
    assert_eq!((world.view().await.row.status, world.changes(&format!("delete {NAME}"))), (RegistrationStatus::Active, 0));
    world.pass(TimeDelta::hours(7)).await;
    assert_eq!((world.view().await.deletes_at, world.deletion().await), (None, None), "it is not to be deleted any more");
}

#[tokio::test]
async fn a_domain_whose_grace_period_is_over_or_that_is_being_transferred_is_not_deleted() {
    let (world, _, job) = World::to_be_deleted().await;
    world.registry.begin_departure(NAME);
    assert_eq!(world.finish(job).await, JobStatus::Done);
    assert_eq!((world.view().await.row.status, world.changes(&format!("delete {NAME}"))), (RegistrationStatus::Active, 0));
}

#[tokio::test]
async fn a_domain_of_which_billing_has_not_said_what_is_paid_is_never_deleted() {
    let (world, _) = World::auto_renewed().await;
    sqlx::query("update domain_registrations set paid_until = null, deletes_at = null, auto_renew = false where id = $1")
        .bind(world.id)
        .execute(&mut world.bench.services.db.owner().await)
        .await
        .unwrap();
    world.pass(TimeDelta::days(40)).await;
    world.pass(TimeDelta::hours(7)).await;
    assert_eq!((world.deletion().await, world.view().await.deletes_at), (None, None));
    let told = "select count(*) from reconciliations
                 where name = 'domain_registration' and key = $1 and array_to_string(differences, ' ') like '%renewed it by itself%'";
    assert_eq!(world.bench.count(told, world.id.0).await, 1, "staff see it");
}
